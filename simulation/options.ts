/** The command line of `npm run simulation`. */
import { parseArgs } from "node:util";
import { newSeed, readSeed, readWhole } from "../tools/command-line.ts";

export interface SimulationCommand {
  /** The first of `seeds`. */
  readonly seed: number;
  readonly seeds: number;
  /** Of each world, before it is healed or over. */
  readonly steps: number;
}

export const help: string = `npm run simulation -- [options]

  --seed N    the first seed; another one each time by default. An even one has faults to the end;
              of an odd one the faults end, and everybody must get everything.
  --seeds N   how many worlds; 1 with --seed, else 10,000
  --steps N   how long each of them is; 600 by default
`;

export const defaultSteps = 600;
const defaultSeeds = 10_000;
const maxCount = 1_000_000_000;

/**
 * Returns what to do, or the text to print instead.
 *
 * @throws TypeError or RangeError naming the option and what it accepts
 */
export function parseOptions(words: readonly string[]): SimulationCommand | string {
  const { values } = parseArgs({
    args: [...words],
    options: {
      seed: { type: "string" },
      seeds: { type: "string" },
      steps: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return help;
  const { seed, seeds, steps } = values;
  const allSeeds = seed === undefined ? defaultSeeds : 1;
  return {
    seed: seed === undefined ? newSeed() : readSeed(seed, "--seed"),
    seeds: seeds === undefined ? allSeeds : readWhole(seeds, "--seeds", 1, maxCount),
    steps: steps === undefined ? defaultSteps : readWhole(steps, "--steps", 1, maxCount),
  };
}
