import { expect, test } from "vitest";
import { median, quantile, summarize } from "./statistics.ts";

test("the median of an even count lies between the two in the middle", () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test("the median sorts by value, not by spelling", () => {
  expect(median([10, 9, 100])).toBe(10);
});

test("one wild value moves neither the median nor the middle half far", () => {
  expect(summarize([10, 11, 10, 12, 900])).toEqual({ median: 11, low: 10, high: 12 });
});

test("quantiles between two values are taken by proportion", () => {
  expect(quantile([0, 10], 0.25)).toBe(2.5);
});

test("no values have no median", () => {
  expect(median([])).toBeNaN();
});
