import type { AnyContract, ReadingContract, RoomName } from "@openline/protocol/contract";
import { parseAddress } from "../engine/address.ts";
import { targetOf } from "../engine/target.ts";
import type { ManagerOptions, Socket, SocketOptions } from "../index.ts";
import { after } from "../platform/timers.ts";
import { browser, listen } from "./browser.ts";
import { Channel, type ChannelOptions } from "./channel.ts";
import { ChannelError } from "./channel-error.ts";
import type { EmitsOf, EventsIn, ListensOf } from "./channel-types.ts";
import { ClientManager } from "./client-manager.ts";
import { Connection, type ConnectionState } from "./connection.ts";
import { Keeper } from "./keeper.ts";
import { LineCheck } from "./line-check.ts";
import { LineWatch } from "./line-watch.ts";
import type { MembersChange } from "./members.ts";
import type { Observable } from "./observable.ts";
import { Outbox, type OutboxEntry } from "./outbox.ts";
import { PositionKeeper } from "./position-keeper.ts";
import { randomId } from "./random-id.ts";
import { Reconnector } from "./reconnector.ts";
import { reportLater } from "./report.ts";
import { type Outcome, Requests } from "./requests.ts";
import { wasTooLarge } from "./server-hints.ts";
import type { Storage, Store } from "./store.ts";

export interface ClientOptions<Of extends AnyContract = AnyContract>
  extends Omit<ManagerOptions, "contract">,
    Omit<SocketOptions, "contract"> {
  /** Which namespace of the server. Default: "/". */
  readonly namespace?: string | undefined;
  /** Where to keep what a reload must not lose: `indexedDB()`, or a store of your own. Default: nowhere. */
  readonly persist?: Store | undefined;
  /** How long an answer may take, in milliseconds. Default: 20,000. */
  readonly ackTimeoutMs?: number | undefined;
  /** What the server and its clients send each other, by `defineContract`: gives channels their types. */
  readonly contract?: (Of & ReadingContract) | undefined;
}

/** One namespace of a server, with channels that do not lose their place. */
export class Client<Of extends AnyContract = AnyContract> {
  /** For everything else that Socket.IO can do. */
  readonly socket: Socket<ListensOf<Of>, EmitsOf<Of>>;
  /** Whether it is connected; if not, why, and what is next. */
  readonly connection: Observable<ConnectionState>;
  /** What was published and is not settled. */
  readonly outbox: Observable<readonly OutboxEntry[]>;
  readonly #socket: Socket;
  readonly #manager: ClientManager;
  readonly #connection: Connection;
  readonly #reconnector: Reconnector;
  readonly #requests: Requests;
  readonly #outbox: Outbox;
  readonly #keeper: Keeper | null;
  readonly #positions: PositionKeeper;
  readonly #channels = new Map<string, Channel<never>>();
  /** Channels whose join is not answered: who publishes in one gets its own message. */
  readonly #joining = new Set<string>();
  /** Rooms without a channel whose messages come all the same. */
  readonly #unwanted = new Set<string>();
  readonly #ackTimeoutMs: number;
  /** How to undo what was begun for as long as it lives. */
  readonly #undo: (() => void)[] = [];
  /** Those who wait for a line. */
  #waiting: ((isConnected: boolean) => void)[] = [];
  #isClosed = false;

  /** Use `createClient`. */
  constructor(url: string | undefined, options: ClientOptions<Of> = {}) {
    const { namespace = "/", persist, ackTimeoutMs = 20_000, ...rest } = options;
    this.#ackTimeoutMs = ackTimeoutMs;
    this.#manager = new ClientManager(url, { ...rest, autoConnect: false });
    this.#connection = new Connection(rest.autoConnect === false ? "closed" : "connecting");
    // A network is not what connects a host to itself.
    const { s, hostname, port } = parseAddress(url ?? targetOf(rest));
    this.#reconnector = new Reconnector(this.#manager, this.#connection, hostname !== "localhost");
    this.#manager.waiter = this.#reconnector;
    this.#socket = this.#manager.socket(namespace, rest);
    this.socket = this.#socket as unknown as this["socket"]; // by its contract
    this.#requests = new Requests(this.#socket);
    const owner = randomId();
    this.#outbox = new Outbox(
      {
        ask: (fields, done) => this.#ask("openline:publish", fields, done),
        isHeld: () => this.#joining.size > 0,
        giveUp: () => this.#manager.engine.onEnd({ description: "the server does not answer" }),
        after: (delayMs, callback) => after(this.#manager.opts, delayMs, callback),
        nowMs: () => browser.performance.now(),
      },
      owner,
    );
    this.connection = this.#connection;
    this.outbox = this.#outbox.shown;
    const scope = `http${s}://${hostname}:${port} ${namespace}`;
    this.#keeper = persist
      ? new Keeper(persist, scope, owner, (entries) => this.#outbox.adopt(entries))
      : null;
    this.#positions = new PositionKeeper(this.#open(), (delayMs, callback) =>
      after(this.#manager.opts, delayMs, callback),
    );
    this.#listen();
    this.#watch();
    if (rest.autoConnect !== false) this.socket.connect();
  }

  /** A room's channel: the same for the same name until it is left. */
  channel<Name extends RoomName<Of>>(
    name: Name,
    options?: ChannelOptions,
  ): Channel<EventsIn<Of, Name>> {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = new Channel<never>(this.#channelHost(), name, options);
      this.#channels.set(name, channel);
    }
    return channel as unknown as Channel<EventsIn<Of, Name>>; // by its name
  }

  /** Connects now, if it waits for the next attempt or has given up: for a button that says so. */
  retry(): void {
    if (this.#isClosed) return;
    if (this.socket.active) this.#reconnector.retry();
    else this.socket.connect();
  }

  /** Ends it: channels are left, and what was not sent stays in the store. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const undo of this.#undo) undo();
    for (const channel of this.#channels.values()) channel._close();
    this.#channels.clear();
    this.#outbox.close();
    this.#manager.disconnect();
    this.socket.disconnect();
    this.#requests.lose();
    this.#tellWaiting(false);
    this.#connection._change({ state: "closed", reason: "closed", attempt: 0, retryAtMs: null });
    void this.#positions.flush().then(() => this.#keeper?.suspend());
  }

  /** Opens the store, and gives the outbox what was left there. */
  async #open(): Promise<Storage | null> {
    try {
      const opened = (await this.#keeper?.open()) ?? null;
      if (!this.#isClosed) this.#outbox.open(opened?.storage ?? null, opened?.adopted ?? []);
      return opened?.storage ?? null;
    } catch (error) {
      // A browser that stores nothing is no reason not to talk.
      reportLater(error);
      if (!this.#isClosed) this.#outbox.open(null, []);
      return null;
    }
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on("openline:message", (place: unknown, ...rest: unknown[]) => this.#take(place, rest));
    socket.on("openline:presence", (change: MembersChange) =>
      this.#channels.get(change.room)?._changed(change),
    );
    socket.on("connect", () => {
      this.#unwanted.clear();
      this.#connection._change({ state: "connected", reason: null, attempt: 0, retryAtMs: null });
      // Those that join hold the outbox until they are answered.
      for (const channel of this.#channels.values()) channel._connected(socket.recovered);
      this.#outbox.connected();
      this.#tellWaiting(true);
    });
    socket.on("disconnect", (reason, details) => {
      this.#requests.lose();
      this.#outbox.disconnected(wasTooLarge(details));
      for (const channel of this.#channels.values()) channel._disconnected();
      if (!socket.active) this.#connection._change({ state: "closed", reason, retryAtMs: null });
    });
    socket.on("connect_error", ({ message: reason }) => {
      if (!socket.active) this.#connection._change({ state: "closed", reason, retryAtMs: null });
    });
  }

  /** Listens to the platform. */
  #watch(): void {
    const lineCheck = new LineCheck(this.#manager, this.#requests);
    const socket = this.#socket;
    const watch = new LineWatch({
      get isConnected() {
        return socket.connected;
      },
      check: () => lineCheck.check(),
      hasten: () => this.#reconnector.hasten(),
      goOffline: () => this.#reconnector.goOffline(),
      // It keeps no process alive.
      after: (delayMs, callback) =>
        after({ ...this.#manager.opts, autoUnref: true }, delayMs, callback),
      nowMs: () => Date.now(),
    });
    this.#undo.push(
      () => watch.close(),
      listen("document", "visibilitychange", () => {
        if (browser.document?.visibilityState === "hidden") void this.#positions.flush();
      }),
      listen("page", "pagehide", ({ persisted }: { persisted: boolean }) => this.#hide(persisted)),
      listen("page", "pageshow", ({ persisted }: { persisted: boolean }) => {
        if (persisted) this.#showAgain();
      }),
    );
  }

  /** The page goes; it is kept for going back to only if it holds nothing that others wait for. */
  #hide(isKept: boolean): void {
    void this.#positions.flush();
    if (!isKept) return;
    this.#reconnector.suspend();
    if (this.socket.active) this.#manager.engine.onEnd({ description: "the page is hidden" });
    this.#keeper?.suspend();
  }

  #showAgain(): void {
    this.#reconnector.resume();
    this.#keeper?.resume().catch(reportLater);
  }

  /** Takes what a channel gets: its place in the room, the event and, as the last, a cursor. */
  #take(place: unknown, rest: unknown[]): void {
    const [room, offset, timeMs = null, id = null] = place as [
      string,
      number | null,
      number?,
      string?,
    ];
    // Null of what is not logged, where that is not kept either.
    const cursor = (rest.pop() ?? "") as string;
    const [event, ...args] = rest as [string?, ...unknown[]];
    const message = event === undefined ? null : { event, data: args[0], args, offset, id, timeMs };
    const channel = this.#channels.get(room);
    if (channel !== undefined) channel._live(cursor.slice(0, 8), offset, message);
    else if (!this.#unwanted.has(room)) {
      // It was left while there was no line, and the session has been taken up again.
      this.#unwanted.add(room);
      this.#requests.tell("openline:leave", { room });
    }
  }

  #ask(event: string, fields: object, done: (outcome: Outcome) => void): void {
    this.#requests.ask(event, fields, this.#ackTimeoutMs, done);
  }

  #tellWaiting(isConnected: boolean): void {
    for (const tell of this.#waiting.splice(0)) tell(isConnected);
  }

  #whenConnected(): Promise<boolean> {
    if (this.#isClosed || this.socket.connected) return Promise.resolve(!this.#isClosed);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Asks once there is a line, and again on the next one if that is lost. */
  async #request(event: string, fields: object): Promise<unknown> {
    while (await this.#whenConnected()) {
      const outcome = await new Promise<Outcome>((resolve) => this.#ask(event, fields, resolve));
      if (outcome.kind === "answer") return outcome.answer;
      if (outcome.kind === "timeout") {
        throw new ChannelError({
          code: "OPENLINE_NO_ANSWER",
          message: `The server does not answer ${event}`,
        });
      }
    }
    throw new ChannelError({ code: "OPENLINE_CLIENT_CLOSED", message: "The client was closed" });
  }

  #channelHost(): ConstructorParameters<typeof Channel>[0] {
    const socket = this.#socket;
    return {
      get isConnected() {
        return socket.connected;
      },
      ask: (event, fields, done) => this.#ask(event, fields, done),
      tell: (event, fields) => this.#requests.tell(event, fields),
      after: (delayMs, callback) => after(this.#manager.opts, delayMs, callback),
      publish: (room, event, args, id = randomId()) => this.#outbox.publish(room, event, args, id),
      request: (event, fields) => this.#request(event, fields),
      storedPosition: (room) => this.#positions.read(room),
      moved: (room, position) => {
        if (this.#keeper !== null) this.#positions.moved(room, position);
      },
      left: (room) => void this.#channels.delete(room),
      joining: (room, isJoining) => {
        if (isJoining) this.#joining.add(room);
        else if (this.#joining.delete(room)) this.#outbox.send();
      },
    };
  }
}

/** Connects to a namespace of a server; without a URL, of the one where the page comes from. */
export function createClient<Of extends AnyContract = AnyContract>(
  url?: string,
  options?: ClientOptions<Of>,
): Client<Of>;
export function createClient<Of extends AnyContract = AnyContract>(
  options?: ClientOptions<Of>,
): Client<Of>;
export function createClient<Of extends AnyContract = AnyContract>(
  first?: string | ClientOptions<Of>,
  second?: ClientOptions<Of>,
): Client<Of> {
  return typeof first === "object" ? new Client(undefined, first) : new Client(first, second);
}
