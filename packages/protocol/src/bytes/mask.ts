/**
 * Payloads from here up are masked a 32-bit word at a time. Below it, making the
 * loop ready for words costs more than it saves (measured: break-even near 48).
 */
const WORDS_FROM_BYTES = 48;

/** Views of larger buffers are not kept, so that no dead message is held in memory. */
const KEPT_VIEW_BYTES = 1 << 20;

const isLittleEndian: boolean = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

let keptBuffer: ArrayBufferLike | undefined;
let keptWords: Uint32Array | undefined;

/** The words of the buffer under `bytes`. A server reads into one buffer for ever: its view is kept. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const buffer = bytes.buffer;
  if (keptBuffer === buffer && keptWords !== undefined) return keptWords;
  const words = new Uint32Array(buffer, 0, buffer.byteLength >>> 2);
  if (buffer.byteLength <= KEPT_VIEW_BYTES) {
    keptBuffer = buffer;
    keptWords = words;
  }
  return words;
}

/**
 * Masks or unmasks `bytes[start, end)` in place with the 32-bit `key`, whose most
 * significant byte comes first on the wire. `phase` is the index of
 * `bytes[start]` within the payload, so that a payload may come in pieces.
 *
 * Returns whether every resulting byte is ASCII, which spares text its UTF-8 check.
 * Source: RFC 6455 §5.3.
 */
export function applyMask(
  bytes: Uint8Array,
  start: number,
  end: number,
  key: number,
  phase: number,
): boolean {
  // Turn the key so that its first byte belongs to bytes[start].
  const turn = (phase & 3) << 3;
  let k = turn === 0 ? key : (key << turn) | (key >>> (32 - turn));
  let seen = 0;
  let at = start;
  if (end - start >= WORDS_FROM_BYTES) {
    while (((bytes.byteOffset + at) & 3) !== 0) {
      seen |= bytes[at]! ^= k >>> 24;
      k = (k << 8) | (k >>> 24);
      at += 1;
    }
    const words = wordsOf(bytes);
    const wordKey = isLittleEndian
      ? (k >>> 24) | ((k >>> 8) & 0xff00) | ((k << 8) & 0xff0000) | (k << 24)
      : k;
    const first = (bytes.byteOffset + at) >>> 2;
    const last = first + ((end - at) >>> 2);
    if ((maskWords(words, first, last, wordKey) & 0x80808080) !== 0) seen = 0x80;
    at += (last - first) << 2;
  }
  for (; at < end; at += 1) {
    seen |= bytes[at]! ^= k >>> 24;
    k = (k << 8) | (k >>> 24);
  }
  return (seen & 0x80) === 0;
}

/** Masks `words[first, last)`; all results or-ed together. By eights: 64 KiB in 17 → 11 µs. */
function maskWords(words: Uint32Array, first: number, last: number, key: number): number {
  let seen = 0;
  let w = first;
  for (const until = last - 7; w < until; w += 8) {
    seen |= words[w]! ^= key;
    seen |= words[w + 1]! ^= key;
    seen |= words[w + 2]! ^= key;
    seen |= words[w + 3]! ^= key;
    seen |= words[w + 4]! ^= key;
    seen |= words[w + 5]! ^= key;
    seen |= words[w + 6]! ^= key;
    seen |= words[w + 7]! ^= key;
  }
  for (; w < last; w += 1) seen |= words[w]! ^= key;
  return seen;
}

/** Whether every byte of `bytes[start, end)` is ASCII. */
export function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let seen = 0;
  for (let at = start; at < end; at += 1) seen |= bytes[at]!;
  return seen < 0x80;
}
