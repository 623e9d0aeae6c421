/** Opcodes of RFC 6455 §5.2, the reserved ones by their numbers. */
export const opcodes = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** A reserved bit as it stands in the first byte of a frame. */
export const rsv = { 1: 0x40, 2: 0x20, 3: 0x10 } as const;

/** What goes into a frame, whether that is legal or not. */
export interface FrameParts {
  readonly opcode: number;
  readonly payload?: Uint8Array | string;
  /** Default true. */
  readonly fin?: boolean;
  /** Reserved bits, from `rsv`. Default none. */
  readonly reserved?: number;
  /** The masking key; null for an unmasked frame. */
  readonly maskingKey: Uint8Array | null;
  /** Bytes of extended length: 0, 2 or 8. Default: as few as do. */
  readonly lengthBytes?: 0 | 2 | 8;
  /** What the length field says instead of the payload's own length. */
  readonly announcedLength?: number | bigint;
}

/** A frame as it was on the wire, its payload unmasked. */
export interface Frame {
  readonly opcode: number;
  readonly fin: boolean;
  /** The three reserved bits, in the place that they have in the first byte. */
  readonly reserved: number;
  readonly isMasked: boolean;
  readonly maskingKey: Buffer | null;
  readonly payload: Buffer;
  /** Bytes of extended length that were used: 0, 2 or 8. */
  readonly lengthBytes: 0 | 2 | 8;
}

const noBytes = Buffer.alloc(0);

/** Writes a frame exactly as its parts say (RFC 6455 §5.2). */
export function encodeFrame(parts: FrameParts): Buffer {
  const payload = Buffer.from(parts.payload ?? noBytes);
  const length = parts.announcedLength ?? payload.length;
  const lengthBytes = parts.lengthBytes ?? (length < 126 ? 0 : length < 0x1_0000 ? 2 : 8);
  const { maskingKey } = parts;
  const header = Buffer.alloc(2 + lengthBytes + (maskingKey === null ? 0 : 4));
  header[0] = (parts.fin === false ? 0 : 0x80) | (parts.reserved ?? 0) | parts.opcode;
  const shortLength = lengthBytes === 0 ? Number(length) : lengthBytes === 2 ? 126 : 127;
  header[1] = (maskingKey === null ? 0 : 0x80) | shortLength;
  if (lengthBytes === 2) header.writeUInt16BE(Number(length), 2);
  if (lengthBytes === 8) header.writeBigUInt64BE(BigInt(length), 2);
  if (maskingKey !== null) {
    header.set(maskingKey, header.length - 4);
    applyMask(payload, maskingKey);
  }
  return Buffer.concat([header, payload]);
}

/** Masks or unmasks in place (RFC 6455 §5.3). */
function applyMask(bytes: Buffer, maskingKey: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 1) bytes[at]! ^= maskingKey[at & 3]!;
}

/** The payload of a Close frame (RFC 6455 §5.5.1). */
export function closePayload(code: number, reason: Uint8Array | string = ""): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason)]);
}

/** Reads frames out of a stream of bytes that is cut anywhere. It judges nothing. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private available = 0;
  /** No frame can be read before this many bytes are there. */
  private needed = 2;

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.available += chunk.length;
  }

  /** Bytes that are not yet a frame. */
  get pending(): Buffer {
    return this.join();
  }

  /** The next whole frame, or null when more bytes are needed. */
  next(): Frame | null {
    if (this.available < this.needed) return null;
    const bytes = this.join();
    const second = bytes[1]!;
    const shortLength = second & 0x7f;
    const lengthBytes = shortLength === 126 ? 2 : shortLength === 127 ? 8 : 0;
    const isMasked = (second & 0x80) !== 0;
    const headerLength = 2 + lengthBytes + (isMasked ? 4 : 0);
    if (!this.has(headerLength)) return null;
    const payloadLength =
      lengthBytes === 0
        ? shortLength
        : lengthBytes === 2
          ? bytes.readUInt16BE(2)
          : Number(bytes.readBigUInt64BE(2));
    const end = headerLength + payloadLength;
    if (!this.has(end)) return null;
    const first = bytes[0]!;
    const maskingKey = isMasked
      ? Buffer.from(bytes.subarray(headerLength - 4, headerLength))
      : null;
    const payload = Buffer.from(bytes.subarray(headerLength, end));
    if (maskingKey !== null) applyMask(payload, maskingKey);
    this.chunks = [bytes.subarray(end)];
    this.available -= end;
    this.needed = 2;
    return {
      opcode: first & 0x0f,
      fin: (first & 0x80) !== 0,
      reserved: first & 0x70,
      isMasked,
      maskingKey,
      payload,
      lengthBytes,
    };
  }

  private has(length: number): boolean {
    this.needed = length;
    return this.available >= length;
  }

  private join(): Buffer {
    if (this.chunks.length > 1) this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0] ?? noBytes;
  }
}

/** Reads `bytes` that are whole frames. */
export function decodeFrames(bytes: Buffer): Frame[] {
  const reader = new FrameReader();
  reader.push(bytes);
  const frames: Frame[] = [];
  for (let frame = reader.next(); frame !== null; frame = reader.next()) frames.push(frame);
  return frames;
}
