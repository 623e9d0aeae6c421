import { expect, test } from "vitest";
import { robustSlope } from "./slope.ts";

test("is the slope of a line", () => {
  const points = Array.from({ length: 50 }, (_, x) => ({ x, y: 3 * x + 7 }));
  expect(robustSlope(points)).toBeCloseTo(3, 9);
});

test("is not moved by a saw or by outliers", () => {
  const points = Array.from({ length: 300 }, (_, x) => ({ x, y: 100 + (x % 10) }));
  points[20] = { x: 20, y: 1e9 };
  points[299] = { x: 299, y: -1e9 };
  expect(Math.abs(robustSlope(points))).toBeLessThan(0.01);
});

test("takes few of very many points", () => {
  const points = Array.from({ length: 100_000 }, (_, x) => ({ x, y: x / 2 }));
  expect(robustSlope(points)).toBeCloseTo(0.5, 9);
});

test("says nothing about a single point", () => {
  expect(robustSlope([{ x: 1, y: 1 }])).toBeNaN();
});
