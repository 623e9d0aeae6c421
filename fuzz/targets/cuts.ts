import { Random, seedOf } from "../engine/random.ts";

/** So many bytes are still fed one by one. */
const bytewiseLimit = 400;

/**
 * Cuts `bytes` into chunks in a way that the bytes decide, so that an input alone is enough to
 * try the same again: one by one, in two, or in several, some of them empty.
 */
export function cutsOf(bytes: Uint8Array): Uint8Array[] {
  const random = new Random(seedOf(bytes));
  const way = random.below(3);
  if (way === 0 && bytes.length <= bytewiseLimit) {
    return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  }
  const count = way === 1 ? 1 : random.between(2, 8);
  const places = Array.from({ length: count }, () => random.below(bytes.length + 1));
  places.sort((a, b) => a - b);
  const chunks: Uint8Array[] = [];
  let start = 0;
  for (const end of [...places, bytes.length]) {
    chunks.push(bytes.subarray(start, end));
    start = end;
  }
  return chunks;
}
