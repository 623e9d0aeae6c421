/** Frames as a client sends them (RFC 6455 §5.2), with a mask of zeros: the payload is as it is. */

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9 } as const;

export interface FrameOptions {
  readonly isFinal?: boolean;
  /** RSV1: the payload is compressed (RFC 7692). */
  readonly isCompressed?: boolean;
  /** The length that is announced; that of the payload if not given. */
  readonly announcedBytes?: number;
}

const MASKED = 0x80;

export function frame(
  opcode: number,
  payload: string | Buffer = "",
  { isFinal = true, isCompressed = false, announcedBytes }: FrameOptions = {},
): Buffer {
  const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
  const length = announcedBytes ?? bytes.length;
  const first = (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode;
  return Buffer.concat([Buffer.from([first]), lengthOf(length), Buffer.alloc(4), bytes]);
}

function lengthOf(length: number): Buffer {
  if (length < 126) return Buffer.from([MASKED | length]);
  if (length < 0x1_0000) {
    const bytes = Buffer.from([MASKED | 126, 0, 0]);
    bytes.writeUInt16BE(length, 1);
    return bytes;
  }
  const bytes = Buffer.alloc(9);
  bytes[0] = MASKED | 127;
  bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}
