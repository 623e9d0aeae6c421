import { host } from "../platform/host.ts";

/** Dates and `undefined`, which MessagePack lacks: an extension of type 0, of 8 bytes and of 1. */
const extensionOf8Bytes = 0xd7;
const extensionOf1Byte = 0xd4;

/**
 * Writes `value` as MessagePack, so that `notepack.io` 2 reads it: what `socket.io-msgpack-parser`
 * stands upon.
 *
 * Objects with `toJSON` write what it gives, members that are functions are left out.
 *
 * @throws TypeError for what has no form: functions, symbols, bigints and Blobs
 */
export function encode(value: unknown): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writer.write(value);
  return writer.written();
}

class Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;

  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#end);
  }

  write(value: unknown): void {
    if (value === null) this.#byte(0xc0);
    else if (value === undefined) {
      this.#extension(extensionOf1Byte);
      this.#byte(0);
    } else if (typeof value === "boolean") this.#byte(value ? 0xc3 : 0xc2);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "string") {
      const bytes = new host.TextEncoder().encode(value);
      this.#head(bytes.length, 0xda, 0xa0, 32);
      this.#append(bytes);
    } else if (typeof value === "object") this.#object(value);
    else throw new TypeError(`MessagePack cannot hold a ${typeof value}`);
  }

  #object(value: object): void {
    const { toJSON } = value as { toJSON?: unknown };
    if (value instanceof Date && !Number.isNaN(+value)) {
      this.#extension(extensionOf8Bytes);
      this.#put("setBigInt64", 8, BigInt(+value));
    } else if (value instanceof ArrayBuffer) this.#binary(new Uint8Array(value));
    else if (ArrayBuffer.isView(value)) {
      this.#binary(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    } else if (value instanceof host.Blob) {
      throw new TypeError("MessagePack cannot hold a Blob: send its arrayBuffer()");
    } else if (Array.isArray(value)) {
      this.#head(value.length, 0xdc, 0x90, 16);
      for (const each of value) this.write(each);
    } else if (typeof toJSON === "function") this.write(toJSON.call(value));
    else {
      const members = Object.entries(value).filter(([, member]) => typeof member !== "function");
      this.#head(members.length, 0xde, 0x80, 16);
      for (const each of members.flat()) this.write(each);
    }
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value)) {
      this.#byte(0xcb);
      this.#put("setFloat64", 8, value);
    } else if (value >= 0 && value < 2 ** 32) this.#head(value, 0xcd, 0, 128);
    else if (value >= 0 || value < -(2 ** 31)) {
      this.#byte(value < 0 ? 0xd3 : 0xcf);
      this.#put("setBigInt64", 8, BigInt(value));
    } else if (value >= -32) this.#byte(value);
    else if (value >= -(2 ** 7)) {
      this.#byte(0xd0);
      this.#byte(value);
    } else if (value >= -(2 ** 15)) {
      this.#byte(0xd1);
      this.#put("setInt16", 2, value);
    } else {
      this.#byte(0xd2);
      this.#put("setInt32", 4, value);
    }
  }

  #binary(bytes: Uint8Array): void {
    this.#head(bytes.length, 0xc5, 0, 0);
    this.#append(bytes);
  }

  #extension(code: number): void {
    this.#byte(code);
    this.#byte(0);
  }

  /**
   * Writes a length in as few bytes as hold it: within `small` if it is below `limit`, else behind
   * `code`, the one for 16 bits. The one before is for 8, but lists and maps (`limit` 16) have none.
   */
  #head(length: number, code: number, small: number, limit: number): void {
    if (length < limit) this.#byte(small | length);
    else if (length < 2 ** 8 && limit !== 16) {
      this.#byte(code - 1);
      this.#byte(length);
    } else if (length < 2 ** 16) {
      this.#byte(code);
      this.#put("setUint16", 2, length);
    } else {
      this.#byte(code + 1);
      this.#put("setUint32", 4, length);
    }
  }

  #append(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** The lowest eight bits of `value`. */
  #byte(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  /** Writes a number of more than one byte. */
  #put<Method extends keyof DataView & `set${string}`>(
    method: Method,
    size: number,
    value: Parameters<DataView[Method]>[1],
  ): void {
    const at = this.#reserve(size);
    this.#view[method](at, value as never); // which it takes, by its own type
  }

  /** Makes room for so many bytes, and returns where they begin. */
  #reserve(size: number): number {
    const start = this.#end;
    this.#end += size;
    if (this.#end > this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#end);
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return start;
  }
}
