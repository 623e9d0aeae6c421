/** Thrown for what RFC 1951 or the agreed window forbids. */
export class ReferenceError1951 extends Error {}

const MAX_CODE_BITS = 15;
const HISTORY_BYTES = 32 * 1024;
const TAIL = Buffer.of(0x00, 0x00, 0xff, 0xff);

/** Base values and extra bits of the length symbols from 257 (RFC 1951 §3.2.5). */
const lengths = [...ramp(3, 28, 2), { base: 258, extraBits: 0 }];
const distances = ramp(1, 30, 1);

/** A table whose extra bits grow by one every `2 ** groupBits` symbols. */
function ramp(base: number, count: number, groupBits: number) {
  const table: { base: number; extraBits: number }[] = [];
  let next = base;
  for (let symbol = 0; symbol < count; symbol += 1) {
    const extraBits = Math.max(0, (symbol >> groupBits) - 1);
    table.push({ base: next, extraBits });
    next += 1 << extraBits;
  }
  return table;
}

class BitReader {
  private readonly bytes: Uint8Array;
  private position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.position === this.bytes.length * 8;
  }

  read(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index += 1) {
      const byte = this.bytes[this.position >> 3];
      if (byte === undefined) throw new ReferenceError1951("the data is cut within a block");
      value |= ((byte >> (this.position & 7)) & 1) << index;
      this.position += 1;
    }
    return value;
  }

  /** The bytes of a stored block (RFC 1951 §3.2.4). */
  readStored(): Uint8Array {
    this.position = (this.position + 7) & ~7;
    const length = this.read(16);
    if ((this.read(16) ^ 0xffff) !== length) throw new ReferenceError1951("a bad stored length");
    const start = this.position >> 3;
    if (start + length > this.bytes.length) throw new ReferenceError1951("a cut stored block");
    this.position += length * 8;
    return this.bytes.subarray(start, start + length);
  }

  /** Past the byte in which a final block ended. */
  skipToByte(): void {
    this.position = (this.position + 7) & ~7;
  }
}

/** A canonical Huffman code (RFC 1951 §3.2.2). */
class HuffmanCode {
  private readonly counts = new Uint16Array(MAX_CODE_BITS + 1);
  private readonly symbols: number[] = [];

  constructor(codeLengths: readonly number[]) {
    for (let bits = 1; bits <= MAX_CODE_BITS; bits += 1) {
      for (const [symbol, length] of codeLengths.entries()) {
        if (length !== bits) continue;
        this.counts[bits]! += 1;
        this.symbols.push(symbol);
      }
    }
  }

  read(bits: BitReader): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_CODE_BITS; length += 1) {
      code |= bits.read(1);
      const count = this.counts[length]!;
      if (code - count < first) return this.symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new ReferenceError1951("not a code");
  }
}

const fixedLiterals = new HuffmanCode(
  Array.from({ length: 288 }, (_, symbol) =>
    symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
  ),
);
const fixedDistances = new HuffmanCode(Array<number>(30).fill(5));
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Reads the two codes of a dynamic block (RFC 1951 §3.2.7). */
function readCodes(bits: BitReader): [HuffmanCode, HuffmanCode] {
  const literalCount = bits.read(5) + 257;
  const distanceCount = bits.read(5) + 1;
  const lengthCount = bits.read(4) + 4;
  const own = Array<number>(19).fill(0);
  for (const symbol of codeLengthOrder.slice(0, lengthCount)) own[symbol] = bits.read(3);
  const code = new HuffmanCode(own);
  const all: number[] = [];
  while (all.length < literalCount + distanceCount) {
    const symbol = code.read(bits);
    if (symbol < 16) all.push(symbol);
    else if (symbol === 16) all.push(...Array<number>(3 + bits.read(2)).fill(all.at(-1) ?? 0));
    else if (symbol === 17) all.push(...Array<number>(3 + bits.read(3)).fill(0));
    else all.push(...Array<number>(11 + bits.read(7)).fill(0));
  }
  return [new HuffmanCode(all.slice(0, literalCount)), new HuffmanCode(all.slice(literalCount))];
}

/**
 * One direction of permessage-deflate, read by the letter of RFC 1951 and RFC 7692 and
 * without zlib, which does not tell when a reference goes further back than was agreed.
 */
export class ReferenceInflater {
  private readonly windowBytes: number;
  private readonly hasContextTakeover: boolean;
  private history: Buffer = Buffer.alloc(0);
  /** The furthest that a reference went back, in bytes. */
  furthest = 0;

  constructor(windowBits: number, hasContextTakeover: boolean) {
    this.windowBytes = 1 << windowBits;
    this.hasContextTakeover = hasContextTakeover;
  }

  /**
   * Inflates the payload of one message (RFC 7692 §7.2.2).
   *
   * @throws ReferenceError1951 if it is malformed, or refers to what it must not
   */
  inflate(payload: Uint8Array): Buffer {
    const bits = new BitReader(Buffer.concat([payload, TAIL]));
    const start = this.history.length;
    let out = Buffer.concat([this.history, Buffer.alloc(Math.max(64, payload.length * 8))]);
    let end = start;
    const put = (byte: number): void => {
      if (end === out.length) out = Buffer.concat([out, Buffer.alloc(out.length)]);
      out[end] = byte;
      end += 1;
    };
    while (!bits.isAtEnd) {
      const isFinal = bits.read(1) === 1;
      const type = bits.read(2);
      if (type === 3) throw new ReferenceError1951("a reserved block type");
      if (type === 0) {
        for (const byte of bits.readStored()) put(byte);
      } else {
        const [literals, distanceCode] =
          type === 1 ? [fixedLiterals, fixedDistances] : readCodes(bits);
        for (let symbol = literals.read(bits); symbol !== 256; symbol = literals.read(bits)) {
          if (symbol < 256) {
            put(symbol);
            continue;
          }
          const length = readValue(bits, lengths, symbol - 257);
          const distance = readValue(bits, distances, distanceCode.read(bits));
          this.check(distance, end);
          for (let count = 0; count < length; count += 1) put(out[end - distance]!);
        }
      }
      if (isFinal) bits.skipToByte();
    }
    const message = Buffer.from(out.subarray(start, end));
    this.history = this.hasContextTakeover
      ? Buffer.from(out.subarray(Math.max(0, end - HISTORY_BYTES), end))
      : Buffer.alloc(0);
    return message;
  }

  private check(distance: number, available: number): void {
    if (distance > available) throw new ReferenceError1951("a reference to before the context");
    if (distance > this.windowBytes) {
      throw new ReferenceError1951(
        `a reference ${distance} bytes back, past the window of ${this.windowBytes}`,
      );
    }
    this.furthest = Math.max(this.furthest, distance);
  }
}

function readValue(
  bits: BitReader,
  table: readonly { base: number; extraBits: number }[],
  symbol: number,
): number {
  const row = table[symbol];
  if (row === undefined) throw new ReferenceError1951(`the reserved symbol ${symbol}`);
  return row.base + bits.read(row.extraBits);
}
