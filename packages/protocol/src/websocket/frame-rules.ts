import type { Fault } from "../errors.ts";
import { opcodes } from "./frame.ts";

/** Why a frame is illegal, from the first two bytes of its header. */
export interface FrameFault {
  readonly fault: Fault;
  readonly detail?: string;
}

/**
 * What is wrong with a frame whose header begins with these two bytes, or null.
 *
 * `isInMessage`: a message in fragments has begun. `hasDeflate`: permessage-deflate
 * was negotiated, which gives RSV1 a meaning on the first frame of a message
 * (RFC 7692 §6). Sources: RFC 6455 §5.1, §5.2, §5.4, §5.5.
 */
export function frameFault(
  first: number,
  second: number,
  role: "server" | "client",
  isInMessage: boolean,
  hasDeflate: boolean,
): FrameFault | null {
  if ((first & 0x30) !== 0) return { fault: "UNEXPECTED_RSV_2_3" };
  const opcode = first & 0x0f;
  const rsv1 = (first & 0x40) !== 0;
  if (rsv1 && !hasDeflate) return { fault: "UNEXPECTED_RSV_1" };
  if (opcode === opcodes.text || opcode === opcodes.binary) {
    if (isInMessage) {
      return {
        fault: "INVALID_OPCODE",
        detail: `opcode ${opcode} while a message is in fragments`,
      };
    }
  } else if (opcode === opcodes.continuation) {
    if (rsv1) return { fault: "UNEXPECTED_RSV_1" };
    if (!isInMessage) return { fault: "INVALID_OPCODE", detail: "a continuation of no message" };
  } else if (opcode >= opcodes.close && opcode <= opcodes.pong) {
    if (first < 0x80) return { fault: "EXPECTED_FIN" };
    if (rsv1) return { fault: "UNEXPECTED_RSV_1" };
    const length = second & 0x7f;
    if (length > 125 || (opcode === opcodes.close && length === 1)) {
      return { fault: "INVALID_CONTROL_PAYLOAD_LENGTH" };
    }
  } else {
    return { fault: "INVALID_OPCODE", detail: `opcode ${opcode}` };
  }
  if (role === "server") return second >= 0x80 ? null : { fault: "EXPECTED_MASK" };
  return second < 0x80 ? null : { fault: "UNEXPECTED_MASK" };
}
