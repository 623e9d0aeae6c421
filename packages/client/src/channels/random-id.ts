/** The part of the platform's Crypto that also pages without TLS have. */
interface Random {
  getRandomValues(bytes: Uint8Array): Uint8Array;
}

const { crypto } = globalThis as unknown as { crypto: Random }; // all platforms have it

/** A name that nobody else has: 128 random bits, as 32 hexadecimal digits. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
