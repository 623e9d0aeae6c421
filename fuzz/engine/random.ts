/**
 * Random numbers that a seed makes again: sfc32, by Chris Doty-Humphrey.
 *
 * Not for secrets. The same seed gives the same numbers on every machine.
 */
export class Random {
  readonly seed: number;
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** `seed` counts as an unsigned number of 32 bits. */
  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.a = this.seed;
    this.b = 0x9e3779b9;
    this.c = 0x243f6a88;
    // The first numbers still look like the seed.
    for (let round = 0; round < 12; round += 1) this.uint32();
  }

  uint32(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + sum) | 0;
    return sum >>> 0;
  }

  /** A whole number from 0 up to, but not, `limit`. */
  below(limit: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * limit);
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True in `share` (0 to 1) of all calls. */
  chance(share: number): boolean {
    return this.uint32() < share * 0x1_0000_0000;
  }

  /** One of `choices`, of which there must be one. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T; // in range
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.uint32() & 0xff);
  }
}

/** A seed that depends on every byte: choices made with it belong to the input (FNV-1a). */
export function seedOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
