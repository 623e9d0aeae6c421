import * as ours from "@openline/client/channels";
import type { History } from "../checker/history.ts";
import type { Actor, Publisher } from "../clients/actor.ts";
import { Crowd } from "../clients/crowd.ts";
import { openlineDialect, socketIoDialect } from "../clients/dialect.ts";
import { type Channels, plantClientBug } from "../clients/pages/planted-client.ts";
import { PublisherActor, type Route } from "../clients/publisher.ts";
import type { SentMessage } from "../clients/sent-message.ts";
import { nowMs } from "../clock.ts";
import { TcpProxy } from "../network/tcp-proxy.ts";
import { type BugName, isOfClient } from "../plan/bugs.ts";
import { type FaultName, faultOf } from "../plan/faults.ts";
import { bulkRoom, closedRoom, type Plan, type PublisherPlan } from "../plan/plan.ts";
import type { ServerName } from "../server/control.ts";
import { ServerHost } from "../server/server-host.ts";
import { Disk } from "./disk.ts";
import { FailingSync } from "./failing-sync.ts";
import { inflict } from "./inflict.ts";
import { readLog } from "./read-log.ts";
import { until } from "./until.ts";

export interface RunOptions {
  readonly server: ServerName;
  readonly plant: BugName | null;
  /** Called now and then while the load lasts. */
  readonly onProgress: (status: RunStatus) => void;
}

export interface RunStatus {
  readonly elapsedMs: number;
  readonly durationMs: number;
  readonly deliveries: number;
  readonly kills: number;
  readonly isHealing: boolean;
}

/** What was done to the server and its clients, and when. */
export interface Deed {
  readonly atMs: number;
  readonly what: string;
}

/** What a run leaves. */
export interface RunResult {
  readonly history: History;
  readonly deeds: readonly Deed[];
  /** How often each fault was inflicted. */
  readonly faults: Readonly<Partial<Record<FaultName, number>>>;
  readonly serverStarts: number;
  readonly kills: number;
  /** Ends of the server that nobody has brought about, with its last words. */
  readonly crashes: readonly string[];
  /** From the end of the faults until each subscriber was at the head. */
  readonly healingMs: number;
}

const startTimeoutMs = 60_000;
const settleTimeoutMs = 60_000;
const drainTimeoutMs = 15_000;
const progressEveryMs = 250;
const floodMessages = 100;
const floodPadding = 65_536;
const dayMs = 86_400_000;
const megabyte = 2 ** 20;

/** What a server may use beyond what its clients take. */
const budget = { rssBytes: 600 * megabyte, loopDelayMs: 2000 };
const descriptorsAtRest = 64;
/** While the old connections of clients are not known to be gone. */
const descriptorsPerClient = 6;

const sessionMs = { openline: dayMs, "socket.io": 120_000 } as const;

/** Runs a plan against a server; resolves when all is written down and cleared away. */
export async function run(plan: Plan, options: RunOptions): Promise<RunResult> {
  const { plant } = options;
  const channels = plant !== null && isOfClient(plant) ? await plantClientBug(plant) : ours;
  const referee = new Run(plan, options, channels);
  try {
    return await referee.run();
  } finally {
    await referee.clear();
  }
}

class Run {
  private readonly plan: Plan;
  private readonly options: RunOptions;
  private readonly channels: Channels;
  private readonly disk = new Disk();
  private readonly failingSync: FailingSync | null;
  private readonly host: ServerHost;
  private readonly proxies: TcpProxy[] = [];
  private readonly sent: Map<string, SentMessage> = new Map();
  private crowd: Crowd | null = null;
  /** Those that the referee itself has beside the plan's. */
  private readonly ownPublishers: PublisherActor[] = [];
  private readonly faults: Partial<Record<FaultName, number>> = {};
  private readonly crashes: string[] = [];
  private readonly deeds: Deed[] = [];
  private kills = 0;
  private deliveries = 0;
  private onDelivery: (() => void) | null = null;

  constructor(plan: Plan, options: RunOptions, channels: Channels) {
    this.plan = plan;
    this.options = options;
    this.channels = channels;
    const failsSync = plan.steps.some(({ fault }) => fault === "sync-error");
    this.failingSync = failsSync ? FailingSync.build() : null;
    const settings = {
      server: options.server,
      folder: this.disk.folder,
      shiftMs: 0,
      sessionMs: sessionMs[options.server],
      shortMessages: 60,
      revoked: [],
      pingIntervalMs: 1000,
      pingTimeoutMs: 1500,
      plant: options.plant === null || isOfClient(options.plant) ? null : options.plant,
    };
    this.host = new ServerHost(settings, {
      onListening: (port) => {
        this.note("the server listens");
        this.aim(port);
      },
      onEnd: ({ isExpected, how, words }) => {
        this.note(`the server has ended: ${how}`);
        this.aim(null);
        if (!isExpected) this.crashes.push(`${how}: ${words}`);
      },
    });
    if (this.failingSync !== null) this.host.environment = this.failingSync.environment;
  }

  async run(): Promise<RunResult> {
    const { plan, host } = this;
    for (let group = 0; group < plan.groups; group += 1) {
      this.proxies.push(await TcpProxy.listen());
    }
    host.start();
    if (!(await until(() => host.isUp, startTimeoutMs))) {
      throw new Error(`the server does not start: ${this.crashes.join("\n")}`);
    }
    await this.connect();
    await until(() => this.areSettled, startTimeoutMs);
    await this.load();
    const healedAt = performance.now();
    await this.settle();
    const healingMs = performance.now() - healedAt;
    const history = await this.write();
    if (!(await host.stop())) this.crashes.push("did not end in peace after the run");
    const { faults, crashes, deeds, kills } = this;
    return { history, deeds, faults, kills, crashes, healingMs, serverStarts: host.starts };
  }

  /** Lets go of everything. */
  async clear(): Promise<void> {
    for (const publisher of this.ownPublishers) publisher.abandon();
    await this.crowd?.close();
    this.disk.empty();
    await this.host.stop();
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
    this.disk.remove();
    this.failingSync?.remove();
  }

  private get subscribers(): readonly Actor[] {
    return this.crowd?.subscribers ?? [];
  }

  private get publishers(): readonly Publisher[] {
    return [...(this.crowd?.publishers ?? []), ...this.ownPublishers];
  }

  private get areSettled(): boolean {
    return this.subscribers.every(({ isSettled, isRevoked }) => isSettled || isRevoked);
  }

  private get dialect(): typeof openlineDialect {
    return this.options.server === "openline" ? openlineDialect : socketIoDialect;
  }

  private note(what: string): void {
    this.deeds.push({ atMs: nowMs(), what });
  }

  private aim(port: number | null): void {
    for (const proxy of this.proxies) proxy.aim(port);
  }

  private async connect(): Promise<void> {
    const { plan, dialect, sent, proxies, channels } = this;
    this.crowd = await Crowd.connect({
      ...{ plan, dialect, sent, proxies, channels },
      serverRoute: (by) => this.serverRoute(by),
      onDelivery: () => {
        this.deliveries += 1;
        const callback = this.onDelivery;
        this.onDelivery = null;
        callback?.();
      },
    });
  }

  private serverRoute(by: "server" | "emit"): Route {
    const { host } = this;
    return {
      get isOpen() {
        return host.isUp;
      },
      get connection() {
        return `server-${host.starts}`;
      },
      send: ({ padding = "", ...content }) => host.publish(content, by, padding.length),
    };
  }

  /** One that sends when it is told to. */
  private newPublisher(name: string): PublisherActor {
    const plan: PublisherPlan = {
      ...{ name, by: "server", rooms: [], group: 0 },
      ...{ everyMs: 0, window: 0, seed: 0 },
    };
    const { isIdempotent } = this.dialect;
    const publisher = new PublisherActor(plan, this.serverRoute("server"), this.sent, isIdempotent);
    this.ownPublishers.push(publisher);
    return publisher;
  }

  /** Publishes, and follows the plan, until its time is over and everything is healed. */
  private async load(): Promise<void> {
    const { plan, host } = this;
    const startedAt = performance.now();
    const timers: NodeJS.Timeout[] = [];
    const ongoing = new Set<() => void>();
    const flood = this.newPublisher("flood");
    const owners = this.crowd?.owners ?? [[], []];
    for (const publisher of this.crowd?.publishers ?? []) publisher.start();
    const later = (atMs: number, act: () => void): void => void timers.push(setTimeout(act, atMs));

    for (const actor of this.subscribers) {
      for (const { atMs, room } of actor.plan.moves) later(atMs, () => actor.move(room));
      for (const atMs of actor.plan.reloads) later(atMs, () => actor.reload());
    }
    for (const step of plan.steps) {
      if (this.options.server === "socket.io" && faultOf(step.fault).needsLog) continue;
      later(step.atMs, () => {
        this.note(`${step.fault} ${step.target} for ${step.lastsMs} ms`);
        const end = inflict(step, {
          proxies: this.proxies,
          host,
          subscribers: this.subscribers,
          owners,
          disk: this.disk,
          failingSync: this.failingSync,
          flood: (group) => {
            for (let count = 0; count < floodMessages; count += 1) {
              void flood.publish(bulkRoom(group), floodPadding);
            }
          },
          onNextDelivery: (callback) => {
            this.onDelivery = callback;
          },
        });
        this.faults[step.fault] = (this.faults[step.fault] ?? 0) + 1;
        if (step.fault.startsWith("kill")) this.kills += 1;
        if (step.fault === "drain") this.watchDrain();
        if (end === null) return;
        ongoing.add(end);
        later(step.lastsMs, () => {
          if (!ongoing.delete(end)) return;
          this.note(`${step.fault} ${step.target} ends`);
          end();
        });
      });
    }
    const progress = setInterval(() => this.tell(performance.now() - startedAt), progressEveryMs);
    await new Promise((resolve) => setTimeout(resolve, plan.durationMs));
    clearInterval(progress);
    for (const timer of timers) clearTimeout(timer);
    for (const end of ongoing) end();
    this.onDelivery = null;
    for (const proxy of this.proxies) proxy.heal();
  }

  private tell(elapsedMs: number, isHealing = false): void {
    const { kills, deliveries, plan } = this;
    const { durationMs } = plan;
    this.options.onProgress({ elapsedMs, durationMs, kills, deliveries, isHealing });
  }

  /** A drain that never ends is as bad as a crash. */
  private watchDrain(): void {
    const { pid } = this.host;
    setTimeout(() => {
      if (pid === null || this.host.pid !== pid) return;
      this.crashes.push(`did not end within ${drainTimeoutMs} ms of SIGTERM`);
      this.host.signal("SIGKILL", { ends: true });
    }, drainTimeoutMs).unref();
  }

  /** Waits until everyone has everything, or never will. */
  private async settle(): Promise<void> {
    this.tell(this.plan.durationMs, true);
    for (const publisher of this.publishers) publisher.stop();
    await until(() => this.publishers.every(({ isIdle }) => isIdle), settleTimeoutMs);
    for (const publisher of this.publishers) publisher.abandon();
    await until(() => this.areSettled, settleTimeoutMs);
    const last = await this.publishLast();
    const haveAll = (): boolean =>
      this.subscribers.every(
        (actor) =>
          actor.isRevoked ||
          actor.plan.rooms.every((room) => actor.hasNewest(room, last.get(room) ?? "")),
      );
    await until(haveAll, settleTimeoutMs);
  }

  /** One more message for each room, behind which nothing is. */
  private async publishLast(): Promise<ReadonlyMap<string, string>> {
    const rooms = this.plan.rooms.filter((room) => room !== closedRoom);
    const publisher = this.newPublisher("last");
    const answers = rooms.map((room) => publisher.publish(room, 0));
    await Promise.race([
      Promise.all(answers),
      new Promise((resolve) => setTimeout(resolve, settleTimeoutMs).unref()),
    ]);
    publisher.abandon();
    const last = new Map<string, string>();
    for (const { publisher, room, id } of this.sent.values()) {
      if (publisher === "last") last.set(room, id);
    }
    return last;
  }

  private async write(): Promise<History> {
    const { host, plan } = this;
    const hasLog = this.options.server === "openline";
    const log = hasLog ? await Promise.all(plan.rooms.map((room) => readLog(host, room))) : null;
    const clients = this.crowd?.clients ?? 0;
    return {
      publishes: [...this.sent.values()],
      log,
      subscribers: this.subscribers.map(({ record }) => record),
      samples: host.samples,
      budget: { ...budget, fileDescriptors: descriptorsAtRest + descriptorsPerClient * clients },
      sessionMs: sessionMs[this.options.server],
    };
  }
}
