import { describe, expect, test } from "vitest";
import { sum, tallyOfCommand, tallyOfTests, type VitestReport } from "./tally.ts";

function report(passed: number, failed: number, changes: Partial<VitestReport> = {}) {
  return {
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [],
    ...changes,
  };
}

describe("the tally of a step", () => {
  test("counts a command as one", () => {
    expect(tallyOfCommand(true)).toEqual({ passed: 1, failed: 0, skipped: 0 });
    expect(tallyOfCommand(false)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test("counts a vitest run test by test", () => {
    expect(tallyOfTests(true, report(7, 0))).toEqual({ passed: 7, failed: 0, skipped: 0 });
    expect(tallyOfTests(false, report(5, 2))).toEqual({ passed: 5, failed: 2, skipped: 0 });
  });

  test("shows what was skipped", () => {
    const tally = tallyOfTests(true, report(1, 0, { numPendingTests: 2, numTodoTests: 1 }));
    expect(tally).toEqual({ passed: 1, failed: 0, skipped: 3 });
  });

  test("fails a run that left no report", () => {
    expect(tallyOfTests(true, undefined).failed).toBe(1);
  });

  test("fails a run in which no test ran", () => {
    expect(tallyOfTests(true, report(0, 0)).failed).toBe(1);
    expect(tallyOfTests(true, report(0, 0, { numPendingTests: 4 })).failed).toBe(1);
  });

  test("fails a run that ended badly though no test is blamed", () => {
    expect(tallyOfTests(false, report(9, 0))).toEqual({ passed: 9, failed: 1, skipped: 0 });
  });

  test("counts each file that did not load", () => {
    const broken = { status: "failed", assertionResults: [] };
    const tally = tallyOfTests(false, report(3, 1, { testResults: [broken, broken] }));
    expect(tally.failed).toBe(3);
  });

  test("adds up over steps", () => {
    const steps = [tallyOfCommand(true), tallyOfTests(false, report(5, 2)), tallyOfCommand(false)];
    expect(sum(steps)).toEqual({ passed: 6, failed: 3, skipped: 0 });
  });
});
