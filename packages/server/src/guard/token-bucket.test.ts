import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Pace, TokenBucket } from "./token-bucket.ts";

const bucket = (perSecond: number, burst?: number): TokenBucket =>
  new TokenBucket(new Pace({ perSecond, burst }, "messages"));

describe("a token bucket", () => {
  it("gives its burst at once, and then says how long to wait", () => {
    const each = bucket(10, 5);
    expect(Array.from({ length: 5 }, () => each.take(1, 0))).toEqual([0, 0, 0, 0, 0]);
    expect(each.take(1, 0)).toBe(100);
    expect(each.take(3, 0)).toBe(300);
    expect(each.take(1, 40)).toBe(60);
    expect(each.take(1, 100)).toBe(0);
    expect(each.take(1, 100)).toBe(100);
  });

  it("takes nothing when it refuses", () => {
    const each = bucket(1, 1);
    expect(each.take(1, 0)).toBe(0);
    for (let count = 0; count < 1_000; count += 1) expect(each.take(1, 1)).toBe(999);
    expect(each.take(1, 1_000)).toBe(0);
  });

  it("holds no more than its burst, however long it rests", () => {
    const each = bucket(10, 3);
    each.take(3, 0);
    const taken = Array.from({ length: 5 }, () => each.take(1, 1_000_000));
    expect(taken).toEqual([0, 0, 0, 100, 100]);
  });

  it("says that what is more than its burst will never be given", () => {
    const each = bucket(10, 3);
    expect(each.take(4, 0)).toBe(Number.POSITIVE_INFINITY);
    expect(each.take(3, 0)).toBe(0);
  });

  it("gives its burst, to a ten-thousandth, where tokens take a fraction of a millisecond to come back", () => {
    for (const [perSecond, burst] of [
      [3, 3],
      [7, 70],
      [1e6, 1e6],
      [0.1, 1],
    ] as const) {
      const each = bucket(perSecond, burst);
      const nowMs = 987_654_321.123;
      let taken = 0;
      while (taken < burst * 2 && each.take(1, nowMs) === 0) taken += 1;
      expect(Math.abs(taken - burst), `${perSecond} a second`).toBeLessThanOrEqual(burst / 10_000);
    }
  });

  it("refuses nothing without a limit", () => {
    const each = bucket(Number.POSITIVE_INFINITY);
    expect(each.take(1e9, 0)).toBe(0);
    expect(each.take(1e9, 0)).toBe(0);
    const wide = bucket(1, Number.POSITIVE_INFINITY);
    expect(wide.take(1e9, 0)).toBe(0);
  });

  it("has a second's worth as its burst unless told otherwise, and at least one", () => {
    expect(new Pace({ perSecond: 20 }, "messages").burst).toBe(20);
    expect(new Pace({ perSecond: 0.2 }, "messages").burst).toBe(1);
  });

  it.each([
    [{ perSecond: 0 }, "messages.perSecond takes a number above 0, not 0"],
    [{ perSecond: Number.NaN }, "messages.perSecond takes a number above 0, not NaN"],
    [{ perSecond: "9" as never }, "messages.perSecond takes a number above 0, not 9"],
    [{ perSecond: 1, burst: 0 }, "messages.burst takes a number from 1 up, not 0"],
  ])("refuses %j by name", (rate, message) => {
    expect(() => new Pace(rate, "messages")).toThrow(new RangeError(message));
  });

  it("never gives more than its burst and what came back, and a wait that it names is enough", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.integer({ min: 1, max: 200 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 400 })), {
          maxLength: 200,
        }),
        (perSecond, burst, steps) => {
          const each = bucket(perSecond, burst);
          let nowMs = 0;
          let taken = 0;
          for (const [cost, pauseMs] of steps) {
            nowMs += pauseMs;
            const waitMs = each.take(cost, nowMs);
            expect(Number.isFinite(waitMs)).toBe(cost <= burst);
            if (waitMs === 0) taken += cost;
            else if (waitMs < Number.POSITIVE_INFINITY) {
              expect(each.take(cost, nowMs + waitMs)).toBe(0);
              nowMs += waitMs;
              taken += cost;
            }
            expect(taken).toBeLessThanOrEqual(burst + (nowMs * perSecond) / 1_000 + 0.01);
          }
        },
      ),
    );
  });
});
