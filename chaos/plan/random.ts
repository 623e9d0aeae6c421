/** Random numbers that a seed makes again: mulberry32, by Tommy Ettinger. Not for secrets. */
export class Random {
  private state: number;

  /** `seed` counts as an unsigned number of 32 bits. */
  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  uint32(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return (bits ^ (bits >>> 14)) >>> 0;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor((this.uint32() / 0x1_0000_0000) * (high - low + 1));
  }

  /** True in `share` (0 to 1) of all calls. */
  chance(share: number): boolean {
    return this.uint32() < share * 0x1_0000_0000;
  }

  /** One of `choices`, of which there must be one. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)] as T; // in range
  }

  /** Some of `choices`, each once, in a random order. */
  sample<T>(choices: readonly T[], count: number): T[] {
    const rest = [...choices];
    const picked: T[] = [];
    while (picked.length < count && rest.length > 0) {
      picked.push(...rest.splice(this.between(0, rest.length - 1), 1));
    }
    return picked;
  }
}
