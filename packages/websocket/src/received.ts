/** How binary messages are handed over; text always comes as a Buffer (see `isBinary`). */
export type BinaryType = "nodebuffer" | "arraybuffer" | "fragments" | "blob";

/**
 * Received data: the shape follows `binaryType`. A Blob, which few ask for, is not
 * named, so that code for `Buffer | ArrayBuffer | Buffer[]` compiles as with ws.
 */
export type RawData = Buffer | ArrayBuffer | Buffer[];

/** A native copy has a fixed price that a loop beats for a few bytes. */
const LOOP_BYTES = 48;

/** Node pools what is smaller than 4 KiB; up to here it is us. Beyond, memory of its own is cheap. */
const POOLED_BYTES = 16 * 1024;
const POOL_BYTES = 128 * 1024;
let pool: Buffer = Buffer.alloc(0);
let poolUsed = 0;

/** Memory for one message. Making a Buffer of its own for 4 KiB took a tenth of an echo. */
function allocate(size: number): Buffer {
  if (size < 4096 || size > POOLED_BYTES) return Buffer.allocUnsafe(size);
  if (poolUsed + size > pool.length) {
    pool = Buffer.allocUnsafeSlow(POOL_BYTES);
    poolUsed = 0;
  }
  const start = poolUsed;
  poolUsed = (start + size + 7) & ~7;
  return pool.subarray(start, start + size);
}

/** The received `bytes[start, end)` as a Buffer of the user's own. */
export function toBuffer(bytes: Uint8Array, start: number, end: number, isOwned: boolean): Buffer {
  const size = end - start;
  if (isOwned) return Buffer.from(bytes.buffer, bytes.byteOffset + start, size);
  const copy = allocate(size);
  if (size < LOOP_BYTES) for (let at = 0; at < size; at += 1) copy[at] = bytes[start + at]!;
  else copy.set(bytes.subarray(start, end));
  return copy;
}

/** A binary message in the shape that the user asked for. */
export function toRawData(
  bytes: Uint8Array,
  start: number,
  end: number,
  isOwned: boolean,
  fragmentEnds: readonly number[] | null,
  binaryType: BinaryType,
): RawData {
  if (binaryType === "nodebuffer") return toBuffer(bytes, start, end, isOwned);
  if (binaryType === "arraybuffer") {
    const copy = new ArrayBuffer(end - start);
    new Uint8Array(copy).set(bytes.subarray(start, end));
    return copy;
  }
  const buffer = toBuffer(bytes, start, end, isOwned);
  if (binaryType === "blob") return new Blob([buffer]) as unknown as RawData; // see RawData
  if (buffer.length === 0) return [];
  if (fragmentEnds === null) return [buffer];
  let from = 0;
  return fragmentEnds.map((until) => {
    const fragment = buffer.subarray(from, until);
    from = until;
    return fragment;
  });
}
