import { Actor } from "../clients/actor.ts";
import type { Crash } from "../disk/disk.ts";
import { Machine } from "../disk/simulated-store.ts";
import type { Line, LineUser } from "../network/line.ts";
import { Oracle } from "../oracle/oracle.ts";
import { ServerProcess, type Surroundings } from "../server/server-process.ts";
import { drawSettings, kindOf, oracleRules, type Settings } from "../server/settings.ts";
import type { Scheduler } from "./scheduler.ts";

/** A machine with a server, the network, and the clients at its ends. */
export class World implements Surroundings {
  readonly scheduler: Scheduler;
  readonly settings: Settings;
  readonly machine: Machine;
  readonly oracle: Oracle;
  readonly clients: readonly Actor[];
  readonly revoked: Set<string> = new Set();
  readonly plant?: (process: ServerProcess) => void;
  process: ServerProcess | null = null;
  /** The first promise that was found broken. */
  failure: unknown = null;
  /** No process starts any more. */
  isOver = false;
  private number = 0;

  constructor(scheduler: Scheduler, plant: ((process: ServerProcess) => void) | undefined) {
    this.scheduler = scheduler;
    if (plant !== undefined) this.plant = plant;
    this.settings = drawSettings(scheduler.random);
    this.machine = new Machine(scheduler, this.settings.disk);
    this.oracle = new Oracle(scheduler, this.machine.disk("/"), oracleRules(this.settings));
    const open = (user: LineUser): Line | null => this.process?.connect(user) ?? null;
    this.clients = Array.from(
      { length: this.settings.clients },
      (_, index) => new Actor(`c${index}`, { scheduler, oracle: this.oracle, open }),
    );
  }

  /** What is published next. */
  nextNumber(): number {
    this.number += 1;
    return this.number;
  }

  watch(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.failure ??= error;
    }
  }

  start(): void {
    if (this.isOver) return;
    if (this.process !== null && !this.process.isDead) return;
    this.scheduler.note(`process ${this.oracle.process + 1}: start`);
    this.process = new ServerProcess(this);
  }

  crash(kind: Crash): void {
    this.process?.crash(kind);
  }

  /** An event's name and arguments; they end in a string or hold bytes now and then. */
  eventOf(n: number, key?: string): readonly [string, ...unknown[]] {
    const data = key === undefined ? { n } : { n, k: key };
    if (n % 5 === 0) return ["m", data, "text"];
    if (n % 7 === 0) return ["m", data, Buffer.from([n & 0xff, 1, 2])];
    return ["m", data];
  }

  /** The server sends an event to rooms, or to all, or to one client. */
  emit(rooms: readonly string[] | null, except: readonly string[]): void {
    const { process, oracle } = this;
    if (process === null || process.isDead || process.log === null) return;
    const n = this.nextNumber();
    const { kind } = rooms === null ? { kind: "event" as const } : kindOf(rooms[0] ?? "");
    const key = kind === "value" ? `k${n % 3}` : undefined;
    oracle.sent({ n, kind, rooms, except, key: key ?? "" });
    this.scheduler.note(`emit ${n} to ${rooms?.join(",") ?? "all"}`);
    const [event, ...args] = this.eventOf(n, key);
    const target = process.io.except([...except]);
    if (rooms === null) target.emit(event, ...args);
    else target.to([...rooms]).emit(event, ...args);
  }

  /** The server publishes in a durable room, and waits for the answer. */
  publish(room: string): void {
    const { process, oracle } = this;
    if (process === null || process.isDead || process.log === null) return;
    const n = this.nextNumber();
    oracle.sent({ n, kind: "durable", rooms: [room], except: [], key: "" });
    oracle.publishes.start(n, room);
    const [event, data] = this.eventOf(n);
    process.io
      .room(room)
      .publish(event, data, { id: `id-${n}` })
      .then(
        ({ epoch, offset, duplicate }) => {
          if (process.isDead) return;
          const answer = { epoch, offset: offset ?? 0, duplicate };
          this.watch(() => oracle.publishes.acknowledge(n, room, answer));
        },
        (error: { readonly code?: string; readonly name?: string }) => {
          if (process.isDead) return;
          if (error.name === "DeliveryError") oracle.publishes.refuse(n);
          else oracle.publishes.lose(n);
        },
      );
  }
}
