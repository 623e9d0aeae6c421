/**
 * Remembers what an id stood for, for at least `retentionMs` and at most twice as long: two
 * generations, of which the older is let go whole. Nothing is looked up to be forgotten.
 */
export class RecentIds<Value> {
  private readonly retentionMs: number;
  private current = new Map<string, Value>();
  private previous = new Map<string, Value>();
  private turnsMs = Number.NEGATIVE_INFINITY;

  constructor(retentionMs: number) {
    this.retentionMs = retentionMs;
  }

  get size(): number {
    return this.current.size + this.previous.size;
  }

  get(key: string): Value | undefined {
    return this.current.get(key) ?? this.previous.get(key);
  }

  set(key: string, value: Value, nowMs: number): void {
    if (nowMs >= this.turnsMs) this.turn(nowMs);
    this.current.set(key, value);
  }

  private turn(nowMs: number): void {
    // After a long rest both are too old.
    const isRecent = nowMs < this.turnsMs + this.retentionMs;
    this.previous = isRecent ? this.current : new Map();
    this.current = new Map();
    this.turnsMs = nowMs + this.retentionMs;
  }
}
