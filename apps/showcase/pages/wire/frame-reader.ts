/** One frame as it passed, with where its parts lie (RFC 6455 §5.2). */
export interface SeenFrame {
  /** All of its bytes. */
  readonly bytes: Uint8Array;
  readonly fin: boolean;
  readonly rsv1: boolean;
  readonly opcode: number;
  readonly isMasked: boolean;
  /** Bytes of the length beyond the second byte: 0, 2 or 8. */
  readonly lengthBytes: 0 | 2 | 8;
  readonly payloadStart: number;
  readonly maskingKey: Uint8Array | null;
  /** Unmasked. */
  readonly payload: Uint8Array;
}

const opcodeNames: Readonly<Record<number, string>> = {
  0: "continuation",
  1: "text",
  2: "binary",
  8: "close",
  9: "ping",
  10: "pong",
};

/** What an opcode is called. */
export function opcodeName(opcode: number): string {
  return opcodeNames[opcode] ?? `0x${opcode.toString(16)}`;
}

/** Takes the bytes of one direction as they come, and gives whole frames. */
export class FrameReader {
  private rest: Uint8Array = new Uint8Array(0);

  push(bytes: Uint8Array): SeenFrame[] {
    const all = new Uint8Array(this.rest.length + bytes.length);
    all.set(this.rest);
    all.set(bytes, this.rest.length);
    const frames: SeenFrame[] = [];
    let start = 0;
    for (;;) {
      const frame = readFrame(all.subarray(start));
      if (frame === null) break;
      frames.push(frame);
      start += frame.bytes.length;
    }
    this.rest = all.slice(start);
    return frames;
  }
}

/** The frame that `bytes` begin with; null if it is not all there. */
export function readFrame(bytes: Uint8Array): SeenFrame | null {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return null;
  const isMasked = (second & 0x80) !== 0;
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const payloadStart = 2 + lengthBytes + (isMasked ? 4 : 0);
  if (bytes.length < payloadStart) return null;
  let length = short;
  if (lengthBytes > 0) {
    length = 0;
    for (const byte of bytes.subarray(2, 2 + lengthBytes)) length = length * 256 + byte;
  }
  const end = payloadStart + length;
  if (bytes.length < end) return null;
  const maskingKey = isMasked ? bytes.slice(payloadStart - 4, payloadStart) : null;
  const payload = bytes.slice(payloadStart, end);
  if (maskingKey !== null) {
    for (let at = 0; at < payload.length; at += 1) {
      payload[at] = (payload[at] ?? 0) ^ (maskingKey[at % 4] ?? 0);
    }
  }
  return {
    bytes: bytes.slice(0, end),
    fin: (first & 0x80) !== 0,
    rsv1: (first & 0x40) !== 0,
    opcode: first & 0x0f,
    isMasked,
    lengthBytes,
    payloadStart,
    maskingKey,
    payload,
  };
}

/** What a frame says, in a few words. */
export function describePayload(frame: SeenFrame, isText: boolean): string {
  const { opcode, payload } = frame;
  if (frame.rsv1) return `compressed, ${payload.length} bytes`;
  if (opcode === 8) {
    if (payload.length < 2) return "no code";
    const code = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
    const reason = textOf(payload.subarray(2));
    return reason === "" ? String(code) : `${code} ${reason}`;
  }
  if (isText || opcode === 1 || opcode >= 9) return textOf(payload.subarray(0, 200));
  return [...payload.subarray(0, 24)].map(hexOf).join(" ");
}

export function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/** Text, or what is left of it where a preview cuts a character. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
