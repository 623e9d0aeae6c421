/** How much of something may be done: so many a second in the long run, and a burst at once. */
export interface Rate {
  /** What comes back each second; Infinity: no limit. */
  readonly perSecond: number;
  /** What may be taken at once after a rest. Default: what comes back in a second, at least 1. */
  readonly burst?: number | undefined;
}

/** A rate with its burst decided. */
export interface SettledRate extends Rate {
  readonly burst: number;
}

/**
 * A rate, in the terms that buckets reckon in: a bucket is one number, the moment at which it will
 * be full again if nobody takes from it. One that is full is thus the same as none at all.
 *
 * Times are milliseconds on any clock that never goes backwards.
 */
export class Pace {
  readonly burst: number;
  private readonly tokenMs: number;
  private readonly emptyMs: number;

  /** @throws RangeError that names the limit, as `name`, and what it accepts */
  constructor({ perSecond, burst = Math.max(1, perSecond) }: Rate, name: string) {
    if (typeof perSecond !== "number" || !(perSecond > 0)) {
      throw new RangeError(`${name}.perSecond takes a number above 0, not ${String(perSecond)}`);
    }
    if (typeof burst !== "number" || !(burst >= 1)) {
      throw new RangeError(`${name}.burst takes a number from 1 up, not ${String(burst)}`);
    }
    this.burst = burst;
    this.tokenMs = 1_000 / perSecond;
    this.emptyMs = burst === Number.POSITIVE_INFINITY ? burst : burst * this.tokenMs;
  }

  /** Whether nothing is ever refused. */
  get isUnlimited(): boolean {
    return this.tokenMs === 0 || this.emptyMs === Number.POSITIVE_INFINITY;
  }

  /** How long an empty bucket takes to be full. */
  get refillMs(): number {
    return this.emptyMs;
  }

  /**
   * How long somebody has to wait before `cost` can be taken from a bucket, in whole milliseconds:
   * 0 when it can be taken now, Infinity when it is more than a full bucket holds.
   */
  waitMs(fullAtMs: number, cost: number, nowMs: number): number {
    const missingMs = this.fullAtMsAfter(fullAtMs, cost, nowMs) - nowMs - this.emptyMs;
    // Rounding must not cost a token: thrice a third of a second may be more than a second.
    if (!(missingMs > this.tokenMs / 1_000)) return 0;
    return cost > this.burst ? Number.POSITIVE_INFINITY : Math.ceil(missingMs);
  }

  /** The bucket, once `cost` is taken from it. */
  fullAtMsAfter(fullAtMs: number, cost: number, nowMs: number): number {
    return Math.max(fullAtMs, nowMs) + cost * this.tokenMs;
  }
}

/** One bucket, of one socket for example. */
export class TokenBucket {
  private readonly pace: Pace;
  private fullAtMs = Number.NEGATIVE_INFINITY;

  constructor(pace: Pace) {
    this.pace = pace;
  }

  /**
   * Takes `cost` and returns 0, or takes nothing and returns in how many milliseconds it could:
   * Infinity if never, as it is more than the burst.
   */
  take(cost: number, nowMs: number): number {
    const waitMs = this.pace.waitMs(this.fullAtMs, cost, nowMs);
    if (waitMs === 0) this.fullAtMs = this.pace.fullAtMsAfter(this.fullAtMs, cost, nowMs);
    return waitMs;
  }
}
