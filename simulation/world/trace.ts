/** The newest lines that are kept to be shown. */
const KEPT = 1_000;

/** What has happened, as a number that tells two histories apart, and as text. */
export class Trace {
  count = 0;
  private low = 0x811c9dc5;
  private high = 0x1b873593;
  private readonly lines: string[] = [];

  add(line: string): void {
    for (let index = 0; index < line.length; index += 1) {
      const code = line.charCodeAt(index);
      // FNV-1a, and the same with another prime: 64 bits.
      this.low = Math.imul(this.low ^ code, 0x01000193);
      this.high = Math.imul(this.high ^ code, 0x85ebca6b);
    }
    this.lines[this.count % KEPT] = line;
    this.count += 1;
  }

  get hash(): string {
    return [this.high, this.low].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** The last `count` lines, the oldest first. */
  last(count: number): string[] {
    const from = Math.max(0, this.count - Math.min(count, KEPT));
    const found: string[] = [];
    for (let index = from; index < this.count; index += 1) {
      found.push(this.lines[index % KEPT] as string); // in bounds
    }
    return found;
  }
}
