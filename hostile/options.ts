/** The command line of `npm run hostile`. */
import { parseArgs } from "node:util";
import { type AttackName, attackNames, attackOf } from "./attacks/index.ts";

export interface HostileOptions {
  readonly attacks: readonly AttackName[];
  readonly rounds: number;
  readonly windowSeconds: number;
  readonly strength: number;
  /** Writes results, picture and the table in the docs. */
  readonly writes: boolean;
}

export const help: string = `npm run hostile -- [options]

  --attacks A,B,…   which attacks; all by default
  --rounds N        pairs of a quiet window and one under attack; 15 by default
  --seconds N       of a window; 3 by default
  --strength N      multiplies all rates and counts of the attackers; 1 by default
  --write           write hostile/results and the table in docs/hostile.md
  --list            print the attacks
`;

/**
 * Returns what to do, or the text to print instead.
 *
 * @throws TypeError or RangeError naming the option and what it accepts
 */
export function parseOptions(words: readonly string[]): HostileOptions | string {
  const { values } = parseArgs({
    args: [...words],
    options: {
      attacks: { type: "string" },
      rounds: { type: "string", default: "15" },
      seconds: { type: "string", default: "3" },
      strength: { type: "string", default: "1" },
      write: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return help;
  if (values.list) {
    return attackNames.map((name) => `${name.padEnd(22)} ${attackOf(name).about}`).join("\n");
  }
  return {
    attacks: values.attacks?.split(",").map((name) => choose(name.trim())) ?? attackNames,
    rounds: readNumber("--rounds", values.rounds, 1, 1_000),
    windowSeconds: readNumber("--seconds", values.seconds, 0.5, 600),
    strength: readNumber("--strength", values.strength, 0.01, 100),
    writes: values.write,
  };
}

function readNumber(name: string, text: string, low: number, high: number): number {
  const number = Number(text);
  if (number >= low && number <= high) return number;
  throw new RangeError(`${name} accepts a number from ${low} to ${high}, not "${text}"`);
}

function choose(text: string): AttackName {
  const found = attackNames.find((name) => name === text);
  if (found !== undefined) return found;
  throw new RangeError(`--attacks accepts ${attackNames.join(", ")}; not "${text}"`);
}
