import type { AttackName } from "./attacks/index.ts";
import { attackOf } from "./attacks/index.ts";
import type { TransportName } from "./clients/main.ts";
import { type AttackResult, countsOf, isBack, type RunOptions, type Window } from "./run/run.ts";
import type { Vitals } from "./server/main.ts";
import { median, quantile } from "./statistics.ts";

/** What an attack did to those of one transport who behave. */
export interface Harm {
  /** The 99th of 100 echoes: the median over the quiet windows, and over those under attack. */
  readonly quietMs: number;
  readonly attackedMs: number;
  /** The median over the pairs of windows: what slows the machine slows both of a pair. */
  readonly ratio: number;
  /** Of each pair. */
  readonly ratios: readonly number[];
  readonly echoes: number;
}

/** What is said of an attack. */
export interface Verdict {
  readonly name: AttackName;
  readonly about: string;
  readonly harm: Readonly<Record<TransportName, Harm>>;
  /** Share of one processor that the server took, quiet and attacked; medians over the windows. */
  readonly quietLoad: number;
  readonly attackedLoad: number;
  readonly attackerLoad: number;
  /** From the first attack that counts to the last. */
  readonly grownBytes: number;
  readonly tally: Readonly<Record<string, number>>;
  /** Whatever must not be, in words; none if all is well. */
  readonly wrongs: readonly string[];
}

/** What may be left behind in memory: caches, pools, code that has become hot. */
const LEFT_BEHIND_BYTES = 8_000_000;

export function verdictOf(result: AttackResult, { pollers }: RunOptions): Verdict {
  const { name, pairs, before, after, tally } = result;
  const load = (pick: (pair: AttackResult["pairs"][number]) => number): number =>
    median(pairs.map(pick));
  return {
    name,
    about: attackOf(name).about,
    harm: { websocket: harmOf(result, "websocket"), polling: harmOf(result, "polling") },
    quietLoad: load(({ quiet }) => quiet.serverLoad),
    attackedLoad: load(({ attacked }) => attacked.serverLoad),
    attackerLoad: load(({ attackerLoad }) => attackerLoad),
    grownBytes: after.memoryBytes - before.memoryBytes,
    tally,
    wrongs: [...wrongsOf(result), ...leftBehind(before, after, pollers)],
  };
}

function harmOf({ pairs }: AttackResult, transport: TransportName): Harm {
  const p99 = ({ seen }: Window): number => quantile(seen[transport].latenciesMs, 0.99);
  const ratios = pairs.map(({ quiet, attacked }) => p99(attacked) / p99(quiet));
  return {
    quietMs: median(pairs.map(({ quiet }) => p99(quiet))),
    attackedMs: median(pairs.map(({ attacked }) => p99(attacked))),
    ratio: median(ratios),
    ratios,
    echoes: pairs.reduce((sum, pair) => sum + pair.attacked.seen[transport].latenciesMs.length, 0),
  };
}

function wrongsOf({ pairs, disconnects, after }: AttackResult): string[] {
  const windows = pairs.flatMap(({ quiet, attacked }) => [quiet, attacked]);
  const lost = windows.reduce((sum, { seen }) => sum + seen.websocket.lost + seen.polling.lost, 0);
  return [
    ...disconnects.map((reason) => `a client that behaves was cut off: ${reason}`),
    ...(lost > 0 ? [`${lost} echoes did not come`] : []),
    ...after.unhandled.map((error) => `unhandled: ${error}`),
  ];
}

/** What has not come back to where it was. */
function leftBehind(before: Vitals, after: Vitals, pollers: number): string[] {
  const wrongs: string[] = [];
  if (!isBack(after, before, pollers)) {
    const then = JSON.stringify(countsOf(before));
    wrongs.push(`left behind: ${JSON.stringify(countsOf(after))} where there was ${then}`);
  }
  const grownBytes = after.memoryBytes - before.memoryBytes;
  if (grownBytes > LEFT_BEHIND_BYTES) wrongs.push(`memory grew by ${grownBytes} bytes`);
  return wrongs;
}
