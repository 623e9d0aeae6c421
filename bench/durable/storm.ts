/** All clients are cut off at once, miss messages, and come back at once. */
import type { AskedProcess } from "../asked-process.ts";
import { median } from "../statistics.ts";
import { type DurablePlan, startClients, startServer, type Usage } from "./plan.ts";
import { type Load, runWindow } from "./turns.ts";

const sessionCount = 5_000;
const missedCount = 100;
/** How many shake hands at a time; the others wait in their own process. */
const connectingAtOnce = 256;
const observerCount = 100;
const observeEveryMs = 10;
const quietMs = 3_000;
const text = "x".repeat(64);
const mebibyte = 1024 * 1024;

/** What a storm may add to the resident memory of a server with all clients connected. */
export const budgetBytes: number = 128 * mebibyte;
export const costGoal = 1.5;
export const latencyGoal = 2;

/** CPU in microseconds, medians of the rounds. */
export interface StormCost {
  readonly label: string;
  readonly rooms: number;
  /** Each delivery while all are connected. */
  readonly live: number;
  /** Each message of a storm, with all that coming back costs. */
  readonly replayed: number;
  /** The same without what coming back costs when nothing was missed. */
  readonly replayedAlone: number;
  /** Each session that comes back and has missed nothing. */
  readonly comingBack: number;
  /** Of `replayed` to `live`, within each round. */
  readonly ratio: number;
  readonly ratioAlone: number;
  /** Until the last message has come. */
  readonly stormMs: number;
}

/** Latency of live traffic, in microseconds, medians of the rounds. */
export interface StormLatency {
  readonly quiet: { readonly p50: number; readonly p99: number; readonly lateP99: number };
  readonly beside: { readonly p50: number; readonly p99: number; readonly lateP99: number };
  /** Of the p99, within each round. */
  readonly ratio: number;
}

export interface StormResult {
  readonly sessions: number;
  readonly missed: number;
  readonly costs: readonly StormCost[];
  readonly latency: StormLatency;
  /** With all connected before the first storm, and the most during any. */
  readonly memory: { readonly connectedBytes: number; readonly mostBytes: number };
}

interface Observed extends Load {
  readonly lateP99: number;
}

/**
 * In many rooms, more is on its way at once, or a delivery to a few would cost as much as a whole
 * transaction. No client gets two at once in either.
 */
const shapes = [
  { label: "all in one room", rooms: 1, inFlight: 1 },
  { label: "in 500 rooms of 10", rooms: 500, inFlight: 100 },
] as const;

export const stormSteps = ({ rounds }: DurablePlan): number => (shapes.length + 1) * rounds;

export async function measureStorm(plan: DurablePlan): Promise<StormResult> {
  const costs: StormCost[] = [];
  for (const { label, rooms, inFlight } of shapes) {
    costs.push(await withStorm(plan, rooms, (storm) => measureCost(storm, label, inFlight)));
  }
  const { latency, memory } = await withStorm(plan, 1, measureBeside);
  return { sessions: countOf(plan), missed: missedCount, costs, latency, memory };
}

function countOf({ isQuick }: DurablePlan): number {
  return isQuick ? sessionCount / 5 : sessionCount;
}

/** Clients that are connected, and the server that they are connected to. */
class Storm {
  readonly plan: DurablePlan;
  readonly server: AskedProcess;
  readonly clients: AskedProcess;
  readonly rooms: readonly string[];

  constructor(
    plan: DurablePlan,
    server: AskedProcess,
    clients: AskedProcess,
    rooms: readonly string[],
  ) {
    this.plan = plan;
    this.server = server;
    this.clients = clients;
    this.rooms = rooms;
  }

  /** Deliveries to all while they are connected. */
  live(inFlight: number): Promise<Load> {
    return this.clients.ask<Load>("fanOut", {
      publishers: "publisher",
      subscribers: "all",
      ...{ rooms: this.rooms, text, inFlight, ms: this.plan.windowMs },
    });
  }

  /** Cuts all off; resolves when the server knows it, and has published what they miss. */
  async cut(count: number): Promise<void> {
    const { clients, server, rooms } = this;
    await clients.ask("expect", { group: "all", count: 1 });
    await server.ask("publish", { rooms, count: 1, text });
    await clients.ask("arrived", { group: "all" });
    const { clients: all } = await server.ask<Usage>("usage");
    await clients.ask("cut", { group: "all" });
    await server.ask("left", all - countOf(this.plan));
    if (count > 0) await server.ask("publish", { rooms, count, text });
  }

  comeBack(count: number): Promise<Load> {
    const { port } = this.server;
    const atOnce = connectingAtOnce;
    return this.clients.ask<Load>("resume", { port, group: "all", count, atOnce });
  }
}

async function withStorm<T>(
  plan: DurablePlan,
  roomCount: number,
  measure: (storm: Storm) => Promise<T>,
): Promise<T> {
  const server = await startServer(plan, { log: "lmdb", name: "storm", rules: true });
  const clients = await startClients(plan);
  try {
    const { port } = server;
    const rooms = Array.from({ length: roomCount }, (_, index) => `process:${index}`);
    // So that those who observe are not held up on their core.
    await clients.ask("rank", { niceness: 19 });
    await clients.ask("connect", { port, group: "all", count: countOf(plan), rooms });
    await clients.ask("connect", { port, group: "publisher", count: 1 });
    return await measure(new Storm(plan, server, clients, rooms));
  } finally {
    await Promise.all([clients.end(), server.end()]);
  }
}

async function measureCost(storm: Storm, label: string, inFlight: number): Promise<StormCost> {
  const { plan, server } = storm;
  const rounds: Omit<StormCost, "label" | "rooms">[] = [];
  for (let round = -1; round < plan.rounds; round += 1) {
    const live = await runWindow(server, () => storm.live(inFlight));
    await storm.cut(0);
    const before = await server.ask<Usage>("usage");
    await storm.comeBack(0);
    const after = await server.ask<Usage>("usage");
    const comingBack = (after.cpuMicroseconds - before.cpuMicroseconds) / countOf(plan);
    await storm.cut(missedCount);
    const back = await runWindow(server, () => storm.comeBack(missedCount));
    if (round < 0) continue;
    const replayedAlone = back.cpuMicroseconds - comingBack / missedCount;
    rounds.push({
      live: live.cpuMicroseconds,
      replayed: back.cpuMicroseconds,
      replayedAlone,
      comingBack,
      ratio: back.cpuMicroseconds / live.cpuMicroseconds,
      ratioAlone: replayedAlone / live.cpuMicroseconds,
      stormMs: back.ms,
    });
    plan.onStep("Resume storm", `${label}, round ${round + 1}`);
  }
  const of = (name: keyof (typeof rounds)[number]): number =>
    median(rounds.map((each) => each[name]));
  return {
    label,
    rooms: storm.rooms.length,
    live: of("live"),
    replayed: of("replayed"),
    replayedAlone: of("replayedAlone"),
    comingBack: of("comingBack"),
    ratio: of("ratio"),
    ratioAlone: of("ratioAlone"),
    stormMs: of("stormMs"),
  };
}

/** What others notice of a storm, and what it takes. */
async function measureBeside(storm: Storm): Promise<Pick<StormResult, "latency" | "memory">> {
  const { plan, server } = storm;
  const observers = await startClients(plan);
  try {
    await observers.ask("rank", { niceness: -15 });
    const room = "process:live";
    const { port } = server;
    const rooms = [room];
    await observers.ask("connect", { port, group: "observers", count: observerCount, rooms });
    await observers.ask("connect", { port, group: "publisher", count: 1 });
    const observe = async (meanwhile: () => Promise<unknown>): Promise<Observed> => {
      await observers.ask("observe", {
        publishers: "publisher",
        subscribers: "observers",
        ...{ room, text, everyMs: observeEveryMs },
      });
      await meanwhile();
      return observers.ask<Observed>("observed");
    };
    const quietTime = (): Promise<void> =>
      new Promise((resolve) => {
        setTimeout(resolve, plan.isQuick ? quietMs / 3 : quietMs);
      });
    await observe(quietTime);
    const rounds: { quiet: Observed; beside: Observed; connected: number; most: number }[] = [];
    for (let round = 0; round < plan.rounds; round += 1) {
      const connected = await server.ask<number>("resident");
      const quiet = await observe(quietTime);
      await storm.cut(missedCount);
      await server.ask("watchMemory");
      const beside = await observe(() => storm.comeBack(missedCount));
      const most = await server.ask<number>("mostResident");
      rounds.push({ quiet, beside, connected, most });
      plan.onStep("Live traffic beside a storm", `round ${round + 1}`);
    }
    const middle = (read: (round: (typeof rounds)[number]) => number): number =>
      median(rounds.map(read));
    const latencyOf = (name: "quiet" | "beside"): StormLatency["quiet"] => ({
      p50: middle((round) => round[name].p50),
      p99: middle((round) => round[name].p99),
      lateP99: middle((round) => round[name].lateP99),
    });
    return {
      latency: {
        quiet: latencyOf("quiet"),
        beside: latencyOf("beside"),
        ratio: middle(({ quiet, beside }) => beside.p99 / quiet.p99),
      },
      memory: {
        // Pages that a storm has used may stay with the process: only the first finds none of these.
        connectedBytes: rounds[0]?.connected ?? Number.NaN,
        mostBytes: Math.max(...rounds.map(({ most }) => most)),
      },
    };
  } finally {
    await observers.end();
  }
}
