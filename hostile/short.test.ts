/**
 * The short mode: each attack for some seconds. How much slower those who behave become is held to a bound
 * that a busy machine does not break; `npm run hostile` tells the figure.
 */
import { describe, expect, it } from "vitest";
import { attackNames } from "./attacks/index.ts";
import { type RunOptions, runAttack } from "./run/run.ts";
import { verdictOf } from "./verdict.ts";

/** Of the medians of three pairs of windows of one second, on a machine that does other things, too. */
const MAX_RATIO = 20;

const options: RunOptions = {
  rounds: 3,
  windowSeconds: 1,
  websockets: 30,
  pollers: 8,
  perSecond: 10,
  strength: 0.5,
  // Those who are silent are let go sooner, so that it is seen.
  server: { pingIntervalMs: 2_000, pingTimeoutMs: 2_000 },
};

describe.each(attackNames)("%s", (name) => {
  it("harms nobody beside it, and leaves nothing behind", async () => {
    const verdict = verdictOf(await runAttack(name, options), options);
    expect(verdict.wrongs).toEqual([]);
    for (const harm of Object.values(verdict.harm)) {
      expect(harm.echoes).toBeGreaterThan(100);
      expect(harm.ratio).toBeLessThan(MAX_RATIO);
    }
    // It would also be harmless if there had been none.
    expect(Object.values(verdict.tally).reduce((sum, times) => sum + times, 0)).toBeGreaterThan(50);
  }, 200_000);
});
