/** What a session costs that comes back, by what it has missed, and by how much the log holds. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { AskedProcess } from "../asked-process.ts";
import { type Summary, summarize } from "../statistics.ts";
import { type DurablePlan, type ServerOptions, startClients, startServer } from "./plan.ts";
import { type Load, runWindow, type Window } from "./turns.ts";

const sizes = [10_000, 100_000, 1_000_000] as const;
const largestSize = 10_000_000;
const missedCounts = [10, 100, 1_000] as const;
/** Each alone in its room: nobody finds messages that another has had read. */
const sessionCount = 8;
/** They come back first, and do not count: code gets compiled meanwhile. */
const warmUpCount = 24;
const text = "x".repeat(64);
const rooms = [
  ...Array.from({ length: sessionCount }, (_, index) => `process:${index}`),
  "process:warm",
];

/** The cost in the largest log is at most so many times that in the smallest one. */
export const flatGoal = 1.25;

export interface RecoveryPoint {
  readonly logMessages: number;
  readonly missed: number;
  /** Of the server for each session, in microseconds. */
  readonly cpu: Summary;
  /** Until the last message has come, in microseconds. */
  readonly time: Summary;
}

export interface RecoveryResult {
  readonly points: readonly RecoveryPoint[];
  /** CPU in the largest log to that in the smallest, within each round, by messages missed. */
  readonly growth: readonly { readonly missed: number; readonly ratio: number }[];
}

/** A log that is filled, and what its sessions send to come back. */
interface Filled {
  readonly size: number;
  readonly options: ServerOptions;
  readonly clients: AskedProcess;
  /** Behind which so many messages are left in each room. */
  readonly cursors: ReadonlyMap<number, string>;
}

function sizesOf({ isQuick, isLong }: DurablePlan): readonly number[] {
  if (isLong) return [...sizes, largestSize];
  return isQuick ? sizes.slice(0, 2) : sizes;
}

export const recoverySteps = (plan: DurablePlan): number =>
  sizesOf(plan).length * (1 + plan.rounds * missedCounts.length);

export async function measureRecovery(plan: DurablePlan): Promise<RecoveryResult> {
  const logs: Filled[] = [];
  try {
    for (const size of sizesOf(plan)) {
      plan.onStep("Recovery", `filling a log with ${size.toLocaleString("en-US")} messages`);
      logs.push(await fill(plan, size));
    }
    const windows = new Map<string, Window[]>();
    for (let round = 0; round < plan.rounds; round += 1) {
      for (const missed of missedCounts) {
        for (let turn = 0; turn < logs.length; turn += 1) {
          const log = logs[(turn + round) % logs.length] as Filled; // in bounds
          const window = await comeBack(plan, log, missed);
          const key = keyOf(log.size, missed);
          windows.set(key, [...(windows.get(key) ?? []), window]);
          plan.onStep("Recovery", `${missed} missed of ${log.size}, round ${round + 1}`);
        }
      }
    }
    return resultOf(logs, windows);
  } finally {
    await Promise.all(logs.map(({ clients }) => clients.end()));
    for (const { options } of logs) {
      rmSync(join(plan.folder, options.name ?? ""), { recursive: true, force: true });
    }
  }
}

/** Lets sessions join rooms, cuts them off, and fills the rooms in turn. */
async function fill(plan: DurablePlan, size: number): Promise<Filled> {
  const options = { log: "lmdb", name: `recovery-${size}`, rules: true, keepsAll: true } as const;
  const clients = await startClients(plan);
  const server = await startServer(plan, options);
  const { port } = server;
  await clients.ask("connect", { port, group: "cold", count: sessionCount, rooms });
  await clients.ask("connect", { port, group: "warm", count: warmUpCount, rooms: rooms.slice(-1) });
  await clients.ask("cut", { group: "cold" });
  await clients.ask("cut", { group: "warm" });
  await server.ask("left", 0);
  // Who is there for the last messages can tell the cursors between them.
  const mostMissed = Math.max(...missedCounts);
  await server.ask("publish", {
    rooms,
    count: Math.ceil(size / rooms.length) - mostMissed - 1,
    text,
  });
  await clients.ask("connect", { port, group: "end", count: 1, rooms: rooms.slice(-1) });
  const cursors = new Map<number, string>();
  let left = mostMissed + 1;
  for (const missed of [...missedCounts].reverse()) {
    const count = left - missed;
    await clients.ask("expect", { group: "end", count });
    await server.ask("publish", { rooms, count, text });
    await clients.ask("arrived", { group: "end" });
    const [cursor = ""] = await clients.ask<string[]>("cursors", { group: "end" });
    cursors.set(missed, cursor);
    left = missed;
  }
  await clients.ask("end", { group: "end" });
  await server.ask("publish", { rooms, count: left, text });
  await server.ask("close");
  await server.end();
  return { size, options, clients, cursors };
}

/** In a server that has just started, all come back who have missed the last messages. */
async function comeBack(plan: DurablePlan, log: Filled, missed: number): Promise<Window> {
  const { clients, options, cursors } = log;
  const server = await startServer(plan, options, true);
  try {
    const asked = { port: server.port, count: missed, offset: cursors.get(missed) };
    await clients.ask("resumeEach", { ...asked, group: "warm" });
    return await runWindow(server, () =>
      clients.ask<Load>("resumeEach", { ...asked, group: "cold" }),
    );
  } finally {
    await server.ask("close");
    await server.end();
  }
}

function keyOf(size: number, missed: number): string {
  return `${missed} of ${size}`;
}

function resultOf(
  logs: readonly Filled[],
  windows: ReadonlyMap<string, readonly Window[]>,
): RecoveryResult {
  const cpuOf = (size: number, missed: number): number[] =>
    (windows.get(keyOf(size, missed)) ?? []).map(({ cpuMicroseconds }) => cpuMicroseconds);
  const points = logs.flatMap(({ size }) =>
    missedCounts.map((missed): RecoveryPoint => {
      const times = (windows.get(keyOf(size, missed)) ?? []).map(({ p50 }) => p50);
      const cpu = summarize(cpuOf(size, missed));
      return { logMessages: size, missed, cpu, time: summarize(times) };
    }),
  );
  const smallest = logs[0]?.size ?? 0;
  const largest = logs.at(-1)?.size ?? 0;
  const growth = missedCounts.map((missed) => {
    const few = cpuOf(smallest, missed);
    const ratios = cpuOf(largest, missed).map((each, index) => each / few[index]!);
    return { missed, ratio: summarize(ratios).median };
  });
  return { points, growth };
}
