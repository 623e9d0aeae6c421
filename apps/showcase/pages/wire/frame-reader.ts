/** One frame as it passed, with where its parts lie (RFC 6455 §5.2). */
export interface SeenFrame {
  /** Its bytes as sent, the first `KEPT_BYTES` of them. */
  readonly bytes: Uint8Array;
  readonly fin: boolean;
  readonly rsv1: boolean;
  readonly opcode: number;
  readonly isMasked: boolean;
  /** Bytes of the length beyond the second byte: 0, 2 or 8. */
  readonly lengthBytes: 0 | 2 | 8;
  readonly payloadStart: number;
  /** Of the whole payload. */
  readonly payloadLength: number;
  readonly maskingKey: Uint8Array | null;
  /** Unmasked: what `bytes` hold of it. */
  readonly payload: Uint8Array;
}

/** What is kept of a frame: a page that is left open does not fill up with long messages. */
export const KEPT_BYTES = 1_024;

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
      start += frame.payloadStart + frame.payloadLength;
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
  let payloadLength = short;
  if (lengthBytes > 0) {
    payloadLength = 0;
    for (const byte of bytes.subarray(2, 2 + lengthBytes)) {
      payloadLength = payloadLength * 256 + byte;
    }
  }
  const end = payloadStart + payloadLength;
  if (bytes.length < end) return null;
  const kept = bytes.slice(0, Math.min(end, KEPT_BYTES));
  const maskingKey = isMasked ? kept.slice(payloadStart - 4, payloadStart) : null;
  return {
    bytes: kept,
    fin: (first & 0x80) !== 0,
    rsv1: (first & 0x40) !== 0,
    opcode: first & 0x0f,
    isMasked,
    lengthBytes,
    payloadStart,
    payloadLength,
    maskingKey,
    payload: unmask(kept.slice(payloadStart), maskingKey),
  };
}

/** Byte i is XORed with byte i mod 4 of the key (RFC 6455 §5.3). */
function unmask(payload: Uint8Array, key: Uint8Array | null): Uint8Array {
  if (key === null) return payload;
  for (let at = 0; at < payload.length; at += 1) {
    payload[at] = (payload[at] ?? 0) ^ (key[at % 4] ?? 0);
  }
  return payload;
}
