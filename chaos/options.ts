/** The command line of `npm run chaos`. */
import { parseArgs } from "node:util";
import { newSeed, readSeed, readWhole } from "../tools/command-line.ts";
import { type BugName, bugNames, bugs } from "./plan/bugs.ts";
import { type FaultName, faultNames, faultOf } from "./plan/faults.ts";
import { type ServerName, serverNames } from "./server/control.ts";

export interface ChaosOptions {
  /** In all. */
  readonly seconds: number;
  /** Of each round, which begins with an empty log; they share `seconds`. */
  readonly roundSeconds: number;
  readonly seed: number;
  readonly faults: readonly FaultName[];
  readonly server: ServerName;
  readonly subscribers: number;
  readonly rate: number;
  readonly plant: BugName | null;
  /** Where the report is written as JSON. */
  readonly json: string | null;
  /** What befell those with anomalies is added to it. */
  readonly trace: string | null;
}

export const help: string = `npm run chaos -- [options]

Harms a server and its clients in all ways, and checks that nothing is lost. The clients are stock
socket.io-client on WebSocket and on polling, one that speaks the protocol by hand, and channels of
@openline/client with an outbox and a store, whose pages are loaded again amid everything.

  --seconds N        how long in all; 60 by default
  --round N          seconds of a round, which begins with an empty log; 60 by default
  --seed N           the seed of the first round's plan, the next one has the next seed; another one
                     each time by default
  --faults A,B,…     which faults; all by default
  --server NAME      ${serverNames.join(" or ")}; ${serverNames[0]} by default
  --subscribers N    50 by default
  --rate N           messages a second; 100 by default
  --plant BUG        plant a bug in the server, or in our own client, which has to be found
  --json FILE        write the report there, too
  --trace FILE       add all to it that befell those with anomalies
  --list             print the faults and the bugs
`;

/**
 * Returns what to do, or the text to print instead.
 *
 * @throws TypeError or RangeError naming the option and what it accepts
 */
export function parseOptions(words: readonly string[]): ChaosOptions | string {
  const { values } = parseArgs({
    args: [...words],
    options: {
      seconds: { type: "string", default: "60" },
      round: { type: "string", default: "60" },
      seed: { type: "string" },
      faults: { type: "string" },
      server: { type: "string", default: "openline" },
      subscribers: { type: "string", default: "50" },
      rate: { type: "string", default: "100" },
      plant: { type: "string" },
      json: { type: "string" },
      trace: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return help;
  if (values.list) return listAll();
  const seconds = readWhole(values.seconds, "--seconds", 1, 7 * 86_400);
  return {
    seconds,
    roundSeconds: Math.min(seconds, readWhole(values.round, "--round", 1, 3600)),
    seed: values.seed === undefined ? newSeed() : readSeed(values.seed, "--seed"),
    faults:
      values.faults === undefined
        ? faultNames
        : values.faults.split(",").map((name) => choose("--faults", name.trim(), faultNames)),
    server: choose("--server", values.server, serverNames),
    subscribers: readWhole(values.subscribers, "--subscribers", 1, 2000),
    rate: readWhole(values.rate, "--rate", 1, 100_000),
    plant: values.plant === undefined ? null : choose("--plant", values.plant, bugNames),
    json: values.json ?? null,
    trace: values.trace ?? null,
  };
}

function choose<Name extends string>(option: string, text: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  throw new RangeError(`${option} accepts ${names.join(", ")}; not "${text}"`);
}

function listAll(): string {
  const lines = faultNames.map((name) => `  ${name.padEnd(22)} ${faultOf(name).about}`);
  const others = bugNames.map((name) => `  ${name.padEnd(22)} ${bugs[name]}`);
  return ["faults", ...lines, "", "bugs", ...others].join("\n");
}
