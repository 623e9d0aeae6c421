import type { Line, LineUser } from "../network/line.ts";
import type { Oracle, Watcher } from "../oracle/oracle.ts";
import type { Answer } from "../oracle/publishes.ts";
import type { SessionModel } from "../oracle/session-model.ts";
import type { Scheduler } from "../world/scheduler.ts";
import { checkJoined, type JoinAnswer } from "./joined.ts";
import { StockSocket } from "./stock-socket.ts";

/** What a client has around it. */
export interface ActorSurroundings {
  readonly scheduler: Scheduler;
  readonly oracle: Oracle;
  /** Opens a line to the server; null if nobody answers. */
  open(user: LineUser): Line | null;
}

/** A message that has not been acknowledged. */
interface Unsent {
  readonly n: number;
  readonly room: string;
  readonly args: readonly unknown[];
  isAsked: boolean;
}

/** A room that it wants to be in, or not, and has not been answered about. */
interface Wish {
  readonly room: string;
  readonly isJoin: boolean;
  /** By the server's own requests, or by an event of the application's. */
  readonly isRequest: boolean;
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
  private readonly outbox: Unsent[] = [];
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
  }

  /** Nothing is left to do. */
  get isDone(): boolean {
    return this.socket.connected && this.outbox.length === 0 && this.wishes.length === 0;
  }

  publish(n: number, room: string, args: readonly unknown[]): void {
    this.outbox.push({ n, room, args, isAsked: false });
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
      const isRequest = this.around.scheduler.random.chance(0.5);
      this.wishes = [...this.rooms].map((room) => ({ ...wishOf(room), isRequest }));
    }
    this.work();
  }

  private received(args: readonly unknown[]): void {
    this.note(`got ${JSON.stringify(args.slice(0, 2))}`);
    this.around.oracle.received(this, args);
  }

  private disconnected(isFinal: boolean): void {
    this.note(isFinal ? "sent away" : "disconnected");
    for (const each of this.outbox) {
      if (each.isAsked) this.around.oracle.publishes.lose(each.n);
      each.isAsked = false;
    }
    for (const each of this.wishes) each.isAsked = false;
  }

  private wish(room: string, isJoin: boolean, isRequest: boolean): void {
    this.wishes.push({ room, isJoin, isRequest, isAsked: false });
    this.work();
  }

  /** Asks for all that it has not asked for on this connection. */
  private work(): void {
    if (!this.socket.connected) return;
    for (const unsent of this.outbox) if (!unsent.isAsked) this.ask(unsent);
    for (const wish of this.wishes) if (!wish.isAsked) this.askFor(wish);
  }

  private ask(unsent: Unsent): void {
    const { n, room, args } = unsent;
    const { publishes } = this.around.oracle;
    unsent.isAsked = true;
    publishes.start(n, room);
    const [event, ...others] = args;
    const request = { room, event, args: others, id: `id-${n}` };
    this.socket.emit(["openline:publish", request], (answer) => {
      const { code } = answer as { readonly code?: string };
      if (code !== undefined) {
        this.note(`${n} refused: ${code}`);
        publishes.refuse(n);
        this.again(() => {
          unsent.isAsked = false;
        });
        return;
      }
      const { offset } = answer as Answer;
      this.note(`${n} is at ${offset}`);
      this.outbox.splice(this.outbox.indexOf(unsent), 1);
      publishes.acknowledge(n, room, answer as Answer);
    });
  }

  private askFor(wish: Wish): void {
    const { room, isJoin } = wish;
    // Where there is no rule, clients may ask for nothing by themselves.
    const isRequest = wish.isRequest && !room.startsWith("x");
    wish.isAsked = true;
    const since = this.positions.get(room);
    const done = (): void => {
      this.wishes = this.wishes.filter((other) => other !== wish);
    };
    if (!isRequest) {
      this.socket.emit([isJoin ? "enter" : "exit", room], done);
      return;
    }
    const request = isJoin ? { room, since } : { room };
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
      if (isJoin) this.joined(room, since, answer as JoinAnswer);
    });
  }

  private joined(
    room: string,
    since: { epoch: string; offset: number } | undefined,
    answer: JoinAnswer,
  ): void {
    const { position } = answer;
    this.note(`joined ${room} at ${position?.offset}`);
    if (position === null || this.session === null) return;
    checkJoined(this.around.oracle.books, room, since, answer);
    this.session.answered.set(room, position.offset);
    this.positions.set(room, position);
  }

  private again(change: () => void): void {
    this.around.scheduler.after(RETRY_MS, () => {
      change();
      this.work();
    });
  }
}

function wishOf(room: string): Wish {
  return { room, isJoin: true, isRequest: false, isAsked: false };
}
