import { expect, test } from "vitest";
import { newSeed, readSeed, readWhole } from "./command-line.ts";

test("a new seed is one that can be given again", () => {
  for (let times = 0; times < 100; times += 1) {
    const seed = newSeed();
    expect(readSeed(String(seed), "--seed")).toBe(seed);
  }
});

test.each(["0", "4294967295", "17"])("reads the seed %s", (text) => {
  expect(readSeed(text, "--seed")).toBe(Number(text));
});

test.each(["-1", "4294967296", "1.5", "x", ""])("refuses the seed '%s' by name", (text) => {
  expect(() => readSeed(text, "SEED")).toThrow(RangeError);
  expect(() => readSeed(text, "SEED")).toThrow(`SEED accepts a whole number from 0 to 4294967295`);
});

test("both ends of what is accepted are", () => {
  expect([readWhole("2", "--n", 2, 5), readWhole("5", "--n", 2, 5)]).toEqual([2, 5]);
  expect(() => readWhole("1", "--n", 2, 5)).toThrow(
    '--n accepts a whole number from 2 to 5, not "1"',
  );
  expect(() => readWhole("6", "--n", 2, 5)).toThrow(RangeError);
});
