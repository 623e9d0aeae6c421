import { describe, expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

const settings = {
  reconnectionDelay: 1_000,
  reconnectionDelayMax: 5_000,
  randomizationFactor: 0.5,
};

/** The times before the first attempts, for one throw of the dice. */
function times(random: number, changes: Partial<typeof settings> = {}): number[] {
  return [0, 1, 2, 3, 2_000].map((at) => backoffMs(at, { ...settings, ...changes }, random));
}

describe("the time before an attempt", () => {
  test("doubles up to the maximum", () => {
    expect(times(0.5)).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
    expect(times(0.9, { randomizationFactor: 0 })).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
  });

  test("is shorter or longer by the factor, and never beyond the maximum", () => {
    expect(times(0)).toEqual([500, 1_000, 2_000, 2_500, 2_500]);
    expect(times(1)).toEqual([1_500, 3_000, 4_000, 2_500, 2_500]);
    expect(times(0.75)).toEqual([1_250, 2_500, 5_000, 3_750, 3_750]);
  });

  test("is spread where all clients of a dead server end up", () => {
    const ms = Array.from({ length: 100 }, (_, at) => backoffMs(20, settings, at / 100));
    expect(Math.max(...ms)).toBeLessThanOrEqual(5_000);
    expect(Math.min(...ms)).toBeGreaterThanOrEqual(2_500);
    expect(new Set(ms).size).toBeGreaterThan(50);
  });

  test("is never nothing", () => {
    expect(times(0.5, { reconnectionDelay: 0, reconnectionDelayMax: 0 })).toEqual([
      ...[1_000, 2_000, 4_000, 5_000, 5_000],
    ]);
  });
});
