/**
 * The messages of a soak. Both sides make them of the same seed, so that every byte is known
 * without being sent twice.
 */

const headerBytes = 8;
const shortestBytes = 16;
const longestBytes = 1024;

/**
 * Message number `sequence`: its number, the seed, then random bytes, 16 to 1,024 in all.
 *
 * @param {number} seed
 * @param {number} sequence
 */
export function payloadOf(seed, sequence) {
  let state = (Math.imul(seed ^ sequence, 0x9e3779b1) ^ 0x85ebca6b) >>> 0;
  const next = () => {
    // Xorshift (Marsaglia 2003); zero would stay zero.
    state = state === 0 ? 1 : state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  const length = shortestBytes + (next() % (longestBytes - shortestBytes + 1));
  const payload = Buffer.alloc(length);
  payload.writeUInt32BE(sequence, 0);
  payload.writeUInt32BE(seed, 4);
  for (let at = headerBytes; at < length; at += 1) payload[at] = next() >>> 24;
  return payload;
}

/** @param {Buffer} payload */
export function sequenceOf(payload) {
  return payload.length >= headerBytes ? payload.readUInt32BE(0) : -1;
}
