import { createHash } from "node:crypto";

/**
 * Bytes of a name that stand in a key as they are: of a longer one only so many, with a hash of
 * all of it behind them. LMDB takes keys of at most 1978 bytes.
 */
const PLAIN_BYTES = 960;

/** The key of an entry: the number of its room, and its offset there. 12 bytes that sort. */
export function writeEntryKey(key: Buffer, room: number, offset: number): void {
  key.writeUInt32BE(room, 0);
  key.writeUInt32BE(Math.floor(offset / 0x1_0000_0000), 4);
  key.writeUInt32BE(offset >>> 0, 8);
}

export const ENTRY_KEY_BYTES = 12;

/** A name within a namespace, and whether the key holds all of it. */
export interface NameKey {
  readonly bytes: Buffer;
  readonly isWhole: boolean;
}

/**
 * The key of a name, for any string: no two are the same. Keys of short names sort by UTF-16 code
 * units, as JavaScript's strings do; long ones, as far as their beginnings differ.
 */
export function nameKey(namespace: number, name: string): NameKey {
  const bytes = Buffer.from(name, "utf16le").swap16();
  const isWhole = bytes.length <= PLAIN_BYTES;
  return { bytes: withNumber(namespace, isWhole ? bytes : shortened(bytes)), isWhole };
}

/** The lowest key that a name with this beginning can have. */
export function firstNameKey(namespace: number, name: string): Buffer {
  const bytes = Buffer.from(name, "utf16le").swap16();
  return withNumber(namespace, bytes.subarray(0, PLAIN_BYTES));
}

/** The name of a whole key. */
export function nameOf(key: Uint8Array): string {
  return Buffer.from(key.subarray(NUMBER_BYTES)).swap16().toString("utf16le");
}

/** The key of an id in a room. */
export function idKey(room: number, id: string): Buffer {
  const isNarrow = isLatin1(id);
  const bytes = isNarrow ? Buffer.from(id, "latin1") : Buffer.from(id, "utf16le");
  const kept = bytes.length <= PLAIN_BYTES ? bytes : shortened(bytes);
  const key = Buffer.allocUnsafe(NUMBER_BYTES + 1 + kept.length);
  key.writeUInt32BE(room, 0);
  // Tells the kinds apart: as bytes, one of each may look alike.
  key[NUMBER_BYTES] = (isNarrow ? 0 : 1) + (kept === bytes ? 0 : 2);
  key.set(kept, NUMBER_BYTES + 1);
  return key;
}

/** When a session expires, then its key, so that those which expire first come first. */
export function expiryKey(namespace: number, expiresMs: number, key: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(NUMBER_BYTES + TIME_BYTES + key.length - NUMBER_BYTES);
  bytes.writeUInt32BE(namespace, 0);
  bytes.writeDoubleBE(Math.max(0, expiresMs), NUMBER_BYTES);
  bytes.set(key.subarray(NUMBER_BYTES), NUMBER_BYTES + TIME_BYTES);
  return bytes;
}

/** The session's key of an expiry's. */
export function sessionKeyOf(expiry: Uint8Array): Buffer {
  return Buffer.concat([
    expiry.subarray(0, NUMBER_BYTES),
    expiry.subarray(NUMBER_BYTES + TIME_BYTES),
  ]);
}

/** True if each character is one byte. */
export function isLatin1(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 0xff) return false;
  }
  return true;
}

/** A number in front, by which namespaces and rooms are kept apart. */
export const NUMBER_BYTES = 4;
const TIME_BYTES = 8;

export function withNumber(number: number, bytes: Uint8Array): Buffer {
  const key = Buffer.allocUnsafe(NUMBER_BYTES + bytes.length);
  key.writeUInt32BE(number, 0);
  key.set(bytes, NUMBER_BYTES);
  return key;
}

function shortened(bytes: Buffer): Buffer {
  const hash = createHash("sha256").update(bytes).digest();
  return Buffer.concat([bytes.subarray(0, PLAIN_BYTES), hash]);
}
