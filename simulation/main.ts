/**
 * Runs the real server in simulated worlds: `npm run simulation`. docs/simulation.md tells how.
 */
import { parseOptions } from "./options.ts";
import { createProgress } from "./progress.ts";
import { describeFailure } from "./report.ts";
import { run } from "./run.ts";

async function main(words: readonly string[]): Promise<number> {
  const options = parseOptions(words);
  if (typeof options === "string") {
    process.stdout.write(options);
    return 0;
  }
  const { seed: first, seeds, steps } = options;
  const progress = createProgress(seeds);
  for (let index = 0; index < seeds; index += 1) {
    const result = await run({ seed: (first + index) >>> 0, steps });
    progress.add(result);
    if (result.failure !== null) {
      progress.end();
      process.stdout.write(`${describeFailure(result, steps)}\n`);
      return 1;
    }
  }
  progress.end();
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
