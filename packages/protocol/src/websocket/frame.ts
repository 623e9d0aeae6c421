/** Opcodes of RFC 6455 §5.2; all others are reserved. */
export const opcodes = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** The header of one frame. `payloadLength` is Infinity when it exceeds 2⁵³ - 1. */
export interface FrameHeader {
  fin: boolean;
  rsv1: boolean;
  rsv2: boolean;
  rsv3: boolean;
  opcode: number;
  isMasked: boolean;
  /** The masking key, most significant byte first on the wire; 0 when not masked. */
  maskingKey: number;
  payloadLength: number;
  /** Bytes that the header itself takes: 2 to 14. */
  headerLength: number;
}

/** The longest header: 2 bytes, 8 of extended length, 4 of masking key. */
export const MAX_HEADER_BYTES = 14;

/** A header to read into. */
export function emptyHeader(): FrameHeader {
  return {
    fin: false,
    rsv1: false,
    rsv2: false,
    rsv3: false,
    opcode: 0,
    isMasked: false,
    maskingKey: 0,
    payloadLength: 0,
    headerLength: 0,
  };
}

/**
 * Reads one frame header from `bytes[start, end)` into `header`.
 *
 * Returns false, with `header` unspecified, when more bytes are needed.
 * Whether the header is legal here is the caller's business (RFC 6455 §5.2).
 */
export function readFrameHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
  header: FrameHeader,
): boolean {
  const available = end - start;
  if (available < 2) return false;
  const first = bytes[start]!;
  const second = bytes[start + 1]!;
  const isMasked = second >= 0x80;
  let length = second & 0x7f;
  let at = start + 2;
  if (length >= 126) {
    const extended = length === 126 ? 2 : 8;
    if (available < 2 + extended) return false;
    length = extended === 2 ? (bytes[at]! << 8) | bytes[at + 1]! : readLength64(bytes, at);
    at += extended;
  }
  let maskingKey = 0;
  if (isMasked) {
    if (end - at < 4) return false;
    maskingKey = readUint32(bytes, at);
    at += 4;
  }
  header.fin = first >= 0x80;
  header.rsv1 = (first & 0x40) !== 0;
  header.rsv2 = (first & 0x20) !== 0;
  header.rsv3 = (first & 0x10) !== 0;
  header.opcode = first & 0x0f;
  header.isMasked = isMasked;
  header.maskingKey = maskingKey;
  header.payloadLength = length;
  header.headerLength = at - start;
  return true;
}

/** Four bytes as a signed 32-bit number, first byte most significant. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** A 64-bit length; Infinity past 2⁵³ - 1, where numbers stop being exact. */
export function readLength64(bytes: Uint8Array, at: number): number {
  const high = readUint32(bytes, at) >>> 0;
  if (high > 0x1fffff) return Number.POSITIVE_INFINITY;
  return high * 0x1_0000_0000 + (readUint32(bytes, at + 4) >>> 0);
}

/** Bytes that the header of a frame with this payload takes. */
export function frameHeaderLength(payloadLength: number, isMasked: boolean): number {
  return (payloadLength < 126 ? 2 : payloadLength < 0x1_0000 ? 4 : 10) + (isMasked ? 4 : 0);
}

/**
 * Writes a frame header at `out[at]` and returns where the payload begins.
 *
 * `firstByte` is FIN, RSV1–3 and the opcode as on the wire. The length takes the
 * shortest form, as RFC 6455 §5.2 demands of a sender. A `maskingKey` of
 * undefined means not masked.
 */
export function writeFrameHeader(
  out: Uint8Array,
  at: number,
  firstByte: number,
  payloadLength: number,
  maskingKey: number | undefined,
): number {
  const maskBit = maskingKey === undefined ? 0 : 0x80;
  out[at] = firstByte;
  let next = at + 2;
  if (payloadLength < 126) {
    out[at + 1] = maskBit | payloadLength;
  } else if (payloadLength < 0x1_0000) {
    out[at + 1] = maskBit | 126;
    out[next] = payloadLength >>> 8;
    out[next + 1] = payloadLength & 0xff;
    next += 2;
  } else {
    out[at + 1] = maskBit | 127;
    writeUint32(out, next, Math.floor(payloadLength / 0x1_0000_0000));
    writeUint32(out, next + 4, payloadLength % 0x1_0000_0000);
    next += 8;
  }
  if (maskingKey !== undefined) {
    writeUint32(out, next, maskingKey);
    next += 4;
  }
  return next;
}

function writeUint32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = (value >>> 16) & 0xff;
  out[at + 2] = (value >>> 8) & 0xff;
  out[at + 3] = value & 0xff;
}

/** The first byte of a frame: FIN, RSV1 and the opcode. */
export function firstByteOf(opcode: number, fin: boolean, rsv1: boolean): number {
  return (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode;
}
