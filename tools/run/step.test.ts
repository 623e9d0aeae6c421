import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runStep, type Step } from "./step.ts";

const folder = mkdtempSync(join(tmpdir(), "openline-step-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function nodeStep(script: string, changes: Partial<Step> = {}): Step {
  return {
    name: "a step",
    command: [process.execPath, "--eval", script],
    timeoutMs: 20_000,
    ...changes,
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("a step", () => {
  test("that ends with 0 has passed, and its whole output is kept", async () => {
    const outcome = await runStep(nodeStep("console.log('out'); console.error('err')"), folder);
    expect(outcome.tally).toEqual({ passed: 1, failed: 0, skipped: 0 });
    expect(readFileSync(outcome.logFile, "utf8")).toBe("out\nerr\n");
  });

  test("that ends with another code has failed", async () => {
    const outcome = await runStep(nodeStep("process.exit(3)"), folder);
    expect(outcome.tally.failed).toBe(1);
  });

  test("has the environment that it asks for", async () => {
    const script = "console.log(process.env.OPENLINE_STEP, process.env.NO_COLOR)";
    const step = nodeStep(script, { environment: { OPENLINE_STEP: "yes" } });
    const outcome = await runStep(step, folder);
    expect(readFileSync(outcome.logFile, "utf8")).toBe("yes 1\n");
  });

  test("whose command does not exist has failed, and says so", async () => {
    const step: Step = { name: "nothing", command: ["/nowhere/at-all"], timeoutMs: 1000 };
    const outcome = await runStep(step, folder);
    expect(outcome.tally.failed).toBe(1);
    expect(outcome.note).toMatch("ENOENT");
  });

  test("that does not end is killed with its children", async () => {
    const script = `
      const { spawn } = require("node:child_process");
      const child = spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000)"]);
      console.log(child.pid);
      setInterval(() => {}, 1000);
    `;
    const outcome = await runStep(nodeStep(script, { timeoutMs: 1500 }), folder);
    expect(outcome.tally.failed).toBe(1);
    expect(outcome.note).toBe("killed after 1.5 s");
    const pid = Number(readFileSync(outcome.logFile, "utf8"));
    expect(pid).toBeGreaterThan(0);
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  test("that leaves a child behind ends at once, and the child is killed", async () => {
    const script = `
      const { spawn } = require("node:child_process");
      const child = spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000)"], {
        stdio: "inherit",
      });
      console.log(child.pid);
      child.unref();
    `;
    const outcome = await runStep(nodeStep(script), folder);
    expect(outcome.tally.passed).toBe(1);
    const pid = Number(readFileSync(outcome.logFile, "utf8"));
    expect(pid).toBeGreaterThan(0);
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  test("that is to run tests but leaves no report has failed", async () => {
    const outcome = await runStep(nodeStep("", { isVitest: true }), folder);
    expect(outcome.tally).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test("is not saved by the report of an earlier run", async () => {
    const step = nodeStep("", { name: "stale", isVitest: true });
    const green = { numPassedTests: 5, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
    writeFileSync(join(folder, "stale.json"), JSON.stringify({ ...green, testResults: [] }));
    expect((await runStep(step, folder)).tally.failed).toBe(1);
  });
});
