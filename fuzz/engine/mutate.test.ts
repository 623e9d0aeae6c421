import { expect, test } from "vitest";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import { bytesOf } from "./target.ts";

const material = {
  dictionary: ["one", "two"].map(bytesOf),
  other: bytesOf("something else"),
  maxBytes: 60,
};

test("a mutation is a copy, no longer than it may be, and another one most of the time", () => {
  const input = bytesOf("0123456789");
  const random = new Random(1);
  const outputs = new Set<string>();
  for (let round = 0; round < 2000; round += 1) {
    const output = mutate(input, random, material);
    expect(output.length).toBeLessThanOrEqual(material.maxBytes);
    outputs.add(Buffer.from(output).toString("hex"));
  }
  expect(input).toEqual(bytesOf("0123456789"));
  expect(outputs.size).toBeGreaterThan(1500);
});

test("nothing can be mutated, too", () => {
  const random = new Random(2);
  for (let round = 0; round < 500; round += 1) {
    expect(mutate(new Uint8Array(0), random, material).length).toBeLessThanOrEqual(60);
  }
});

test("a seed makes the same mutations again", () => {
  const run = (seed: number): string => {
    const random = new Random(seed);
    const outputs = Array.from({ length: 50 }, () => mutate(bytesOf("abc"), random, material));
    return outputs.map((output) => Buffer.from(output).toString("hex")).join();
  };
  expect(run(7)).toBe(run(7));
  expect(run(7)).not.toBe(run(8));
});
