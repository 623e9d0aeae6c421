/**
 * The short mode: all faults for some seconds, with other seeds each time; and each planted bug,
 * which has to be found.
 *
 * `OPENLINE_CHAOS_SEED=<number>` tries the same plans again; the seed is printed.
 */
import { expect, it } from "vitest";
import { newSeed, readSeed } from "../tools/command-line.ts";
import { check, type Verdict } from "./checker/check.ts";
import { type BugName, bugNames } from "./plan/bugs.ts";
import { type FaultName, faultNames } from "./plan/faults.ts";
import { makePlan } from "./plan/plan.ts";
import { type RunResult, run } from "./run/run.ts";
import type { ServerName } from "./server/control.ts";

const given = process.env.OPENLINE_CHAOS_SEED;
const seed = given === undefined ? newSeed() : readSeed(given, "OPENLINE_CHAOS_SEED");
const timeoutMs = 240_000;

process.stdout.write(`OPENLINE_CHAOS_SEED=${seed}\n`);

interface Short {
  readonly seed: number;
  readonly seconds: number;
  readonly faults?: readonly FaultName[];
  readonly server?: ServerName;
  readonly plant?: BugName;
}

async function runShort(short: Short): Promise<{ verdict: Verdict; result: RunResult }> {
  const { faults = faultNames, server = "openline", plant = null, seconds } = short;
  const plan = makePlan({
    seed: short.seed >>> 0,
    seconds,
    subscribers: 24,
    rate: 80,
    faults,
    server,
  });
  const result = await run(plan, { server, plant, onProgress: () => {} });
  return { verdict: check(result.history), result };
}

/** What is wrong, as a report has it. */
function wrongs({ verdict, result }: { verdict: Verdict; result: RunResult }): readonly unknown[] {
  return [...verdict.anomalies, ...result.crashes];
}

it.each([0, 1, 2])(
  "loses nothing under all faults, seed + %i",
  async (index) => {
    const outcome = await runShort({ seed: seed + index, seconds: 20 });
    expect(wrongs(outcome), `OPENLINE_CHAOS_SEED=${seed}`).toEqual([]);
    // It would also be clean if nothing had happened.
    expect(outcome.verdict.deliveries).toBeGreaterThan(1000);
    expect(outcome.verdict.recovered).toBeGreaterThan(20);
    expect(Object.keys(outcome.result.faults).length).toBeGreaterThan(8);
  },
  timeoutMs,
);

it(
  "loses nothing that pages have read and published which are loaded again",
  async () => {
    const faults = ["reload-page", "second-page", "half-open", "kill"] as const;
    const outcome = await runShort({ seed, seconds: 15, faults });
    expect(wrongs(outcome), `OPENLINE_CHAOS_SEED=${seed}`).toEqual([]);
    expect(outcome.verdict.resumed).toBeGreaterThan(0);
  },
  timeoutMs,
);

interface Finding {
  /** These have to be among what is found. */
  readonly names: readonly string[];
  readonly faults: readonly FaultName[];
  readonly seconds?: number;
}

const harm = ["kill", "reset"] as const;

const findings: Readonly<Record<BugName, Finding>> = {
  drop: { names: ["I6 poll skip"], faults: harm },
  swap: { names: ["I6 nonmonotonic poll"], faults: harm },
  duplicate: { names: ["I6 duplicate"], faults: harm },
  "reused-offset": { names: ["I10 inconsistent offset"], faults: harm },
  "false-gap": { names: ["I8 false gap"], faults: harm },
  "early-acknowledgement": { names: ["I1 lost write"], faults: harm },
  // Each page begins a session anew once, whatever the faults.
  "client-repeat": { names: ["I6 duplicate"], faults: [] },
  "client-drop": { names: ["I6 poll skip"], faults: ["second-page"], seconds: 12 },
  "client-forget": { names: ["I1 lost write"], faults: ["reload-page"], seconds: 12 },
  "client-rename": { names: ["I1 duplicate"], faults: ["reload-page"], seconds: 12 },
};

it.each(bugNames)(
  "finds the planted bug: %s",
  async (plant) => {
    const { names, ...how } = findings[plant];
    const outcome = await runShort({ seed, seconds: 7, plant, ...how });
    const found = outcome.verdict.anomalies.map(({ invariant, name }) => `${invariant} ${name}`);
    expect(found, `OPENLINE_CHAOS_SEED=${seed}`).toEqual(expect.arrayContaining([...names]));
  },
  timeoutMs,
);

it(
  "shows what stock Socket.IO loses",
  async () => {
    const faults = ["kill", "half-open"] as const;
    const outcome = await runShort({ seed, seconds: 8, faults, server: "socket.io" });
    const names = outcome.verdict.anomalies.map(({ invariant, name }) => `${invariant} ${name}`);
    expect(names, `OPENLINE_CHAOS_SEED=${seed}`).toContain("I6 poll skip");
  },
  timeoutMs,
);
