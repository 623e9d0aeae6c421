/** The command line of `npm run bench`. */
import { parseArgs } from "node:util";
import { type ContenderName, type Level, levelNames, levels } from "./levels.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

export interface BenchOptions {
  /** Those that the chosen scenarios are of. */
  readonly levels: readonly Level[];
  readonly scenarios: readonly Scenario[];
  /** Of the chosen levels. */
  readonly servers: readonly ContenderName[];
  readonly rounds: number;
  readonly isQuick: boolean;
  /** The Node that runs the servers. */
  readonly nodePath: string;
  /** Where to put the results beside bench/results/. */
  readonly jsonFile?: string;
}

const contenderNames: readonly ContenderName[] = [
  ...new Set(levelNames.flatMap((level) => levels[level].contenders)),
];

export const help: string = `npm run bench -- [options]

  --level LEVEL    ${levelNames.join(" or ")}; both by default
  --only NAMES     scenarios by name, or all whose name starts with one of NAMES
  --servers NAMES  ${contenderNames.join(", ")}; all by default
  --rounds N       windows for each server and scenario: 7 by default, at least 5 for a result
  --quick          3 short rounds, to see whether everything works
  --node PATH      the Node that runs the servers; the one that runs the bench by default
  --json FILE      write the results there instead of bench/results/
  --list           print the scenarios and their goals
`;

const defaultRounds = 7;
const quickRounds = 3;
const maxRounds = 1000;

function split(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}

function chooseServers(text: string | undefined): readonly ContenderName[] {
  if (text === undefined) return contenderNames;
  const chosen = split(text);
  for (const name of chosen) {
    if (!(contenderNames as readonly string[]).includes(name)) {
      throw new RangeError(`--servers accepts ${contenderNames.join(", ")}, not "${name}"`);
    }
  }
  return contenderNames.filter((name) => chosen.includes(name));
}

function chooseLevel(text: string | undefined): readonly Scenario[] {
  if (text === undefined) return scenarios;
  const level = levelNames.find((name) => name === text);
  if (level !== undefined) return scenarios.filter((scenario) => scenario.level === level);
  throw new RangeError(`--level accepts ${levelNames.join(" or ")}, not "${text}"`);
}

function chooseScenarios(
  scenarios: readonly Scenario[],
  text: string | undefined,
): readonly Scenario[] {
  if (text === undefined) return scenarios;
  // A whole name means that scenario alone, though others may begin with it.
  const chosenBy = (word: string): Scenario[] => {
    const exact = scenarios.filter(({ name }) => name === word);
    return exact.length > 0 ? exact : scenarios.filter(({ name }) => name.startsWith(word));
  };
  const words = split(text).flatMap(chosenBy);
  const chosen = scenarios.filter((scenario) => words.includes(scenario));
  if (chosen.length > 0) return chosen;
  const names = scenarios.map(({ name }) => name).join(", ");
  throw new RangeError(`--only accepts the beginnings of ${names}; not "${text}"`);
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
export function parseOptions(words: readonly string[]): BenchOptions | string {
  const { values } = parseArgs({
    args: [...words],
    options: {
      level: { type: "string" },
      only: { type: "string" },
      servers: { type: "string" },
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      node: { type: "string" },
      json: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return help;
  const ofLevel = chooseLevel(values.level);
  if (values.list) return ofLevel.map(describeScenario).join("\n");
  const chosen = chooseScenarios(ofLevel, values.only);
  return {
    levels: levelNames.filter((level) => chosen.some((scenario) => scenario.level === level)),
    scenarios: chosen,
    servers: chooseServers(values.servers),
    rounds: chooseRounds(values.rounds, values.quick),
    isQuick: values.quick,
    nodePath: values.node ?? process.execPath,
    ...(values.json === undefined ? {} : { jsonFile: values.json }),
  };
}

function describeScenario(scenario: Scenario): string {
  const goals = scenario.goals.map((goal) => `≤ ${goal.atMost} × ${goal.against}`).join(", ");
  return `${scenario.name.padEnd(16)} ${scenario.title}; goal ${goals}`;
}
