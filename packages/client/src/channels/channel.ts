import { Emitter } from "../events/emitter.ts";
import type { AnyListener, DefaultEventsMap } from "../events/event-types.ts";
import { ChannelError, isRefusal } from "./channel-error.ts";
import type { ReadFrom } from "./channel-reader.ts";
import type { ChannelEvents, EventName, Input, MessageOf, Output } from "./channel-types.ts";
import { type Members, type MembersChange, RoomMembers } from "./members.ts";
import { MessageIterator } from "./message-iterator.ts";
import type { Observable } from "./observable.ts";
import type { Published } from "./outbox.ts";
import {
  type ChannelMessage,
  type Gap,
  type HistoryAnswer,
  type Position,
  toMessage,
} from "./positions.ts";
import { reportLater } from "./report.ts";
import { type RoomAsker, RoomLine } from "./room-line.ts";

/** Where a channel begins. */
export interface ChannelOptions {
  /**
   * `"stored"`: where this client has been before, as far as that is kept, and else now. `"now"`.
   * `"start"`: at the oldest message that the room keeps. Or behind a position. Default: `"stored"`.
   */
  readonly from?: "stored" | ReadFrom | undefined;
  /** How many of the newest messages to begin with, if it begins now. Default: 0. */
  readonly last?: number | undefined;
}

/** `"joining"`: it is not joined yet, or not again. */
export type ChannelStatus = "joining" | "joined" | "refused" | "left";

/** Which messages of a room's past are asked for. */
export interface HistoryQuery {
  /** The newest that come before that offset. */
  readonly before?: number | undefined;
  /** The oldest that come after it. */
  readonly after?: number | Position | undefined;
  /** Default: 100, at most 1,000. */
  readonly limit?: number | undefined;
}

/** A part of a room's past, the oldest first. */
export interface ChannelHistory<Message = ChannelMessage> extends Omit<HistoryAnswer, "messages"> {
  readonly messages: readonly Message[];
}

export interface PublishOptions {
  /** What names this message, at most 128 characters; default: 128 random bits. */
  readonly id?: string | undefined;
}

/** What channels need of their client. */
export interface ChannelHost extends RoomAsker {
  tell(event: string, fields: object): void;
  publish(
    room: string,
    event: string,
    args: readonly unknown[],
    id: string | undefined,
  ): Promise<Published>;
  /** Asks once there is a line, and again if it is lost; rejects when there will be none. */
  request(event: string, fields: object): Promise<unknown>;
  storedPosition(room: string): Promise<Position | null>;
  /** The channel is somewhere else now. */
  moved(room: string, position: Position | null): void;
  left(room: string): void;
  /** Whether the channel is being joined: what is published meanwhile leaves after that. */
  joining(room: string, isJoining: boolean): void;
}

/** Events of channels themselves, whose names rooms cannot use. */
const ownEvents: ReadonlySet<string> = new Set(["gap", "joined", "error"]);

/** One room: its messages, each once and in order, and what is published there. */
export class Channel<Events extends object = ChannelEvents>
  implements AsyncIterable<MessageOf<Events>>
{
  readonly name: string;
  /** Who is in the room, where its rule tells: asked for while somebody looks. */
  readonly members: Observable<Members>;
  readonly #members: RoomMembers;
  readonly #host: ChannelHost;
  readonly #emitter: Emitter<DefaultEventsMap, DefaultEventsMap> = new Emitter();
  readonly #any = new Set<AnyListener>();
  readonly #iterators = new Set<MessageIterator>();
  #line: RoomLine | null = null;
  #state: ChannelStatus = "joining";
  #error: ChannelError | null = null;

  /** Made by `client.channel`. */
  constructor(host: ChannelHost, name: string, { from = "stored", last = 0 }: ChannelOptions = {}) {
    this.#host = host;
    this.name = name;
    host.joining(name, true);
    this.#members = new RoomMembers(name, host);
    this.members = this.#members;
    if (from !== "stored") this.#begin(from, last);
    else {
      host.storedPosition(name).then(
        (position) => this.#begin(position ?? "now", last),
        (error: unknown) => {
          reportLater(error);
          this.#begin("now", last);
        },
      );
    }
  }

  #begin(from: ReadFrom, last: number): void {
    if (this.#status === "left") return;
    this.#line = new RoomLine(
      this.name,
      this.#host,
      {
        deliver: (message) => this.#deliver(message),
        gap: (gap) => this.#tellGap(gap),
        joined: () => this.#onJoined(),
        moved: () => this.#keepPlace(),
        refused: (error) => this.#onRefused(error),
        failed: (error) => this.#tell("error", error),
      },
      { from, last },
    );
  }

  get status(): ChannelStatus {
    return this.#state;
  }

  get #status(): ChannelStatus {
    return this.#state;
  }

  set #status(status: ChannelStatus) {
    this.#state = status;
    this.#host.joining(this.name, status === "joining");
  }

  /** Behind what was delivered last; null before the channel is joined, and in rooms without a log. */
  get position(): Position | null {
    return this.#line?.position ?? null;
  }

  /** Calls `listener` with what is sent as `event`, or with what the channel itself has to tell. */
  on(event: "gap", listener: (gap: Gap) => void): this;
  on(event: "joined", listener: () => void): this;
  on(event: "error", listener: (error: ChannelError) => void): this;
  on<Name extends keyof Events & string>(
    event: Name,
    listener: (data: Output<Events[Name]>, message: MessageOf<Events, Name>) => void,
  ): this;
  on(event: string, listener: AnyListener): this {
    this.#emitter.on(event, listener);
    return this;
  }

  /** As `on`, for the next one only. */
  once(event: "gap", listener: (gap: Gap) => void): this;
  once(event: "joined", listener: () => void): this;
  once(event: "error", listener: (error: ChannelError) => void): this;
  once<Name extends keyof Events & string>(
    event: Name,
    listener: (data: Output<Events[Name]>, message: MessageOf<Events, Name>) => void,
  ): this;
  once(event: string, listener: AnyListener): this {
    this.#emitter.once(event, listener);
    return this;
  }

  /** Removes a listener; without one, all of that event. */
  off(event: EventName<Events> | "gap" | "joined" | "error", listener?: AnyListener): this {
    this.#emitter.off(event, listener);
    return this;
  }

  /** Calls `listener` with every message, whatever its event, before those of the event. */
  onAny(listener: (message: MessageOf<Events>) => void): this {
    this.#any.add(listener);
    return this;
  }

  offAny(listener: (message: MessageOf<Events>) => void): this {
    this.#any.delete(listener);
    return this;
  }

  /**
   * Publishes: now or, if there is no connection, later. Resolves to its place once it is on the log.
   *
   * The same `id` given again is the same message.
   *
   * @throws ChannelError if the server does not want it
   * @throws TypeError for a name that means something to channels themselves
   */
  async publish<Name extends keyof Events & string>(
    event: Name,
    ...given: [...Input<Events[Name]>, options?: PublishOptions]
  ): Promise<Published> {
    const [data, options] = given as unknown[] as [data?: unknown, options?: PublishOptions]; // one payload
    this.#check(event);
    return this.#host.publish(this.name, event, argsOf(data), options?.id);
  }

  /** Publishes if there is a connection, and else not at all: for what is of use at this moment only. */
  emit<Name extends keyof Events & string>(event: Name, ...[data]: Input<Events[Name]>): void {
    this.#check(event);
    if (!this.#host.isConnected) return;
    this.#host.tell("openline:publish", { room: this.name, event, args: argsOf(data) });
  }

  #check(event: string): void {
    if (this.#status === "left") throw new TypeError(`The channel "${this.name}" was left`);
    if (!ownEvents.has(event)) return;
    throw new TypeError(`"${event}" is an event of the channel itself: choose another name`);
  }

  /**
   * Reads the past of the room; without `after`, its newest messages or those before an offset.
   *
   * @throws ChannelError if that is refused
   */
  async history(query: HistoryQuery = {}): Promise<ChannelHistory<MessageOf<Events>>> {
    const answer = await this.#host.request("openline:history", { room: this.name, ...query });
    if (isRefusal(answer)) throw new ChannelError(answer);
    const { messages, ...rest } = answer as HistoryAnswer; // what is no refusal
    // What a room has is what its contract says.
    return { ...rest, messages: messages.map(toMessage) as unknown as MessageOf<Events>[] };
  }

  /** Every message from now on, also of who takes them slowly: those of a log are read again. */
  [Symbol.asyncIterator](): AsyncIterableIterator<MessageOf<Events>, undefined> {
    const iterator = new MessageIterator({
      readAfter: async (after) => {
        const answer = await this.history({ after });
        const next = answer.messages[0]?.offset ?? answer.position.offset + 1;
        if (answer.gap) this.#tellGap({ reason: "retention", from: after + 1, to: next! - 1 });
        return answer as ChannelHistory;
      },
      missed: () => this.#tellGap({ reason: "slow", from: null, to: null }),
      closed: (closed) => void this.#iterators.delete(closed),
    });
    this.#iterators.add(iterator);
    if (this.#status === "left") iterator.end(undefined);
    if (this.#status === "refused") iterator.end(this.#error);
    return iterator as AsyncIterableIterator<MessageOf<Events>, undefined>; // see above
  }

  /** Ends it: nothing more is delivered. What was published still goes out. */
  leave(): void {
    if (this.#status === "left") return;
    this._close();
    if (this.#host.isConnected) this.#host.tell("openline:leave", { room: this.name });
    this.#host.left(this.name);
  }

  /** Ends it without a word to the server. */
  _close(): void {
    this.#status = "left";
    this.#line?.close();
    for (const iterator of this.#iterators) iterator.end(undefined);
  }

  /** The client is connected; a recovered session is still in the room. */
  _connected(isRecovered: boolean): void {
    if (!isRecovered && this.#status === "refused") this.#status = "joining";
    this.#line?.connected(isRecovered);
    this.#members.connected();
  }

  _disconnected(): void {
    if (this.#status === "joined") this.#status = "joining";
    this.#line?.disconnected();
    this.#members.disconnected();
  }

  /** Somebody came or went. */
  _changed(change: MembersChange): void {
    this.#members.changed(change);
  }

  /** Takes what came live. */
  _live(epoch: string, offset: number | null, message: ChannelMessage | null): void {
    this.#line?.live(epoch, offset, message);
    if (message === null) this.#host.moved(this.name, this.position);
  }

  /** Also where nothing was delivered yet: the next page is owed what comes from now on. */
  #keepPlace(): void {
    const { position } = this;
    if (position !== null && this.#status !== "left") this.#host.moved(this.name, position);
  }

  #onJoined(): void {
    if (this.#status === "left") return;
    this.#status = "joined";
    this.#error = null;
    this.#tell("joined");
  }

  #onRefused(error: ChannelError): void {
    this.#status = "refused";
    this.#error = error;
    this.#tell("error", error);
    for (const iterator of this.#iterators) iterator.end(error);
  }

  #deliver(message: ChannelMessage): void {
    if (this.#status === "left") return;
    this.#host.moved(this.name, this.position);
    for (const iterator of this.#iterators) iterator.push(message);
    for (const listener of [...this.#any]) call(listener, message);
    if (!ownEvents.has(message.event)) this.#tell(message.event, message.data, message);
  }

  #tellGap(gap: Gap): void {
    if (this.#status === "left") return;
    if (gap.reason === "epoch") for (const each of this.#iterators) each.rewind(gap.from! - 1);
    this.#tell("gap", gap);
  }

  #tell(event: string, ...args: unknown[]): void {
    for (const listener of this.#emitter.listeners(event)) call(listener, ...args);
  }
}

function call(listener: AnyListener, ...args: unknown[]): void {
  try {
    listener(...args);
  } catch (error) {
    reportLater(error);
  }
}

function argsOf(data: unknown): unknown[] {
  return data === undefined ? [] : [data];
}
