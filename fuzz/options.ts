/** The command line of `npm run fuzz`. */
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { newSeed, readSeed } from "../tools/command-line.ts";
import { hex, type Target } from "./engine/target.ts";

export interface FuzzCommand {
  readonly targets: readonly Target[];
  /** For each target. */
  readonly minutes: number;
  readonly seed: number;
  /** Try this one alone. */
  readonly input?: Uint8Array;
}

export const help: string = `npm run fuzz -- [options]

  --target NAME    one target, or several between commas; all by default
  --minutes N      how long for each target; 1 by default
  --seed N         the seed of the random numbers; another one each time by default
  --input HEX      try this input alone, or those bytes that a .hex file holds
  --list           print the targets and what they check
`;

const maxMinutes = 24 * 60;

/**
 * Returns what to do, or the text to print instead.
 *
 * @throws TypeError or RangeError naming the option and what it accepts
 */
export function parseOptions(
  words: readonly string[],
  targets: readonly Target[],
): FuzzCommand | string {
  const { values } = parseArgs({
    args: [...words],
    options: {
      target: { type: "string" },
      minutes: { type: "string" },
      seed: { type: "string" },
      input: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return help;
  if (values.list)
    return targets.map(({ name, about }) => `${name.padEnd(16)} ${about}`).join("\n");
  const minutes = Number(values.minutes ?? 1);
  if (!(minutes > 0 && minutes <= maxMinutes)) {
    throw new RangeError(`--minutes accepts a number up to ${maxMinutes}, not "${values.minutes}"`);
  }
  const chosen = chooseTargets(values.target, targets);
  if (values.input !== undefined && chosen.length !== 1) {
    throw new RangeError("--input needs --target: one input is for one target");
  }
  return {
    targets: chosen,
    minutes,
    seed: values.seed === undefined ? newSeed() : readSeed(values.seed, "--seed"),
    ...(values.input === undefined ? {} : { input: readInput(values.input) }),
  };
}

function chooseTargets(text: string | undefined, targets: readonly Target[]): readonly Target[] {
  if (text === undefined) return targets;
  return text.split(",").map((name) => {
    const target = targets.find((each) => each.name === name.trim());
    if (target !== undefined) return target;
    const names = targets.map((each) => each.name).join(", ");
    throw new RangeError(`--target accepts ${names}; not "${name}"`);
  });
}

function readInput(text: string): Uint8Array {
  if (existsSync(text)) return hex(readFileSync(text, "utf8"));
  if (/^([0-9a-f]{2}|\s)*$/i.test(text)) return hex(text);
  throw new RangeError(`--input accepts bytes in hex or a file of such, not "${text}"`);
}
