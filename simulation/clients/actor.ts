import type { Line, LineUser } from "../network/line.ts";
import { demand } from "../oracle/facts.ts";
import type { Oracle, Watcher } from "../oracle/oracle.ts";
import type { SessionModel } from "../oracle/session-model.ts";
import type { Scheduler } from "../world/scheduler.ts";
import { CHANNEL_EVENT, checkPlain, unwrap } from "./channel-view.ts";
import { checkJoined, type JoinAnswer } from "./joined.ts";
import { NumberedOutbox, type Outbox, type OutboxHost, PlainOutbox } from "./outbox.ts";
import { StockSocket } from "./stock-socket.ts";

/** What a client has around it. */
export interface ActorSurroundings {
  readonly scheduler: Scheduler;
  readonly oracle: Oracle;
  /** Opens a line to the server; null if nobody answers. */
  open(user: LineUser): Line | null;
}

/** A room that it wants to be in, or not, and has not been answered about. */
interface Wish {
  readonly room: string;
  readonly isJoin: boolean;
  /** By the server's own requests, or by an event of the application's. */
  readonly isRequest: boolean;
  readonly isChannel: boolean;
  isAsked: boolean;
}

const RETRY_MS = 300;

/** An application's client: it is in rooms, publishes with ids, and does all of it again until it is done. */
export class Actor implements Watcher {
  readonly name: string;
  readonly socket: StockSocket;
  session: SessionModel | null = null;
  lost: SessionModel | null = null;
  isThief = false;
  wasBlocked = false;
  line: Line | null = null;
  /** The rooms that it wants to be in. */
  readonly rooms: Set<string> = new Set();
  private readonly around: ActorSurroundings;
  private readonly outbox: Outbox;
  private wishes: Wish[] = [];
  /** The last positions that it was told, by room. */
  private readonly positions = new Map<string, { epoch: string; offset: number }>();

  constructor(name: string, around: ActorSurroundings) {
    this.name = name;
    this.around = around;
    const open = (user: LineUser): Line | null => {
      this.line = around.open(user);
      return this.line;
    };
    this.socket = new StockSocket(around.scheduler, open, {
      connected: (recovered, asked) => this.connected(recovered, asked !== null),
      refused: () => this.note("refused"),
      event: (args) => this.received(args),
      disconnected: (isFinal) => this.disconnected(isFinal),
    });
    this.socket.auth = { user: name };
    const { random } = around.scheduler;
    this.outbox = new (random.chance(0.5) ? NumberedOutbox : PlainOutbox)(this.outboxHost());
  }

  /** Nothing is left to do. */
  get isDone(): boolean {
    return this.socket.connected && this.outbox.isEmpty && this.wishes.length === 0;
  }

  publish(n: number, room: string, args: readonly unknown[]): void {
    this.outbox.add(n, room, args);
    this.work();
  }

  join(room: string, isRequest: boolean): void {
    this.rooms.add(room);
    this.wish(room, true, isRequest);
  }

  leave(room: string, isRequest: boolean): void {
    this.rooms.delete(room);
    this.wish(room, false, isRequest);
  }

  /** It is a new page, which remembers positions alone. */
  reload(): void {
    this.socket.reload();
    this.session = null;
    this.lost = null;
    this.socket.connect();
  }

  private note(text: string): void {
    this.around.scheduler.note(`${this.name} ${text}`);
  }

  private connected(recovered: boolean, hasAsked: boolean): void {
    this.note(`connected, ${recovered ? "recovered" : "new"}`);
    this.around.oracle.connectedAs(this, this.socket.id ?? "", recovered, hasAsked);
    if (!recovered) {
      // Whatever it was in before, it is not any more.
      const { random } = this.around.scheduler;
      const isRequest = random.chance(0.5);
      const isChannel = random.chance(0.5);
      this.wishes = [...this.rooms].map((room) => ({ ...wishOf(room), isRequest, isChannel }));
    }
    this.work();
  }

  private received(args: readonly unknown[]): void {
    const isChannel = args[0] === CHANNEL_EVENT;
    this.note(`got ${shown(args)}`);
    const { oracle } = this.around;
    const { session } = this;
    if (!isChannel) {
      if (session !== null) checkPlain(session, oracle.books, args);
      oracle.received(this, args);
      return;
    }
    demand(session !== null, () => `${this.name} got a channel's before it was connected`);
    const inner = unwrap(session, oracle.books, args);
    if (inner !== null) oracle.received(this, inner);
  }

  private disconnected(isFinal: boolean): void {
    this.note(isFinal ? "sent away" : "disconnected");
    this.outbox.disconnected();
    for (const each of this.wishes) each.isAsked = false;
  }

  private wish(room: string, isJoin: boolean, isRequest: boolean): void {
    const isChannel = this.around.scheduler.random.chance(0.5);
    this.wishes.push({ room, isJoin, isRequest, isChannel, isAsked: false });
    this.work();
  }

  /** Asks for all that it has not asked for on this connection. */
  private work(): void {
    if (!this.socket.connected) return;
    this.outbox.send();
    for (const wish of this.wishes) if (!wish.isAsked) this.askFor(wish);
  }

  private askFor(wish: Wish): void {
    const { room, isJoin } = wish;
    // Where there is no rule, clients may ask for nothing by themselves.
    const isRequest = wish.isRequest && !room.startsWith("x");
    wish.isAsked = true;
    this.session?.channels.delete(room);
    const since = this.positions.get(room);
    const moves = this.session?.moves;
    const done = (): void => {
      this.wishes = this.wishes.filter((other) => other !== wish);
    };
    if (!isRequest) {
      this.socket.emit([isJoin ? "enter" : "exit", room], done);
      return;
    }
    const request = isJoin ? { room, since, channel: wish.isChannel } : { room };
    this.socket.emit([isJoin ? "openline:join" : "openline:leave", request], (answer) => {
      const { code } = answer as { readonly code?: string };
      if (code !== undefined) {
        this.note(`${room} refused: ${code}`);
        this.again(() => {
          wish.isAsked = false;
        });
        return;
      }
      done();
      if (isJoin) this.joined(wish, since, answer as JoinAnswer);
      if (moves !== this.session?.moves) this.session?.channels.delete(room);
    });
  }

  private joined(
    { room, isChannel }: Wish,
    since: { epoch: string; offset: number } | undefined,
    answer: JoinAnswer,
  ): void {
    const { position } = answer;
    this.note(`joined ${room} at ${position?.offset}`);
    if (position === null || this.session === null) return;
    checkJoined(this.around.oracle.books, room, since, answer);
    this.session.answered.set(room, position.offset);
    this.positions.set(room, position);
    // Another one that is not answered yet may have changed that meanwhile.
    const isCertain = isChannel && !this.wishes.some((other) => other.room === room);
    // An offset of 0 may also say that nobody knows it any more.
    if (isCertain && this.session.isLive && position.offset > 0) {
      this.session.channels.set(room, position.offset + 1);
    }
  }

  private outboxHost(): OutboxHost {
    const { scheduler, oracle } = this.around;
    const { name, socket } = this;
    return {
      name,
      scheduler,
      publishes: oracle.publishes,
      get isConnected() {
        return socket.connected;
      },
      emit: (args, acknowledge) => socket.emit(args, acknowledge),
      note: (text) => this.note(text),
    };
  }

  private again(change: () => void): void {
    this.around.scheduler.after(RETRY_MS, () => {
      change();
      this.work();
    });
  }
}

function wishOf(room: string): Wish {
  return { room, isJoin: true, isRequest: false, isChannel: false, isAsked: false };
}

/** What tells an event from others; without times and cursors, which no two worlds share. */
function shown(args: readonly unknown[]): string {
  if (args[0] !== CHANNEL_EVENT) return JSON.stringify(args.slice(0, 2));
  const [, place, ...inner] = args as [string, readonly unknown[], ...unknown[]]; // checked elsewhere
  return JSON.stringify([...place.slice(0, 2), ...inner.slice(0, -1).slice(0, 2)]);
}
