import { EngineServer, type Log, Server, type Socket } from "openline";
import { memoryRequest } from "openline/testing";
import type { Crash } from "../disk/disk.ts";
import { type Machine, SimulatedStore } from "../disk/simulated-store.ts";
import { Line, type LineUser } from "../network/line.ts";
import type { Oracle } from "../oracle/oracle.ts";
import type { Scheduler } from "../world/scheduler.ts";
import { rulesOf, type Settings } from "./settings.ts";

/** What a server process has around it. */
export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly machine: Machine;
  readonly oracle: Oracle;
  readonly settings: Settings;
  /** Users that are not let in. */
  readonly revoked: ReadonlySet<string>;
  nextNumber(): number;
  /** Runs what may find that a promise was broken, where nobody else would hear of it. */
  watch(check: () => void): void;
  /** Changes a process for the worse, to see that it is noticed. */
  plant?(process: ServerProcess): void;
}

/** Reasons for which a session is over. */
const finalReasons: ReadonlySet<string> = new Set([
  "client namespace disconnect",
  "server namespace disconnect",
]);
const expectedErrors: ReadonlySet<string> = new Set(["LogError", "DeliveryError"]);

/** The real server, from its start to its death, on simulated disks and lines. */
export class ServerProcess {
  readonly io: Server;
  readonly store: SimulatedStore;
  log: Log | null = null;
  isDead = false;
  /** It takes no new connections. */
  isClosing = false;
  private readonly around: Surroundings;
  private readonly engine: EngineServer;
  private readonly lines = new Set<Line>();

  constructor(around: Surroundings) {
    this.around = around;
    const { machine, settings, oracle } = around;
    oracle.started();
    this.store = new SimulatedStore(machine, settings.storeDurability);
    const options = {
      log: this.store,
      pingInterval: settings.pingIntervalMs,
      pingTimeout: settings.pingTimeoutMs,
    };
    this.engine = new EngineServer(options);
    this.io = new Server({
      ...options,
      connectTimeout: 4_000,
      connectionStateRecovery: {
        maxDisconnectionDuration: settings.retentionMs,
        principal: (socket) => String(socket.handshake.auth.user),
      },
      onError: (error) => this.failed(error),
    });
    this.io.bind(this.engine);
    for (const [pattern, rule] of rulesOf(settings)) {
      this.io.rooms(pattern, { ...rule, authorize: () => this.authorize() });
    }
    this.io.use((socket, next) => this.admit(socket, next));
    this.io.on("connection", (socket) => this.around.watch(() => this.accept(socket)));
    void this.store.open("/").then((log) => {
      this.log = log;
      oracle.opened(log.epoch, () => log.head);
    });
    around.plant?.(this);
  }

  /** Opens a line to it; null if it refuses. */
  connect(user: LineUser): Line | null {
    if (this.isDead || this.isClosing || this.store.trouble === "OPENLINE_LOG_FAILED") return null;
    const { scheduler, settings } = this.around;
    const line = new Line(scheduler, settings.latencyMs, user);
    this.lines.add(line);
    scheduler.after(scheduler.random.below(settings.latencyMs + 1), () => {
      if (this.isDead) line.die(true);
      else void this.accepted(line);
    });
    return line;
  }

  private async accepted(line: Line): Promise<void> {
    const socket = await this.engine.accept(line, memoryRequest());
    // What it has planned would keep the timers of the next world from running.
    if (this.isDead) socket.abort();
  }

  /** Dies at once. */
  crash(kind: Crash): void {
    if (this.isDead) return;
    const { scheduler, machine, oracle } = this.around;
    scheduler.note(`process ${oracle.process}: ${kind}`);
    oracle.beforeCrash();
    this.isDead = true;
    this.store.isDead = true;
    // The kernel takes leave of the peers of a process, and nobody of those of a machine.
    for (const line of this.lines) line.die(kind === "kill");
    for (const socket of [...this.engine.clients.values()]) socket.abort();
    machine.crash(kind);
    this.around.watch(() => oracle.afterCrash(kind === "power"));
  }

  /** Closes as an operator does it, and is dead then. */
  async close(graceMs: number): Promise<void> {
    this.isClosing = true;
    this.around.scheduler.note(`process ${this.around.oracle.process}: close`);
    await this.io.close({ graceMs });
    this.crash("kill");
  }

  private failed(error: unknown): void {
    if (this.isDead) return;
    const isExpected = error instanceof Error && expectedErrors.has(error.name);
    this.around.scheduler.note(`error ${String(error)}`);
    if (isExpected) return;
    this.around.watch(() => {
      throw error;
    });
  }

  private authorize(): boolean | Promise<boolean> {
    const { random } = this.around.scheduler;
    return random.chance(0.5) || this.later(20, true);
  }

  private admit(socket: Socket, next: (error?: Error) => void): void {
    const { settings, revoked } = this.around;
    if (!socket.recovered) socket.data = { born: this.around.nextNumber() };
    const decide = (): void =>
      revoked.has(userOf(socket)) ? next(new Error("You are revoked")) : next();
    if (settings.middlewareMs === 0) decide();
    else void this.later(settings.middlewareMs, null).then(decide);
  }

  private accept(socket: Socket): void {
    if (this.isDead) return;
    const { oracle, scheduler } = this.around;
    const { id: sid, recovered, rooms } = socket;
    const { born } = socket.data as { born: number };
    const { name } = oracle.accepted({ sid, client: userOf(socket), recovered, rooms, born });
    scheduler.note(`${name} in, ${recovered ? "recovered" : "new"}`);
    this.watchRooms(socket);
    socket.on("disconnect", (reason: string) => {
      if (this.isDead) return;
      scheduler.note(`${name} out, ${reason}`);
      oracle.released(sid, finalReasons.has(reason));
    });
    socket.on("enter", async (room: string, done: (answer: unknown) => void) => {
      await socket.join(room);
      done({});
    });
    socket.on("exit", async (room: string, done: (answer: unknown) => void) => {
      await socket.leave(room);
      done({});
    });
  }

  /** Tells the oracle of each join and leave, and when it is stored. */
  private watchRooms(socket: Socket): void {
    const { oracle, watch } = this.around;
    const join = socket.join.bind(socket);
    const leave = socket.leave.bind(socket);
    const tell = (given: string | string[], isJoin: boolean): (() => void) => {
      const rooms = Array.isArray(given) ? given : [given];
      const proofs = this.isDead ? [] : rooms.map((r) => oracle.changed(socket.id, r, isJoin));
      return () => {
        // What could not be stored has cost it its connection.
        if (this.isDead || !socket.connected) return;
        for (const prove of proofs) watch(prove);
      };
    };
    socket.join = (rooms) => {
      const prove = tell(rooms, true);
      const stored = join(rooms);
      void Promise.resolve(stored).then(prove, noop);
      return stored;
    };
    socket.leave = (room) => {
      const prove = tell(room, false);
      const stored = leave(room);
      void Promise.resolve(stored).then(prove, noop);
      return stored;
    };
  }

  private later<Value>(upToMs: number, value: Value): Promise<Value> {
    const { scheduler } = this.around;
    return new Promise((resolve) => {
      scheduler.after(scheduler.random.below(upToMs + 1), () => resolve(value));
    });
  }
}

function userOf(socket: Socket): string {
  return String(socket.handshake.auth.user);
}

function noop(): void {}
