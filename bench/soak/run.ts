/** Holds many connections to one server for a while, and checks everything that they get. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AskedProcess } from "../asked-process.ts";
import { describeMachine, type MachineDescription } from "../machine.ts";
import { benchFolder } from "../paths.ts";
import { robustSlope, type Slope } from "./slope.ts";

export interface SoakPlan {
  readonly connections: number;
  readonly minutes: number;
  readonly broadcastsPerSecond: number;
  readonly isFromSource: boolean;
  readonly onProgress: (progress: SoakProgress) => void;
}

export interface SoakProgress {
  readonly phase: "connecting" | "settling" | "soaking" | "counting";
  /** Of the phase, 0 to 1. */
  readonly share: number;
  readonly connections: number;
  readonly deliveries: number;
  readonly residentBytes: number;
}

/** The server at one moment. Bytes; milliseconds. */
export interface SoakSample {
  readonly atMs: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly delayP99Ms: number;
  readonly connections: number;
  readonly sequence: number;
}

/** The server's memory when garbage had just been collected, in bytes. */
export interface SettledSample {
  readonly atMs: number;
  readonly rss: number;
  /** Heap and buffers. */
  readonly live: number;
}

export interface SoakResults {
  readonly startedAt: string;
  readonly node: string;
  readonly machine: MachineDescription;
  readonly connections: number;
  readonly minutes: number;
  readonly broadcastsPerSecond: number;
  /** Messages that clients got and checked. */
  readonly deliveries: number;
  readonly broadcasts: number;
  /** Connections that were closed by their clients, and replaced. */
  readonly churned: number;
  /** What did not hold; none when all is well. */
  readonly failures: readonly string[];
  /** Growth in the second half, by a robust line through the settled samples. */
  readonly residentKbPerMinute: Slope;
  readonly liveKbPerMinute: Slope;
  /** Before the first connection. */
  readonly idleRss: number;
  /** Of one core. */
  readonly cpuShare: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  /** Null when the run was too short to say. */
  readonly isFlat: boolean | null;
  /** When everybody was connected, and when what counts began: milliseconds since the start. */
  readonly connectedAtMs: number;
  readonly steadyAtMs: number;
  readonly samples: readonly SoakSample[];
  /** The first when all were connected, the last at the end. */
  readonly settled: readonly SettledSample[];
}

interface ClientsReport {
  readonly open: number;
  readonly deliveries: number;
  readonly churned: number;
  readonly failures: readonly string[];
}

const sampleEveryMs = 1000;
/** Turns of sampling between two collections of garbage. */
const settleEvery = 15;
/** Fewer than a process may have open files, on usual systems. */
const connectionsPerProcess = 10_000;
/** Of all connections, each second. */
const churnShare = 0.001;
/** Garbage of the handshakes goes, and the heap finds its size. */
const settleShare = 0.1;
const longestSettleMs = 20_000;
const catchUpMs = 60_000;
/** Memory that grows by less than this part of itself a minute is called flat. */
const flatShare = 0.005;
/** In less time the heap has not found its size. */
const enoughMinutes = 3;

/**
 * Runs a soak to its end.
 *
 * @throws Error if a process ends early, or clients cannot connect
 */
export async function runSoak(plan: SoakPlan): Promise<SoakResults> {
  const server = await AskedProcess.start({
    script: join(benchFolder, "soak", "server.mjs"),
    isFromSource: plan.isFromSource,
    exposesGc: true,
  });
  const processes = [server];
  try {
    const count = Math.ceil(plan.connections / connectionsPerProcess);
    const clients: AskedProcess[] = [];
    for (let index = 0; index < count; index += 1) {
      const options = {
        script: join(benchFolder, "soak", "clients.mjs"),
        isFromSource: plan.isFromSource,
      };
      clients.push(await AskedProcess.start(options));
    }
    processes.push(...clients);
    return await new Soak(plan, server, clients).run();
  } finally {
    await Promise.all(processes.map((each) => each.end()));
  }
}

class Soak {
  private readonly plan: SoakPlan;
  private readonly server: AskedProcess;
  private readonly clients: readonly AskedProcess[];
  private readonly samples: SoakSample[] = [];
  private readonly settled: SettledSample[] = [];
  private readonly startedAt = new Date();
  private readonly startedMs = performance.now();
  private readonly seed = Math.floor(Math.random() * 0x1_0000_0000);

  constructor(plan: SoakPlan, server: AskedProcess, clients: readonly AskedProcess[]) {
    this.plan = plan;
    this.server = server;
    this.clients = clients;
  }

  async run(): Promise<SoakResults> {
    const { plan, server } = this;
    const idle = await this.sample("connecting", 0);
    await this.connectAll();
    const connectedAtMs = this.elapsedMs;
    const everyMs = 1000 / plan.broadcastsPerSecond;
    await this.settle();
    await server.ask("broadcast", { seed: this.seed, everyMs });
    const soakMs = plan.minutes * 60_000;
    await this.hold("settling", Math.min(longestSettleMs, soakMs * settleShare));
    await server.ask("begin");
    const steadyAtMs = this.elapsedMs;
    await this.hold("soaking", soakMs / 2, 0);
    const halfwayMs = this.elapsedMs;
    await this.settle();
    await this.hold("soaking", soakMs / 2, 0.5);
    const steady = await server.ask<{ cpuShare: number; delayP99Ms: number; delayMaxMs: number }>(
      "steady",
    );
    const broadcasts = await server.ask<number>("silence");
    const failures = await this.countBehind(broadcasts);
    const reports = await this.reports();
    await this.sample("counting", 1);
    await this.settle();
    const errors = await server.ask<number>("errors");
    if (errors > 0) failures.push(`the server told ${errors} errors`);
    const open = reports.reduce((sum, report) => sum + report.open, 0);
    if (open !== plan.connections) failures.push(`${open} connections are open at the end`);
    await this.stop();
    const growth = growthOf(this.settled, halfwayMs);
    return {
      startedAt: this.startedAt.toISOString(),
      node: process.version,
      machine: describeMachine(),
      connections: plan.connections,
      minutes: plan.minutes,
      broadcastsPerSecond: plan.broadcastsPerSecond,
      deliveries: reports.reduce((sum, report) => sum + report.deliveries, 0),
      broadcasts,
      churned: reports.reduce((sum, report) => sum + report.churned, 0),
      failures: [...failures, ...reports.flatMap((report) => report.failures)],
      idleRss: idle.rss,
      ...steady,
      ...growth,
      isFlat: plan.minutes < enoughMinutes ? null : growth.isFlat,
      connectedAtMs,
      steadyAtMs,
      samples: this.samples,
      settled: this.settled,
    };
  }

  private get elapsedMs(): number {
    return performance.now() - this.startedMs;
  }

  private async connectAll(): Promise<void> {
    const { plan, clients, server } = this;
    const each = Math.ceil(plan.connections / clients.length);
    let isConnected = false;
    const connecting = Promise.all(
      clients.map(async (client, index) => {
        await client.ask("start", { port: server.port, seed: this.seed });
        const count = Math.min(each, plan.connections - index * each);
        return client.ask<number>("connect", count);
      }),
    ).finally(() => {
      isConnected = true;
    });
    while (!isConnected) {
      const { connections } = await this.sample("connecting", 0);
      this.plan.onProgress(this.progress("connecting", connections / plan.connections, 0));
      await Promise.race([connecting, delay(sampleEveryMs)]);
    }
    await connecting;
  }

  /** Samples, and lets some clients go and come, for so long. */
  private async hold(
    phase: "settling" | "soaking",
    durationMs: number,
    shareBefore = 0,
  ): Promise<void> {
    const { plan, clients } = this;
    const since = this.elapsedMs;
    const churn = Math.max(1, Math.round(plan.connections * churnShare));
    for (let turn = 0; this.elapsedMs - since < durationMs; turn += 1) {
      const dueMs = since + Math.min(durationMs, (turn + 1) * sampleEveryMs);
      const passed = (this.elapsedMs - since) / durationMs;
      const share = phase === "soaking" ? shareBefore + passed / 2 : passed;
      const reports = await this.reports();
      const deliveries = reports.reduce((sum, report) => sum + report.deliveries, 0);
      await this.sample(phase, share);
      plan.onProgress(this.progress(phase, share, deliveries));
      // One process at a time, so that the number of those that come and go stays the same.
      await clients[turn % clients.length]?.ask("churn", churn);
      if (turn % settleEvery === settleEvery - 1) await this.settle();
      await delay(Math.max(0, dueMs - this.elapsedMs));
    }
  }

  /** Waits until everybody has the last message; says so when somebody never gets it. */
  private async countBehind(last: number): Promise<string[]> {
    const deadline = this.elapsedMs + catchUpMs;
    for (;;) {
      const counts = await Promise.all(
        this.clients.map((client) => client.ask<number>("behind", last)),
      );
      const behind = counts.reduce((sum, count) => sum + count, 0);
      if (behind === 0) return [];
      if (this.elapsedMs > deadline) return [`${behind} clients never got the last message`];
      await delay(sampleEveryMs / 10);
    }
  }

  /** Has garbage collected: what grows in spite of it is what matters. */
  private async settle(): Promise<void> {
    const settled = await this.server.ask<Omit<SettledSample, "atMs">>("settled");
    this.settled.push({ atMs: Math.round(this.elapsedMs), ...settled });
  }

  private reports(): Promise<ClientsReport[]> {
    return Promise.all(this.clients.map((client) => client.ask<ClientsReport>("report")));
  }

  private async stop(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.ask("end")));
    await this.server.ask("stop");
  }

  private async sample(phase: SoakProgress["phase"], share: number): Promise<SoakSample> {
    const sample = await this.server.ask<Omit<SoakSample, "atMs">>("sample");
    const timed = { atMs: Math.round(this.elapsedMs), ...sample };
    this.samples.push(timed);
    if (phase === "counting") this.plan.onProgress(this.progress(phase, share, 0));
    return timed;
  }

  private progress(phase: SoakProgress["phase"], share: number, deliveries: number): SoakProgress {
    const last = this.samples.at(-1);
    const connections = last?.connections ?? 0;
    return { phase, share, connections, deliveries, residentBytes: last?.rss ?? 0 };
  }
}

/**
 * How memory grows from `sinceMs` on. Resident memory moves by more than what is alive, since the
 * system gives and takes pages: it is flat unless it surely grows.
 */
export function growthOf(
  settled: readonly SettledSample[],
  sinceMs: number,
): Pick<SoakResults, "residentKbPerMinute" | "liveKbPerMinute"> & { isFlat: boolean } {
  const samples = settled.filter(({ atMs }) => atMs >= sinceMs);
  const slopeOf = (read: (sample: SettledSample) => number): Slope =>
    robustSlope(samples.map((sample) => ({ x: sample.atMs / 60_000, y: read(sample) / 1024 })));
  const residentKbPerMinute = slopeOf(({ rss }) => rss);
  const liveKbPerMinute = slopeOf(({ live }) => live);
  const last = samples.at(-1);
  const isFlat =
    liveKbPerMinute.median * 1024 <= (last?.live ?? 0) * flatShare &&
    residentKbPerMinute.low * 1024 <= (last?.rss ?? 0) * flatShare;
  return { residentKbPerMinute, liveKbPerMinute, isFlat };
}
