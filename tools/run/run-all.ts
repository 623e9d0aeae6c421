import { readFileSync } from "node:fs";
import { type Display, formatDuration, formatTable, formatTally } from "./display.ts";
import { defaultLogFolder, logFileOf, type Outcome, runStep, type Step } from "./step.ts";
import { sum, tallyOfCommand } from "./tally.ts";

/** Where a run shows what it does, and keeps what its steps print. */
export interface RunOptions {
  readonly display: Display;
  /** Takes whole lines. */
  readonly print: (line: string) => void;
  readonly logFolder?: string;
}

/**
 * Runs steps one after another, prints the whole output of each that fails, then a table of all,
 * then as the very last line the sum: `N passed, N failed`.
 *
 * A step that fails does not keep the others from being run, unless they come `after` it.
 *
 * @returns whether everything has passed
 */
export async function runAll(steps: readonly Step[], options: RunOptions): Promise<boolean> {
  const { display, print, logFolder = defaultLogFolder } = options;
  const outcomes: Outcome[] = [];
  for (const step of steps) {
    display.begin(step.name, logFileOf(step, logFolder));
    const isBlocked = outcomes.some((o) => o.step.name === step.after && o.tally.failed > 0);
    const outcome = isBlocked ? notRun(step, logFolder) : await runStep(step, logFolder);
    outcomes.push(outcome);
    display.end(outcome.tally.failed === 0, describeOutcome(outcome));
    if (outcome.tally.failed > 0 && !isBlocked) {
      print(readFileSync(outcome.logFile, "utf8").trimEnd());
    }
  }
  const total = sum(outcomes.map((outcome) => outcome.tally));
  print(`\n${formatTable(outcomes)}\n`);
  print(formatSum(total.passed, total.failed));
  return total.failed === 0;
}

/** The line that ends every run, and that machines read. */
export function formatSum(passed: number, failed: number): string {
  return `${passed} passed, ${failed} failed`;
}

function describeOutcome({ step, tally, note, durationMs }: Outcome): string {
  const why = note ? ` (${note})` : "";
  return `${step.name}  ${formatTally(tally)}${why}  ${formatDuration(durationMs)}`;
}

function notRun(step: Step, logFolder: string): Outcome {
  return {
    step,
    tally: tallyOfCommand(false),
    durationMs: 0,
    note: `not run, ${step.after} has failed`,
    logFile: logFileOf(step, logFolder),
  };
}
