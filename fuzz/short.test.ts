/**
 * The short mode: every target for about a second, with another seed each time.
 *
 * `OPENLINE_FUZZ_SEED=<number>` tries the same again; the seed is printed.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { newSeed, readSeed } from "../tools/command-line.ts";
import { fuzz, tryInput } from "./engine/fuzzer.ts";
import { hex } from "./engine/target.ts";
import { describeFinding } from "./report.ts";
import { targets } from "./targets/index.ts";

const given = process.env.OPENLINE_FUZZ_SEED;
const seed = given === undefined ? newSeed() : readSeed(given, "OPENLINE_FUZZ_SEED");
const regressions = join(import.meta.dirname, "regressions");
const findings = join(import.meta.dirname, "..", ".cache", "fuzz", "findings");

process.stdout.write(`OPENLINE_FUZZ_SEED=${seed}\n`);

afterAll(async () => {
  for (const target of targets) await target.close?.();
});

/** Files are named `<target>.<what happened>.hex`. */
function regressionsOf(name: string): string[] {
  return readdirSync(regressions).filter((file) => file.startsWith(`${name}.`));
}

it("has a target for every input that once failed", () => {
  const names = targets.map(({ name }) => name);
  for (const file of readdirSync(regressions)) expect(names).toContain(file.split(".")[0]);
});

describe.each(targets)("$name", (target) => {
  it.each([...regressionsOf(target.name)])("holds for %s, which once failed", async (file) => {
    const input = hex(readFileSync(join(regressions, file), "utf8"));
    expect(await tryInput(target, input)).toBe(null);
  });

  it("holds for what is known, generated and mutated", async () => {
    const { executions, finding } = await fuzz(target, {
      seed,
      // What a target tells guides well enough for a second; see docs/fuzzing.md.
      coverage: null,
      batchSize: 32,
      isOver: (status) => status.executions >= target.shortExecutions,
    });
    if (finding !== null) {
      expect.fail(`${describeFinding(finding, findings)}\n  OPENLINE_FUZZ_SEED=${seed}`);
    }
    expect(executions).toBeGreaterThanOrEqual(target.shortExecutions);
  });
});
