import { describe, expect, test } from "vitest";
import { ClockOffset, formatBytes, formatMs, percentile, Window } from "./statistics.ts";

describe("percentiles", () => {
  test("are by nearest rank", () => {
    const values = [5, 1, 4, 2, 3];
    expect([0, 0.2, 0.5, 0.95, 1].map((share) => percentile(values, share))).toEqual([
      1, 1, 3, 5, 5,
    ]);
    expect(percentile([], 0.5)).toBe(undefined);
    expect(values).toEqual([5, 1, 4, 2, 3]);
  });

  test("of a window are those of its last values", () => {
    const window = new Window(3);
    for (const value of [100, 1, 2, 3]) window.add(value);
    expect(window.count).toBe(3);
    expect(window.percentile(1)).toBe(3);
    expect(new Window(3).percentile(0.5)).toBe(undefined);
  });
});

describe("the clock's offset", () => {
  test("is that of the question that took least", () => {
    const clock = new ClockOffset();
    expect(clock.ms).toBe(undefined);
    clock.add(0, 1_050, 100);
    expect(clock.ms).toBe(1_000);
    clock.add(200, 1_206, 210);
    expect(clock.ms).toBe(1_001);
    clock.add(300, 9_999, 500);
    expect(clock.ms).toBe(1_001);
    expect(clock.errorMs).toBe(5);
  });

  test("forgets old questions, as clocks drift", () => {
    const clock = new ClockOffset();
    clock.add(0, 1_000, 0);
    for (let at = 1; at < 30; at += 1) clock.add(at, 2_001 + at, at + 2);
    expect(clock.ms).toBe(1_000);
    clock.add(30, 2_031, 32);
    expect(clock.ms).toBe(2_000);
    clock.clear();
    expect(clock.ms).toBe(undefined);
    expect(clock.errorMs).toBe(undefined);
  });
});

describe("numbers for people", () => {
  test.each([
    [undefined, "–"],
    [-1, "0.0 ms"],
    [0.44, "0.4 ms"],
    [12.6, "13 ms"],
    [1_240, "1.24 s"],
  ])("%s ms", (ms, text) => expect(formatMs(ms)).toBe(text));

  test.each([
    [undefined, "–"],
    [Number.NaN, "–"],
    [57.4, "57 B"],
    [20_480, "20.0 KiB"],
  ])("%s bytes", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});
