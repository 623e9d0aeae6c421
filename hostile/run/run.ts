import { setTimeout as delay } from "node:timers/promises";
import type { AttackOrder, AttackTold } from "../attackers/main.ts";
import { type AttackName, attackOf } from "../attacks/index.ts";
import type {
  ClientsOrder,
  ClientsSetup,
  ClientsTold,
  Seen,
  TransportName,
} from "../clients/main.ts";
import type { ServerSetup, ServerTold, Vitals } from "../server/main.ts";
import { Subprocess } from "./process.ts";

export interface RunOptions {
  /** Pairs of a quiet window and one under attack. */
  readonly rounds: number;
  readonly windowSeconds: number;
  readonly websockets: number;
  readonly pollers: number;
  readonly perSecond: number;
  readonly strength: number;
  readonly server?: ServerSetup;
}

/** What the good clients saw in one window, and what it took the server. */
export interface Window {
  readonly seen: Readonly<Record<TransportName, Seen>>;
  /** Of one processor. */
  readonly serverLoad: number;
}

/** A quiet window, and the one under attack behind it. */
export interface Pair {
  readonly quiet: Window;
  readonly attacked: Window;
  readonly attackerLoad: number;
  /** After the attack. */
  readonly after: Vitals;
}

export interface AttackResult {
  readonly name: AttackName;
  readonly pairs: readonly Pair[];
  /** Before the first attack; its memory is that after the first one, which is not counted. */
  readonly before: Vitals;
  /** After the last one, once all is back where it was, or that has taken too long. */
  readonly after: Vitals;
  readonly disconnects: readonly string[];
  readonly tally: Readonly<Record<string, number>>;
}

type Server = Subprocess<"vitals", ServerTold>;
type Clients = Subprocess<ClientsSetup | ClientsOrder, ClientsTold>;
type Attackers = Subprocess<AttackOrder, AttackTold>;

/**
 * How long what an attack has left behind may take to be let go: longer than a heartbeat, and than sessions
 * are kept for their clients.
 */
const SETTLE_MS = 120_000;
const LOOK_EVERY_MS = 50;

/** Runs one attack beside clients that behave, with quiet windows between. */
export async function runAttack(name: AttackName, options: RunOptions): Promise<AttackResult> {
  const setup: ServerSetup = { ...options.server, ...attackOf(name).server };
  const server: Server = new Subprocess("server/main.ts", [JSON.stringify(setup)]);
  const clients: Clients = new Subprocess("clients/main.ts");
  const attackers: Attackers = new Subprocess("attackers/main.ts");
  try {
    const { port = 0 } = await server.told();
    const { websockets, pollers, perSecond } = options;
    await clients.ask({ port, websockets, pollers, perSecond });
    return await rounds(name, port, options, { server, clients, attackers });
  } finally {
    await Promise.all([attackers.stop(), clients.stop(), server.stop()]);
  }
}

interface Processes {
  readonly server: Server;
  readonly clients: Clients;
  readonly attackers: Attackers;
}

async function rounds(
  name: AttackName,
  port: number,
  options: RunOptions,
  { server, clients, attackers }: Processes,
): Promise<AttackResult> {
  const tally: Record<string, number> = {};
  const pairs: Pair[] = [];
  const disconnects: string[] = [];
  const start = await vitals(server);
  const target = { port, strength: options.strength };
  const measure = async (): Promise<Window> => {
    const before = await vitals(server);
    const startMs = performance.now();
    clients.tell("begin");
    await delay(options.windowSeconds * 1_000);
    const { seen, disconnects: all = [] } = await clients.ask("end");
    const passedMs = performance.now() - startMs;
    const { processorMs } = await vitals(server);
    if (seen === undefined) throw new Error("the clients did not tell what they saw");
    disconnects.splice(0, Infinity, ...all);
    return { seen, serverLoad: (processorMs - before.processorMs) / passedMs };
  };
  const attack = async (): Promise<{ window: Window; attackerLoad: number }> => {
    const startMs = performance.now();
    attackers.tell({ begin: name, target });
    const window = await measure();
    const passedMs = performance.now() - startMs;
    const told = await attackers.ask({ stop: true });
    for (const [what, times] of Object.entries(told.tally))
      tally[what] = (tally[what] ?? 0) + times;
    return { window, attackerLoad: told.processorMs / passedMs };
  };
  // What runs for the first time is slow, and grows: caches, pools, code that becomes hot.
  await measure();
  await attack();
  const warm = await hungUp(server, start, options.pollers);
  const before = { ...start, memoryBytes: warm.memoryBytes };
  for (const key of Object.keys(tally)) delete tally[key];
  for (let round = 1; round <= options.rounds; round += 1) {
    const quiet = await measure();
    const { window: attacked, attackerLoad } = await attack();
    pairs.push({
      quiet,
      attacked,
      attackerLoad,
      after: await hungUp(server, before, options.pollers),
    });
  }
  const after = await settled(server, before, options.pollers);
  return { name, pairs, before, after, disconnects, tally };
}

async function vitals(server: Server): Promise<Vitals> {
  const { vitals: told } = await server.ask("vitals");
  if (told === undefined) throw new Error("the server did not tell its vitals");
  return told;
}

/** What comes back to where it was, by name. */
export const countsOf = ({ descriptors, sessions, sockets, rooms, away, namespaces }: Vitals) =>
  ({ descriptors, sessions, sockets, rooms, away, namespaces }) as const;

/**
 * Whether counts are back where they were: how many connections a client that polls holds open, two or one, is
 * its own choice.
 */
export function isBack(now: Vitals, before: Vitals, pollers: number): boolean {
  const counts = countsOf(now);
  return Object.entries(countsOf(before)).every(([what, count]) => {
    const slack = what === "descriptors" ? pollers : 0;
    return counts[what as keyof typeof counts] <= count + slack; // of the same names
  });
}

/** The vitals once the server has seen that the attackers have hung up, but may remember them. */
function hungUp(server: Server, before: Vitals, pollers: number): Promise<Vitals> {
  return once(server, (now) => now.descriptors <= before.descriptors + pollers);
}

/** The vitals once all is back where it was. */
function settled(server: Server, before: Vitals, pollers: number): Promise<Vitals> {
  return once(server, (now) => isBack(now, before, pollers));
}

/** The vitals once they are as they should be, or as they are when that has taken too long. */
async function once(server: Server, isSo: (now: Vitals) => boolean): Promise<Vitals> {
  const deadlineMs = performance.now() + SETTLE_MS;
  for (;;) {
    const now = await vitals(server);
    if (isSo(now) || performance.now() > deadlineMs) return now;
    await delay(LOOK_EVERY_MS);
  }
}
