/**
 * Harms a server in all ways, and checks that nothing is lost: `npm run chaos`.
 * docs/reliability.md tells how.
 */
import { appendFileSync, writeFileSync } from "node:fs";
import { check } from "./checker/check.ts";
import { parseOptions } from "./options.ts";
import { makePlan } from "./plan/plan.ts";
import { createProgress } from "./progress.ts";
import { describeReport, isClean, makeReport, type Round } from "./report.ts";
import { run } from "./run/run.ts";
import { traceOf } from "./trace.ts";

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(words: readonly string[]): Promise<number> {
  const options = parseOptions(words);
  if (typeof options === "string") {
    say(options);
    return 0;
  }
  say(`--seed ${options.seed}`);
  const rounds: Round[] = [];
  const count = Math.ceil(options.seconds / options.roundSeconds);
  for (let index = 0; index < count; index += 1) {
    const seed = (options.seed + index) >>> 0;
    const seconds = options.roundSeconds;
    const plan = makePlan({ ...options, seed, seconds });
    const progress = createProgress(`round ${index + 1} of ${count}, seed ${seed}`);
    const { history, deeds, ...result } = await run(plan, {
      ...options,
      onProgress: progress.show,
    });
    progress.end();
    const verdict = check(history);
    rounds.push({ seed, seconds, result, verdict });
    if (options.trace !== null && verdict.anomalies.length > 0) {
      appendFileSync(options.trace, `seed ${seed}\n${traceOf(history, deeds, verdict)}`);
    }
  }
  const report = makeReport(options, rounds);
  say(describeReport(report));
  if (options.json !== null) {
    writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  return isClean(report) ? 0 : 1;
}

// Disks that were mounted are let go when the process exits.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

process.exitCode = await main(process.argv.slice(2));
