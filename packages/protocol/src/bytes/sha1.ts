/** Reused by every call: hashing allocates its result alone. */
const words = new Int32Array(80);
const lastBlocks = new Uint8Array(128);

/** The five words of state between blocks. */
const state = new Int32Array(5);

/**
 * The SHA-1 digest of `bytes`, 20 bytes (FIPS 180-4 §6.1).
 *
 * For `Sec-WebSocket-Accept` alone (RFC 6455 §4.2.2), where it proves that the peer
 * speaks WebSocket and protects nothing. Not for security.
 */
export function sha1(bytes: Uint8Array): Uint8Array {
  state[0] = 0x67452301;
  state[1] = 0xefcdab89;
  state[2] = 0x98badcfe;
  state[3] = 0x10325476;
  state[4] = 0xc3d2e1f0;
  const { length } = bytes;
  let at = 0;
  for (; at + 64 <= length; at += 64) compress(bytes, at);

  const rest = length - at;
  const paddedLength = rest < 56 ? 64 : 128;
  lastBlocks.fill(0);
  lastBlocks.set(at === 0 ? bytes : bytes.subarray(at));
  lastBlocks[rest] = 0x80;
  writeUint32(lastBlocks, paddedLength - 8, Math.floor(length / 0x2000_0000));
  writeUint32(lastBlocks, paddedLength - 4, length << 3);
  for (let block = 0; block < paddedLength; block += 64) compress(lastBlocks, block);

  const digest = new Uint8Array(20);
  for (let word = 0; word < 5; word += 1) writeUint32(digest, word * 4, state[word]!);
  return digest;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Mixes the 64 bytes from `start` into `state`. */
function compress(bytes: Uint8Array, start: number): void {
  for (let t = 0, at = start; t < 16; t += 1, at += 4) {
    words[t] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
  for (let t = 16; t < 80; t += 1) {
    const mixed = words[t - 3]! ^ words[t - 8]! ^ words[t - 14]! ^ words[t - 16]!;
    words[t] = (mixed << 1) | (mixed >>> 31);
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  for (let t = 0; t < 20; t += 1) {
    const next = (((a << 5) | (a >>> 27)) + (((c ^ d) & b) ^ d) + 0x5a827999 + e + words[t]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 20; t < 40; t += 1) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + 0x6ed9eba1 + e + words[t]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 40; t < 60; t += 1) {
    const next =
      (((a << 5) | (a >>> 27)) + ((b & c) | ((b | c) & d)) + -0x70e44324 + e + words[t]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 60; t < 80; t += 1) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + -0x359d3e2a + e + words[t]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
  state[4] = state[4]! + e;
}
