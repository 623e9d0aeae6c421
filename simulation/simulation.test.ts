/**
 * The real server in worlds that a seed makes: some thousands of them, others each time.
 *
 * `OPENLINE_SIMULATION_SEED=<number>` runs the same again; the seed is printed.
 */
import { describe, expect, test } from "vitest";
import { newSeed, readSeed } from "../tools/command-line.ts";
import { describeFailure } from "./report.ts";
import { type RunResult, run } from "./run.ts";

const given = process.env.OPENLINE_SIMULATION_SEED;
const firstSeed = given === undefined ? newSeed() : readSeed(given, "OPENLINE_SIMULATION_SEED");
const STEPS = 600;
/** Worlds of each kind: on a quiet machine, all of them take half a minute. */
const WORLDS = 1_000;

process.stdout.write(`OPENLINE_SIMULATION_SEED=${firstSeed}\n`);

/** Runs worlds of every other seed; returns what they had in sum. */
async function runAll(
  isLive: boolean,
): Promise<Omit<RunResult, "seed" | "hash" | "failure" | "trace">> {
  const sum = { steps: 0, processes: 0, sessions: 0, checks: 0, acknowledged: 0 };
  for (let index = 0; index < WORLDS; index += 1) {
    const seed = ((firstSeed & ~1) + index * 2 + (isLive ? 1 : 0)) >>> 0;
    const result = await run({ seed, steps: STEPS });
    if (result.failure !== null) expect.fail(describeFailure(result, STEPS));
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += result[name];
  }
  return sum;
}

describe("nothing is lost, nothing twice, all in order", () => {
  test("with faults to the end", { timeout: 300_000 }, async () => {
    const sum = await runAll(false);
    // It is no proof if nothing happens.
    expect(sum.checks).toBeGreaterThan(WORLDS * 3);
    expect(sum.processes).toBeGreaterThan(WORLDS);
  });

  test("and everybody gets everything once the faults end", { timeout: 300_000 }, async () => {
    const sum = await runAll(true);
    expect(sum.checks).toBeGreaterThan(WORLDS * 20);
    expect(sum.acknowledged).toBeGreaterThan(WORLDS * 10);
  });
});

test("a seed makes the same world again, to the last step", async () => {
  for (let index = 0; index < 20; index += 1) {
    const seed = (firstSeed + index) >>> 0;
    const once = await run({ seed, steps: STEPS });
    const again = await run({ seed, steps: STEPS });
    expect(again, `seed ${seed}`).toEqual(once);
    expect((await run({ seed: (seed + 1) >>> 0, steps: STEPS })).hash).not.toBe(once.hash);
  }
});
