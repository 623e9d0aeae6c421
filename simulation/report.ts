import type { RunResult } from "./run.ts";

/** Lines of the trace that are shown: what led to it is mostly there. */
const SHOWN = 60;

/** What is told of a run that failed. */
export function describeFailure({ seed, failure, trace }: RunResult, steps: number): string {
  // Of a broken promise the stack says nothing; of an error of the server's it says all.
  const reason = failure?.name === "Violation" ? failure.message : failure?.stack;
  return [
    ...trace.slice(-SHOWN).map((line) => `  ${line}`),
    `${reason}`,
    `  replay: npm run simulation -- --seed ${seed} --steps ${steps}`,
  ].join("\n");
}
