import { describe, expect, test } from "vitest";
import { Random } from "./engine/random.ts";
import { concat } from "./engine/target.ts";
import { targets } from "./targets/index.ts";

/**
 * Parsers of text take time linear in its length: what made others slow was one part of a header,
 * many times over (CVE-2020-7662, CVE-2021-32640).
 */
const shortBytes = 2000;
const growthInSize = 4;
/** Past linear, with room for noise, and far from quadratic, which is 16. */
const mostGrowth = 9;
const rounds = 5;
const partsPerTarget = 40;
const leastMs = 2;
const mostLooks = 12;

/** `part` over and over, between a beginning and an end. */
function pumped(part: Uint8Array, bytes: number): Uint8Array {
  const times = Math.max(1, Math.floor(bytes / part.length));
  return concat(...Array.from({ length: times }, () => part));
}

/** Time in which this process had a processor: what others do meanwhile does not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** The quickest of some rounds, so that a busy machine does not decide. */
function quickestMs(work: (input: Uint8Array) => void, input: Uint8Array, times: number): number {
  let quickest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const startMs = cpuMs();
    for (let time = 0; time < times; time += 1) work(input);
    quickest = Math.min(quickest, cpuMs() - startMs);
  }
  return quickest;
}

function growthOf(work: (input: Uint8Array) => void, part: Uint8Array): number {
  const short = pumped(part, shortBytes);
  const long = pumped(part, shortBytes * growthInSize);
  let times = 1;
  while (times < 1 << 14 && quickestMs(work, short, times) < leastMs / 4) times *= 2;
  return quickestMs(work, long, times) / quickestMs(work, short, times);
}

const timed = targets.flatMap(({ name, work, dictionary, generate }) =>
  work === undefined ? [] : [{ name, work, dictionary, generate }],
);

describe.each(timed)("$name", ({ work, dictionary, generate }) => {
  test("takes linear time, whichever part comes many times", () => {
    const random = new Random(1);
    const generated = Array.from({ length: partsPerTarget }, () => generate(random));
    const parts = [...dictionary, ...generated].filter((part) => part.length > 0);
    for (let count = 0; count < partsPerTarget; count += 1) {
      const part = count < dictionary.length ? dictionary[count]! : random.pick(parts);
      // Noise makes one look bad, but not all of them.
      let growth = growthOf(work, part);
      for (let look = 1; look < mostLooks && growth > mostGrowth; look += 1) {
        growth = Math.min(growth, growthOf(work, part));
      }
      expect(growth, Buffer.from(part).toString("latin1")).toBeLessThan(mostGrowth);
    }
  });
});

test("a quadratic parser would be seen", () => {
  const quadratic = (input: Uint8Array): void => {
    let found = 0;
    for (const first of input) for (const second of input) if (first > second) found += 1;
    if (found > 0) throw new Error("all bytes are the same");
  };
  expect(growthOf(quadratic, Uint8Array.of(0x61))).toBeGreaterThan(mostGrowth);
});
