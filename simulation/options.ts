/** The command line of `npm run simulation`. */
import { parseArgs } from "node:util";

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
  const { seed } = values;
  return {
    seed: seed === undefined ? newSeed() : readSeed(seed, "--seed"),
    seeds: readCount(values.seeds, "--seeds", seed === undefined ? defaultSeeds : 1),
    steps: readCount(values.steps, "--steps", defaultSteps),
  };
}

export function newSeed(): number {
  return Math.floor(Math.random() * 0x1_0000_0000);
}

/** @throws RangeError naming where the text came from */
export function readSeed(text: string, name: string): number {
  const seed = Number(text);
  if (Number.isInteger(seed) && seed >= 0 && seed <= 0xffff_ffff) return seed;
  throw new RangeError(`${name} accepts a whole number from 0 to ${0xffff_ffff}, not "${text}"`);
}

function readCount(text: string | undefined, name: string, byDefault: number): number {
  const count = text === undefined ? byDefault : Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new RangeError(`${name} accepts a whole number from 1 up, not "${text}"`);
}
