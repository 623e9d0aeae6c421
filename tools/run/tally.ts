/** What a step amounts to in the sum that ends the run. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The part of vitest's JSON report (`--reporter=json`) that is counted. */
export interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly unknown[];
  }[];
}

/** A step that is no test run (lint, types, a build) counts as one. */
export function tallyOfCommand(hasSucceeded: boolean): Tally {
  return { passed: hasSucceeded ? 1 : 0, failed: hasSucceeded ? 0 : 1, skipped: 0 };
}

/**
 * Counts a vitest run by its report and its exit status, which must agree.
 *
 * What no test is blamed for still fails the step: a file that does not load, an unhandled
 * rejection, a run that was killed, a run without any test that passed.
 *
 * @param report undefined if the run left none
 */
export function tallyOfTests(hasSucceeded: boolean, report: VitestReport | undefined): Tally {
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  const passed = report.numPassedTests;
  const skipped = report.numPendingTests + report.numTodoTests;
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  ).length;
  const blamed = report.numFailedTests + broken;
  const isGreen = hasSucceeded && passed > 0 && blamed === 0;
  return { passed, failed: isGreen ? 0 : Math.max(1, blamed), skipped };
}

export function sum(tallies: readonly Tally[]): Tally {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const tally of tallies) {
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.skipped += tally.skipped;
  }
  return total;
}
