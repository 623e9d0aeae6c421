import type { Durability, RoomPressure } from "openline";
import type { Disk } from "../disk/disk.ts";
import type { Scheduler } from "../world/scheduler.ts";
import { Books } from "./books.ts";
import { Deliveries } from "./deliveries.ts";
import { demand, readCursor, type Sent } from "./facts.ts";
import { checkLeftOut, checkRefusal, type DeclaredGap } from "./gaps.ts";
import { Publishes } from "./publishes.ts";
import { SessionModel } from "./session-model.ts";

/** What the server was told, and so is held to. */
export interface OracleRules {
  readonly retentionMs: number;
  /** How long what is not logged is kept. */
  readonly bufferMs: number;
  readonly sessionDurability: Durability;
  durabilityOf(room: string): Durability;
  pressureOf(room: string): RoomPressure;
}

/** A client, as it looks at its session. */
export interface Watcher {
  readonly name: string;
  session: SessionModel | null;
  /** The session that it has lost, as long as nobody has told it why. */
  lost: SessionModel | null;
  isThief: boolean;
  /** Whether its line was ever blocked. */
  wasBlocked: boolean;
}

/** A socket, as its server sees it. */
export interface ServerSocket {
  readonly sid: string;
  readonly client: string;
  readonly recovered: boolean;
  readonly rooms: ReadonlySet<string>;
  readonly born: number;
}

/**
 * Knows what was promised, is told of everything that happens, and throws when a promise is broken.
 */
export class Oracle {
  readonly publishes: Publishes;
  readonly deliveries: Deliveries;
  readonly books: Books;
  readonly sessions: Map<string, SessionModel> = new Map();
  readonly rules: OracleRules;
  /** Processes that were started. */
  process = 0;
  /** What has been checked, in number. */
  checks = 0;
  private readonly scheduler: Scheduler;
  private readonly connected = new Set<SessionModel>();
  private order = 0;
  private headOf: () => number = () => 0;

  constructor(scheduler: Scheduler, disk: Disk, rules: OracleRules) {
    this.scheduler = scheduler;
    this.rules = rules;
    this.books = new Books(disk);
    this.publishes = new Publishes(this.books, (room) => rules.durabilityOf(room));
    this.deliveries = new Deliveries(this.books);
  }

  get head(): number {
    return this.headOf();
  }

  private next(): number {
    this.order += 1;
    return this.order;
  }

  // What becomes of processes.

  started(): void {
    this.process += 1;
  }

  opened(epoch: string, headOf: () => number): void {
    this.headOf = headOf;
    this.books.open(epoch, this.process, headOf);
  }

  beforeCrash(): void {
    this.books.beforeCrash();
    // What it has sent still arrives, and speaks of what it had.
    const { head } = this;
    this.headOf = () => head;
    for (const session of this.connected) session.aliveMs = this.scheduler.nowMs;
    for (const session of this.sessions.values()) session.isLive = false;
    this.connected.clear();
  }

  afterCrash(isPowerFailure: boolean): void {
    if (isPowerFailure) this.books.afterPowerFailure(this.next());
    if (isPowerFailure && this.rules.sessionDurability === "process") {
      for (const session of this.sessions.values()) session.doubt();
    }
    this.publishes.afterCrash(isPowerFailure);
  }

  // What the server does.

  sent(sent: Omit<Sent, "order" | "process" | "head" | "timeMs">): void {
    const { process, head, scheduler } = this;
    const place = { order: this.next(), process, head, timeMs: scheduler.nowMs };
    this.deliveries.send({ ...sent, ...place });
  }

  accepted({ sid, client, recovered, rooms, born }: ServerSocket): SessionModel {
    const { nowMs } = this.scheduler;
    let session = this.sessions.get(sid);
    if (!recovered) {
      demand(session === undefined, () => `a new session has the id of another`);
      const name = `${client}.${this.sessions.size + 1}`;
      session = new SessionModel(
        { sid, name, client },
        {
          head: this.head,
          order: this.next(),
          process: this.process,
        },
      );
      this.sessions.set(sid, session);
      session.born = born;
    } else {
      demand(session !== undefined, () => `a session was recovered that never was`);
      this.recover(session, client, new Set([...rooms].filter((room) => room !== sid)));
      const { name } = session;
      demand(session.born === born, () => `session ${name} has other data than before`);
      session.forgivenMs = nowMs - this.rules.bufferMs;
    }
    session.process = this.process;
    session.isLive = true;
    session.aliveMs = nowMs;
    this.connected.add(session);
    return session;
  }

  released(sid: string, isFinal: boolean): void {
    const session = this.sessions.get(sid);
    if (session === undefined) return;
    session.aliveMs = this.scheduler.nowMs;
    session.hasEnded ||= isFinal;
    this.connected.delete(session);
  }

  /** A socket joins or leaves; what is returned is called once that is stored. */
  changed(sid: string, room: string, isJoin: boolean): () => void {
    const session = this.sessions.get(sid);
    if (session === undefined || session.rooms.has(room) === isJoin) return () => {};
    session.change({ room, isJoin, head: this.head, order: this.next() });
    const { changeCount } = session;
    return () => session.prove(changeCount);
  }

  // What clients see.

  connectedAs(watcher: Watcher, sid: string, recovered: boolean, hasAsked: boolean): void {
    this.checks += 1;
    const session = this.sessions.get(sid);
    demand(session !== undefined, () => `a client was told of a session that nobody has`);
    if (recovered) {
      demand(
        watcher.session === session,
        () =>
          `${watcher.name} has recovered session ${session.name}, which is not the one that it had`,
      );
      // That it was not recovered before has told it enough.
      watcher.lost = null;
      watcher.isThief = false;
    } else if (hasAsked) watcher.lost = watcher.session;
    watcher.session = session;
  }

  received(watcher: Watcher, args: readonly unknown[]): void {
    this.checks += 1;
    const { session } = watcher;
    const [name, first] = args;
    demand(session !== null, () => `${watcher.name} got ${String(name)} before it was connected`);
    if (name === "openline:gap") {
      this.toldOfGap(watcher, session, first as DeclaredGap);
      return;
    }
    demand(
      watcher.lost === null,
      () => `I8: ${watcher.name} was not told of a gap, but ${String(name)}`,
    );
    const { n } = first as { readonly n: number };
    this.deliveries.see(session, n, readCursor(args.at(-1)));
  }

  /** Looks at the whole log, and at those who are still there. */
  atTheEnd(watchers: readonly Watcher[], isHealed: boolean): void {
    this.publishes.atTheEnd((n, room) => this.deliveries.isSentTo(n, room));
    if (!isHealed) return;
    for (const { session, name } of watchers) {
      demand(session !== null, () => `I7: ${name} is not connected`);
      this.deliveries.finish(session, this.process);
    }
  }

  private recover(session: SessionModel, client: string, rooms: ReadonlySet<string>): void {
    const { name, process } = session;
    const wanted = (): string => [...session.rooms].join(", ");
    demand(
      client === session.client,
      () => `I9: ${client} has session ${name} of ${session.client}`,
    );
    const isSame = process === this.process;
    demand(!isSame || !session.hasEnded, () => `session ${name} has ended, and goes on`);
    // That it had ended did not survive the process before; and it was sent what was not stored.
    if (session.hasEnded) session.doubt();
    session.hasEnded = false;
    const isPossible = isSame
      ? rooms.size === session.rooms.size && [...rooms].every((room) => session.rooms.has(room))
      : session.restore(rooms);
    demand(
      isPossible,
      () => `session ${name} came back in ${[...rooms].join(", ")}; it was in ${wanted()}`,
    );
  }

  private toldOfGap(watcher: Watcher, session: SessionModel, gap: DeclaredGap): void {
    const { rules, scheduler, books } = this;
    if (gap.reason === "backpressure") {
      checkLeftOut(gap, { wasBlocked: watcher.wasBlocked, pressureOf: (r) => rules.pressureOf(r) });
      const until = { sequence: this.head, order: this.order };
      for (const room of gap.rooms ?? []) {
        session.excused.set(room, until);
        session.channels.delete(room);
      }
      return;
    }
    const { lost } = watcher;
    if (watcher.isThief && lost === null) {
      watcher.isThief = false;
      return;
    }
    demand(
      lost !== null,
      () => `I8: ${watcher.name} was told of a gap (${gap.reason}) for nothing`,
    );
    watcher.lost = null;
    checkRefusal(books, lost, gap, {
      retentionMs: rules.retentionMs,
      nowMs: scheduler.nowMs,
      areSessionsSafe: rules.sessionDurability === "disk",
      isThief: watcher.isThief,
    });
    watcher.isThief = false;
  }
}
