import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Display } from "./display.ts";
import { runAll } from "./run-all.ts";
import type { Step } from "./step.ts";

const logFolder = mkdtempSync(join(tmpdir(), "openline-run-"));
afterAll(() => rmSync(logFolder, { recursive: true, force: true }));

function step(name: string, script: string, after?: string): Step {
  const command = [process.execPath, "--eval", script];
  return { name, command, timeoutMs: 20_000, ...(after !== undefined && { after }) };
}

/** Runs steps and tells what was shown, in order. */
async function run(...steps: Step[]) {
  const lines: string[] = [];
  const display: Display = {
    begin: (name) => lines.push(`begin ${name}`),
    end: (isGood, text) =>
      lines.push(`${isGood ? "good" : "bad"} ${text.replace(/ {2}[^ ]+ m?s$/, "")}`),
  };
  const print = (text: string) => lines.push(...text.split("\n"));
  const hasPassed = await runAll(steps, { display, print, logFolder });
  return { hasPassed, lines };
}

test("ends with the sum as its very last line", async () => {
  const { hasPassed, lines } = await run(step("one", ""), step("two", ""));
  expect(hasPassed).toBe(true);
  expect(lines.at(-1)).toBe("2 passed, 0 failed");
});

test("prints the whole output of a step that fails, and of no other", async () => {
  const { hasPassed, lines } = await run(
    step("quiet", "console.log('nobody sees this')"),
    step("loud", "for (let i = 0; i < 2000; i++) console.log('line', i); process.exit(1)"),
    step("later", ""),
  );
  expect(hasPassed).toBe(false);
  expect(lines).not.toContain("nobody sees this");
  expect(lines).toEqual(
    expect.arrayContaining(["bad loud  0 passed, 1 failed", "good later  1 passed"]),
  );
  expect(lines.filter((line) => line.startsWith("line "))).toHaveLength(2000);
  expect(lines.at(-1)).toBe("2 passed, 1 failed");
});

test("does not run what comes after a step that has failed, and counts it as failed", async () => {
  const { lines } = await run(
    step("build", "process.exit(1)"),
    step("use", "console.log('was run')", "build"),
    step("other", ""),
  );
  expect(lines).not.toContain("was run");
  expect(lines.join("\n")).toMatch("use  0 passed, 1 failed (not run, build has failed)");
  expect(lines.at(-1)).toBe("1 passed, 2 failed");
});
