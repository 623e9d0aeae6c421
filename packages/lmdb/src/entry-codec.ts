import type { LogEntry, NewEntry } from "openline";
import { isLatin1 } from "./keys.ts";

/**
 * An entry's value: sequence and time (two doubles), what its id is, the id, the payload.
 *
 * What the id is: 0 for none; else its length in bytes plus one, times two, plus one if it is UTF-16.
 */
const HEADER_BYTES = 20;
const SEQUENCE_AT = 0;
const TIME_AT = 8;
const ID_AT = 16;

/** Small values share pieces of memory of this size, since LMDB asks for the address of each. */
const SLAB_BYTES = 65_536;
const LARGEST_IN_SLAB = 8192;

/** Encodes entries, many into one piece of memory. */
export class EntryEncoder {
  private slab: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  private used = 0;

  /** The value to store, whose bytes nobody else will change. */
  encode({ id, timeMs, payload }: NewEntry, sequence: number): Buffer {
    const isWide = id !== null && !isLatin1(id);
    const idBytes = id === null ? 0 : isWide ? id.length * 2 : id.length;
    const value = this.take(HEADER_BYTES + idBytes + payload.length);
    value.writeDoubleLE(sequence, SEQUENCE_AT);
    value.writeDoubleLE(timeMs, TIME_AT);
    value.writeUInt32LE(id === null ? 0 : (idBytes + 1) * 2 + (isWide ? 1 : 0), ID_AT);
    if (id !== null) value.write(id, HEADER_BYTES, isWide ? "utf16le" : "latin1");
    value.set(payload, HEADER_BYTES + idBytes);
    return value;
  }

  /** Memory for another small value. */
  take(length: number): Buffer {
    if (length > LARGEST_IN_SLAB) return Buffer.allocUnsafeSlow(length);
    if (this.used + length > SLAB_BYTES) {
      this.slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.used = 0;
    }
    const start = this.used;
    this.used += length;
    return this.slab.subarray(start, this.used);
  }
}

/** The entry that a value holds. */
export function decodeEntry(value: Buffer, room: string, offset: number): LogEntry {
  const shape = value.readUInt32LE(ID_AT);
  const idBytes = shape === 0 ? 0 : (shape >>> 1) - 1;
  const payloadAt = HEADER_BYTES + idBytes;
  const encoding = (shape & 1) === 1 ? "utf16le" : "latin1";
  return {
    room,
    id: shape === 0 ? null : value.toString(encoding, HEADER_BYTES, payloadAt),
    timeMs: value.readDoubleLE(TIME_AT),
    payload: value.subarray(payloadAt),
    sequence: value.readDoubleLE(SEQUENCE_AT),
    offset,
  };
}

export function sequenceOf(value: Buffer): number {
  return value.readDoubleLE(SEQUENCE_AT);
}

export function timeOf(value: Buffer): number {
  return value.readDoubleLE(TIME_AT);
}

export function payloadBytesOf(value: Buffer): number {
  const shape = value.readUInt32LE(ID_AT);
  return value.length - HEADER_BYTES - (shape === 0 ? 0 : (shape >>> 1) - 1);
}
