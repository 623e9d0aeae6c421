import { Pace, type Rate } from "./token-bucket.ts";

export interface RateLimiterOptions {
  /** Keys that are remembered at once; past it those asked for longest ago start anew. Default 100,000. */
  readonly maxKeys?: number | undefined;
}

export const rateLimiterDefaults = { maxKeys: 100_000 } as const;

/**
 * A bucket for each key: each address, each principal.
 *
 * A bucket that is full says no more than one that is not there, so nothing is lost by letting go
 * of it. That costs no look at each: buckets are in two generations, those asked for since some
 * moment and those before it. Once a whole refill has passed since that moment, all that are left
 * of the older generation are full, and it goes as one.
 *
 * An attacker with more keys than are remembered makes room at the expense of the oldest, which
 * are then forgiven early; nobody is refused for it. Bound what all take together besides.
 *
 * Times are milliseconds on any clock that never goes backwards.
 */
export class RateLimiter<Key = string> {
  private readonly pace: Pace;
  private readonly maxYoung: number;
  /** The moments at which buckets are full. */
  private young = new Map<Key, number>();
  private old = new Map<Key, number>();
  private turnedAtMs = Number.NEGATIVE_INFINITY;

  /** @throws RangeError that names the limit, as `name`, or `maxKeys`, and what it accepts */
  constructor(rate: Rate, name: string, options: RateLimiterOptions = {}) {
    const { maxKeys = rateLimiterDefaults.maxKeys } = options;
    if (typeof maxKeys !== "number" || !(maxKeys >= 2)) {
      throw new RangeError(`maxKeys takes a number from 2 up, not ${String(maxKeys)}`);
    }
    this.pace = new Pace(rate, name);
    this.maxYoung = Math.floor(maxKeys / 2);
  }

  /** How many keys take memory. */
  get size(): number {
    return this.young.size + this.old.size;
  }

  /**
   * Takes `cost` of the key's and returns 0, or takes nothing and returns in how many milliseconds
   * it could: Infinity if never, as it is more than the burst.
   */
  take(key: Key, cost: number, nowMs: number): number {
    if (this.pace.isUnlimited) return 0;
    if (nowMs - this.turnedAtMs >= this.pace.refillMs) this.letGo(nowMs);
    let fullAtMs = this.young.get(key);
    if (fullAtMs === undefined) fullAtMs = this.revive(key, nowMs);
    const waitMs = this.pace.waitMs(fullAtMs, cost, nowMs);
    if (waitMs === 0) this.young.set(key, this.pace.fullAtMsAfter(fullAtMs, cost, nowMs));
    return waitMs;
  }

  /** Lets go of all that says nothing. Only a limiter that nobody asks needs it. */
  letGo(nowMs: number): void {
    const refills = (nowMs - this.turnedAtMs) / this.pace.refillMs;
    if (!(refills >= 1)) return;
    // After two refills without a question, the younger ones are full as well.
    this.turn(nowMs);
    if (refills >= 2) this.old = new Map();
  }

  /** The bucket of a key that is not among the young ones, which refused keys stay in, too. */
  private revive(key: Key, nowMs: number): number {
    if (this.young.size >= this.maxYoung) this.turn(nowMs);
    const fullAtMs = this.old.get(key) ?? Number.NEGATIVE_INFINITY;
    if (fullAtMs > nowMs) {
      this.old.delete(key);
      this.young.set(key, fullAtMs);
    }
    return fullAtMs;
  }

  private turn(nowMs: number): void {
    this.old = this.young;
    this.young = new Map();
    this.turnedAtMs = nowMs;
  }
}
