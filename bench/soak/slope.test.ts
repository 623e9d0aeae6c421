import { expect, test } from "vitest";
import { robustSlope } from "./slope.ts";

test("is the slope of a line", () => {
  const points = Array.from({ length: 50 }, (_, x) => ({ x, y: 3 * x + 7 }));
  for (const slope of Object.values(robustSlope(points))) expect(slope).toBeCloseTo(3, 9);
});

test("is not moved by a saw or by outliers, and is not sure of more than there is", () => {
  const points = Array.from({ length: 300 }, (_, x) => ({ x, y: 100 + (x % 10) }));
  points[20] = { x: 20, y: 1e9 };
  points[299] = { x: 299, y: -1e9 };
  const { median, low, high } = robustSlope(points);
  expect(Math.abs(median)).toBeLessThan(0.01);
  expect(low).toBeLessThanOrEqual(0);
  expect(high).toBeGreaterThanOrEqual(0);
});

test("is sure of a growth that noise does not hide", () => {
  const points = Array.from({ length: 12 }, (_, x) => ({ x, y: 10 * x + ((x * 7) % 5) }));
  expect(robustSlope(points).low).toBeGreaterThan(8);
});

test("takes few of very many points", () => {
  const points = Array.from({ length: 100_000 }, (_, x) => ({ x, y: x / 2 }));
  expect(robustSlope(points).median).toBeCloseTo(0.5, 9);
});

test("says nothing about a single point", () => {
  expect(robustSlope([{ x: 1, y: 1 }]).median).toBeNaN();
});
