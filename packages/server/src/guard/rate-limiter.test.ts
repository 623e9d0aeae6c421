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

  it("lets go of all keys that rest when it is told to", () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 10 }, "handshakes");
    for (let key = 0; key < 1_000; key += 1) limiter.take(`${key}`, 1, 0);
    limiter.letGo(19_999);
    expect(limiter.size).toBe(1_000);
    limiter.letGo(29_999);
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
        key: fc.integer({ min: 0, max: 9 }),
        cost: fc.integer({ min: 1, max: 4 }),
        pauseMs: fc.oneof(
          fc.integer({ min: 0, max: 300 }),
          fc.integer({ min: 0, max: 5_000 }),
          fc.double({ min: 0, max: 900, noNaN: true }),
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
        const buckets = Array.from({ length: 10 }, () => new TokenBucket(pace));
        let nowMs = 0;
        for (const { key, cost, pauseMs } of all) {
          nowMs += pauseMs;
          expect(limiter.take(key, cost, nowMs)).toBe(buckets[key]?.take(cost, nowMs));
        }
      }),
    );
  });
});
