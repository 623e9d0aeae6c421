/**
 * A plain reading of RFC 1951 that inflates nothing: it returns how far back the furthest
 * reference of a message (without its tail) goes, which zlib itself does not tell.
 */
export function furthestReference(message: Uint8Array): number {
  const bits = new BitReader(Buffer.concat([message, Buffer.of(0x00, 0x00, 0xff, 0xff)]));
  let furthest = 0;
  for (;;) {
    const isFinal = bits.read(1) === 1;
    const type = bits.read(2);
    if (type === 0) {
      bits.skipStored();
    } else if (type === 3) {
      throw new Error("block type 3 is reserved");
    } else {
      const { literals, distances } = type === 1 ? fixedCodes : readCodes(bits);
      for (;;) {
        const symbol = literals.read(bits);
        if (symbol === 256) break;
        if (symbol < 256) continue;
        bits.read(lengthExtraBits(symbol));
        const code = distances.read(bits);
        const extra = code < 4 ? 0 : (code >> 1) - 1;
        const base = code < 4 ? code + 1 : ((2 + (code & 1)) << extra) + 1;
        furthest = Math.max(furthest, base + bits.read(extra));
      }
    }
    if (isFinal || bits.isAtEnd) return furthest;
  }
}

class BitReader {
  private readonly bytes: Uint8Array;
  private position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.position >= this.bytes.length * 8;
  }

  read(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index++) {
      const byte = this.bytes[this.position >> 3];
      if (byte === undefined) throw new Error("the stream is cut");
      value |= ((byte >> (this.position & 7)) & 1) << index;
      this.position++;
    }
    return value;
  }

  skipStored(): void {
    this.position = (this.position + 7) & ~7;
    const length = this.read(16);
    this.read(16);
    this.position += length * 8;
  }
}

class Code {
  private readonly symbols = new Map<number, number>();

  constructor(lengths: readonly number[]) {
    let code = 1; // a leading 1 keeps codes of different lengths apart
    for (let length = 1; length <= 15; length++) {
      code <<= 1;
      lengths.forEach((each, symbol) => {
        if (each === length) this.symbols.set(code++, symbol);
      });
    }
  }

  read(bits: BitReader): number {
    let code = 1;
    for (let length = 1; length <= 15; length++) {
      code = (code << 1) | bits.read(1);
      const symbol = this.symbols.get(code);
      if (symbol !== undefined) return symbol;
    }
    throw new Error("not a code");
  }
}

interface Codes {
  readonly literals: Code;
  readonly distances: Code;
}

const fixedCodes: Codes = {
  literals: new Code(
    Array.from({ length: 288 }, (_, symbol) =>
      symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
    ),
  ),
  distances: new Code(new Array<number>(30).fill(5)),
};

const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

function readCodes(bits: BitReader): Codes {
  const literalCount = bits.read(5) + 257;
  const distanceCount = bits.read(5) + 1;
  const lengthCount = bits.read(4) + 4;
  const own = new Array<number>(19).fill(0);
  for (const symbol of lengthOrder.slice(0, lengthCount)) own[symbol] = bits.read(3);
  const code = new Code(own);
  const lengths: number[] = [];
  while (lengths.length < literalCount + distanceCount) {
    const symbol = code.read(bits);
    if (symbol < 16) lengths.push(symbol);
    else if (symbol === 16) repeat(lengths, lengths.at(-1) as number, 3 + bits.read(2));
    else repeat(lengths, 0, symbol === 17 ? 3 + bits.read(3) : 11 + bits.read(7));
  }
  return {
    literals: new Code(lengths.slice(0, literalCount)),
    distances: new Code(lengths.slice(literalCount)),
  };
}

function repeat(lengths: number[], value: number, count: number): void {
  for (let index = 0; index < count; index++) lengths.push(value);
}

function lengthExtraBits(symbol: number): number {
  if (symbol < 265 || symbol === 285) return 0;
  return (symbol - 261) >> 2;
}
