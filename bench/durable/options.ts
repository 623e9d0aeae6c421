/** The command line of `npm run bench:durable`. */
import { parseArgs } from "node:util";

export const measureNames = ["ephemeral", "fan-out", "acknowledged", "storm", "recovery"] as const;

export type MeasureName = (typeof measureNames)[number];

export interface DurableOptions {
  readonly measures: readonly MeasureName[];
  readonly rounds: number;
  readonly isQuick: boolean;
  readonly isLong: boolean;
  /** Where to put the results instead of bench/results/. */
  readonly jsonFile?: string;
}

export const help: string = `npm run bench:durable -- [options]

  --only NAMES  of ${measureNames.join(", ")}
  --rounds N    windows for each setting: 7 by default, at least 5 for a result
  --quick       2 short rounds with fewer clients, to see whether everything works
  --long        recovery from a log of 10,000,000 messages, too: some minutes and 2 GB more
  --json FILE   write the results there instead of bench/results/
`;

const defaultRounds = 7;
const quickRounds = 2;
const maxRounds = 1000;

function chooseMeasures(text: string | undefined): readonly MeasureName[] {
  if (text === undefined) return measureNames;
  const chosen = text.split(",").map((part) => part.trim());
  const names: readonly string[] = measureNames;
  for (const name of chosen) {
    if (!names.includes(name)) {
      throw new RangeError(`--only accepts ${measureNames.join(", ")}, not "${name}"`);
    }
  }
  return measureNames.filter((name) => chosen.includes(name));
}

function chooseRounds(text: string | undefined, isQuick: boolean): number {
  if (text === undefined) return isQuick ? quickRounds : defaultRounds;
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= maxRounds) return rounds;
  throw new RangeError(`--rounds accepts a whole number from 1 to ${maxRounds}, not "${text}"`);
}

/**
 * Returns what to do, or the text to print instead.
 *
 * @throws TypeError or RangeError naming the option and what it accepts
 */
export function parseOptions(words: readonly string[]): DurableOptions | string {
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: { type: "string" },
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      long: { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return help;
  return {
    measures: chooseMeasures(values.only),
    rounds: chooseRounds(values.rounds, values.quick),
    isQuick: values.quick,
    isLong: values.long,
    ...(values.json === undefined ? {} : { jsonFile: values.json }),
  };
}
