import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RateLimiter } from "./rate-limiter.ts";
import { Pace, TokenBucket } from "./token-bucket.ts";

describe("a rate limiter", () => {
  it("has a bucket for each key", () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 2 }, "handshakes");
    expect([1, 2, 3].map(() => limiter.take("a", 1, 0))).toEqual([0, 0, 1_000]);
    expect([1, 2, 3].map(() => limiter.take("b", 1, 0))).toEqual([0, 0, 1_000]);
    expect(limiter.take("a", 1, 1_000)).toBe(0);
  });

  it("lets go of keys that rest, while others are asked for", () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 10 }, "handshakes");
    for (let key = 0; key < 1_000; key += 1) limiter.take(`${key}`, 1, 0);
    expect(limiter.size).toBe(1_000);
    limiter.take("busy", 1, 10_000);
    limiter.take("busy", 1, 20_000);
    expect(limiter.size).toBeLessThanOrEqual(2);
  });

  it("forgets nobody who still has to wait", () => {
    const limiter = new RateLimiter({ perSecond: 10, burst: 10 }, "handshakes");
    limiter.take("other", 1, 0);
    expect(limiter.take("waiting", 10, 400)).toBe(0);
    for (const nowMs of [550, 1_060, 1_390]) limiter.take("other", 1, nowMs);
    expect(limiter.take("waiting", 10, 1_395)).toBe(5);
  });

  it("lets go of all keys that rest when it is told to", () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 10 }, "handshakes");
    for (let key = 0; key < 1_000; key += 1) limiter.take(`${key}`, 1, 0);
    limiter.letGo(19_999);
    expect(limiter.size).toBe(1_000);
    limiter.letGo(29_999);
    expect(limiter.size).toBe(0);
    limiter.take("late", 1, 30_000);
    limiter.letGo(50_000);
    expect(limiter.size).toBe(0);
  });

  it("remembers a bounded number of keys, and those that are refused longest", () => {
    const limiter = new RateLimiter({ perSecond: 0.001, burst: 1 }, "handshakes", {
      maxKeys: 1_000,
    });
    expect(limiter.take("abuser", 1, 0)).toBe(0);
    for (let key = 0; key < 20_000; key += 1) {
      expect(limiter.take(`${key}`, 1, 0)).toBe(0);
      expect(limiter.take("abuser", 1, 0)).toBe(1_000_000);
      expect(limiter.size).toBeLessThanOrEqual(1_000);
    }
  });

  it("keeps nothing without a limit", () => {
    const limiter = new RateLimiter({ perSecond: Number.POSITIVE_INFINITY }, "handshakes");
    for (let key = 0; key < 100; key += 1) expect(limiter.take(`${key}`, 1e9, key)).toBe(0);
    expect(limiter.size).toBe(0);
  });

  it("takes keys of any kind", () => {
    const [one, other] = [{}, {}];
    const limiter = new RateLimiter<object>({ perSecond: 1, burst: 1 }, "handshakes");
    expect([limiter.take(one, 1, 0), limiter.take(other, 1, 0)]).toEqual([0, 0]);
    expect(limiter.take(one, 1, 0)).toBe(1_000);
  });

  it.each([1, 0, -1, Number.NaN, "9" as never])("refuses maxKeys %s by name", (maxKeys) => {
    expect(() => new RateLimiter({ perSecond: 1 }, "handshakes", { maxKeys })).toThrow(
      new RangeError(`maxKeys takes a number from 2 up, not ${maxKeys}`),
    );
  });

  it("says what a bucket for each key that nobody lets go of would say", () => {
    const steps = fc.array(
      fc.record({
        key: fc.integer({ min: 0, max: 4 }),
        percent: fc.integer({ min: 1, max: 100 }),
        // In hundredths of what an empty bucket takes to be full.
        pause: fc.oneof(
          fc.constant(0),
          fc.integer({ min: 1, max: 70 }),
          fc.integer({ min: 1, max: 300 }),
        ),
      }),
      { maxLength: 300 },
    );
    const rates = fc.record({
      perSecond: fc.integer({ min: 1, max: 50 }),
      burst: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(rates, steps, (rate, all) => {
        const limiter = new RateLimiter<number>(rate, "handshakes");
        const pace = new Pace(rate, "handshakes");
        const buckets = Array.from({ length: 5 }, () => new TokenBucket(pace));
        let nowMs = 0;
        for (const { key, percent, pause } of all) {
          nowMs += (pause * pace.refillMs) / 100;
          const cost = Math.ceil((percent * rate.burst) / 100);
          expect(limiter.take(key, cost, nowMs)).toBe(buckets[key]?.take(cost, nowMs));
        }
      }),
      { numRuns: 300 },
    );
  });
});
