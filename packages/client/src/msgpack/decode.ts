import { defaultBinaryType, toBinary } from "#platform";
import { host } from "../platform/host.ts";

/**
 * Reads one value of MessagePack, as `notepack.io` 2 writes it: dates, `undefined` and
 * some bytes are extensions of type 0. Others become a list of their type and their bytes.
 *
 * @throws Error for what is no value, or no whole one, or more than one
 */
export function decode(message: ArrayBuffer | ArrayBufferView): unknown {
  const bytes = ArrayBuffer.isView(message)
    ? new Uint8Array(message.buffer, message.byteOffset, message.byteLength)
    : new Uint8Array(message);
  const reader = new Reader(bytes);
  const value = reader.read();
  if (reader.at < bytes.length) throw new Error("trailing bytes");
  return value;
}

/** Reads on from `at`. Beyond the end its view throws a RangeError. */
class Reader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  read(): unknown {
    const code = this.#unsigned(0);
    if (code < 0x80) return code;
    if (code < 0x90) return this.#map(code & 15);
    if (code < 0xa0) return this.#list(code & 15);
    if (code < 0xc0) return this.#text(code & 31);
    if (code >= 0xe0) return code - 256;
    if (code >= 0xde) return this.#map(this.#unsigned(code - 0xdd));
    if (code >= 0xdc) return this.#list(this.#unsigned(code - 0xdb));
    if (code >= 0xd9) return this.#text(this.#unsigned(code - 0xd9));
    if (code >= 0xd4) return this.#fixedExtension(1 << (code - 0xd4));
    if (code >= 0xcc && code <= 0xce) return this.#unsigned(code - 0xcc);
    if (code >= 0xc7 && code <= 0xc9) return this.#extension(this.#unsigned(code - 0xc7));
    if (code >= 0xc4 && code <= 0xc6) return this.#binary(this.#unsigned(code - 0xc4));
    const view = this.#view;
    switch (code) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xca:
        return view.getFloat32(this.#skip(4));
      case 0xcb:
        return view.getFloat64(this.#skip(8));
      case 0xcf:
        return Number(view.getBigUint64(this.#skip(8)));
      case 0xd0:
        return view.getInt8(this.#skip(1));
      case 0xd1:
        return view.getInt16(this.#skip(2));
      case 0xd2:
        return view.getInt32(this.#skip(4));
      case 0xd3:
        return Number(view.getBigInt64(this.#skip(8)));
    }
    throw new Error("no MessagePack");
  }

  /** A number of 1, 2 or 4 bytes, by the power of 2. */
  #unsigned(power: number): number {
    const at = this.#skip(1 << power);
    if (power === 0) return this.#view.getUint8(at);
    return power === 1 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  /** Lengths are not trusted: memory is taken for members that are there. */
  #list(length: number): unknown[] {
    const list: unknown[] = [];
    while (list.length < length) list.push(this.read());
    return list;
  }

  #map(length: number): Record<string, unknown> {
    const members: [string, unknown][] = [];
    while (members.length < length) members.push([`${this.read()}`, this.read()]);
    // Which, unlike an assignment, makes a member of `__proto__`, too.
    return Object.fromEntries(members);
  }

  #text(length: number): string {
    // A byte order mark is text like any other.
    return new host.TextDecoder("utf-8", { ignoreBOM: true }).decode(this.#take(length));
  }

  #binary(length: number): unknown {
    return toBinary(this.#take(length).slice().buffer, defaultBinaryType);
  }

  #fixedExtension(length: number): unknown {
    const type = this.#type();
    if (type === 0 && length === 8) {
      return new Date(Number(this.#view.getBigInt64(this.#skip(8))));
    }
    const data = this.#binary(length);
    return type === 0 && length === 1 ? undefined : [type, data];
  }

  /** On Node notepack writes bytes that are no Buffer like this, with type 0. */
  #extension(length: number): unknown {
    const type = this.#type();
    const data = this.#binary(length);
    return type === 0 ? data : [type, data];
  }

  #type(): number {
    return this.#view.getInt8(this.#skip(1));
  }

  #take(length: number): Uint8Array<ArrayBuffer> {
    const start = this.#skip(length);
    if (this.at > this.#bytes.length) throw new RangeError("incomplete");
    return this.#bytes.subarray(start, this.at) as Uint8Array<ArrayBuffer>; // no one shares memory
  }

  /** Goes on by so many bytes, and returns where they begin. */
  #skip(length: number): number {
    const start = this.at;
    this.at += length;
    return start;
  }
}
