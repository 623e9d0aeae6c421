import type { Position } from "../log/log.ts";
import { LogError } from "../log/log-error.ts";
import { tell } from "../observe/channels.ts";
import { DeliveryError, type Refusal } from "../rooms/delivery-error.ts";
import type { RoomAction, RoomRules } from "../rooms/rules.ts";
import {
  type AskedMessage,
  badRequest,
  checkRoom,
  OWN_PREFIX,
  readMessage,
} from "./messages-asked.ts";
import type { Members, Presence } from "./presence.ts";
import { type Admitted, type NumberedMessage, Producer, ProducerEpochs } from "./producers.ts";
import type { Published } from "./publishing.ts";
import type { History, HistoryQuery } from "./room-reader.ts";
import type { Subscriber } from "./subscriber.ts";

/** Who asks. */
export interface RequestSocket {
  readonly id: string;
  readonly connected: boolean;
  readonly rooms: ReadonlySet<string>;
  readonly subscriber: Subscriber | null;
  join(room: string): Promise<void> | void;
  leave(room: string): Promise<void> | void;
}

/** What requests are carried out with. */
export interface RequestHost {
  readonly rules: RoomRules<never>;
  /** Rooms that one client may have joined by itself. */
  readonly maxRooms: number;
  /** The newest sequence of the log. */
  readonly head: number;
  /** Whether it is the room of one socket alone. */
  isPrivate(room: string): boolean;
  publish(
    room: string,
    data: readonly [string, ...unknown[]],
    id: string | null,
  ): Promise<Published>;
  /** @throws DeliveryError for an event that is not what the room takes */
  admit(room: string, data: NumberedMessage["data"]): Admitted;
  /** Publishes several, of logged rooms: all of them, or none. */
  publishAll(messages: readonly NumberedMessage[]): Promise<readonly Published[]>;
  history(room: string, query: HistoryQuery, untilSequence?: number): Promise<History>;
  /** Of the newest message up to a sequence. */
  position(room: string, untilSequence: number): Promise<Position>;
  readonly presence: Presence;
  /** Stores what has changed of its session; resolves when that is done. */
  store(subscriber: Subscriber): Promise<void> | void;
  reportError(error: unknown, event: string): void;
}

/** What a client that joins is told. */
export interface Joined extends Omit<History, "position"> {
  readonly position: Position | null;
}

type Fields = Readonly<Record<string, unknown>>;
type Acknowledge = (answer: unknown) => void;

/** The events by which clients ask for what the server's own code can do: with its leave. */
export class Requests {
  private readonly host: RequestHost;
  private readonly epochs = new ProducerEpochs();
  private readonly producers = new WeakMap<RequestSocket, Producer>();

  constructor(host: RequestHost) {
    this.host = host;
  }

  /** Carries out an event if it is a request; false if it is not. */
  take(socket: RequestSocket, args: readonly unknown[]): boolean {
    const [event, fields] = args;
    if (typeof event !== "string" || !event.startsWith(OWN_PREFIX)) return false;
    const last = args.at(-1);
    const acknowledge: Acknowledge = typeof last === "function" ? (last as Acknowledge) : noop;
    this.carryOut(socket, event.slice(OWN_PREFIX.length), fields, acknowledge).catch(
      (error: unknown) => this.fail(socket, event, error, acknowledge),
    );
    return true;
  }

  private carryOut(
    socket: RequestSocket,
    action: string,
    given: unknown,
    acknowledge: Acknowledge,
  ): Promise<void> {
    try {
      if (action === "ping") {
        acknowledge({});
        return Promise.resolve();
      }
      const fields = fieldsOf(action, given);
      const room = checkRoom(fields.room);
      // By far the most, each of which waits for the log.
      if (action === "publish") return this.publish(socket, room, fields).then(acknowledge);
      return this.answer(socket, action, room, fields, acknowledge);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  private publish(socket: RequestSocket, room: string, fields: Fields): Promise<Published> {
    if (fields.producer !== undefined) {
      return this.producerOf(socket).publish(fields, { room, ...readMessage(fields) });
    }
    const allowed = this.allow(socket, "publish", room);
    if (allowed === undefined) return this.host.publish(room, ...asked(fields));
    return allowed.then(() => this.host.publish(room, ...asked(fields)));
  }

  private producerOf(socket: RequestSocket): Producer {
    let producer = this.producers.get(socket);
    if (producer === undefined) {
      const { host } = this;
      producer = new Producer(
        {
          allow: (room) => this.allow(socket, "publish", room),
          admit: (room, data) => host.admit(room, data),
          isLogged: (room) => host.rules.of(room)?.delivery === "durable",
          publish: (messages) => host.publishAll(messages),
        },
        this.epochs,
      );
      this.producers.set(socket, producer);
    }
    return producer;
  }

  private async answer(
    socket: RequestSocket,
    action: string,
    room: string,
    fields: Fields,
    acknowledge: Acknowledge,
  ): Promise<void> {
    switch (action) {
      case "history":
        await this.allow(socket, "history", room);
        acknowledge(await this.host.history(room, queryOf(fields)));
        return;
      case "join":
        await caughtUp(socket);
        await this.allow(socket, "join", room);
        await this.join(socket, room, fields, acknowledge);
        return;
      case "presence":
        await this.allow(socket, "presence", room);
        acknowledge(this.presence(socket, room, fields));
        return;
      case "leave":
        await caughtUp(socket);
        await socket.leave(room);
        acknowledge({});
        return;
      default:
        badRequest(
          `There is no request "openline:${action}": there are publish, join, leave, history, presence and ping`,
        );
    }
  }

  /** Joins, and answers with what was missed before anything that is sent live. */
  private async join(
    socket: RequestSocket,
    room: string,
    { since, limit, channel }: Fields,
    acknowledge: Acknowledge,
  ): Promise<void> {
    if (!socket.rooms.has(room) && socket.rooms.size > this.host.maxRooms) {
      throw new DeliveryError(
        "OPENLINE_TOO_MANY_ROOMS",
        `A client may join ${this.host.maxRooms} rooms: leave some first`,
      );
    }
    const wasIn = socket.rooms.has(room);
    const { head } = this.host;
    // What is sent live from now on follows the answer.
    const open = socket.subscriber?.close();
    try {
      // Nothing may come in between: what is sent from now on is not in the answer.
      const changed = channel === true ? this.setChannel(socket, room) : undefined;
      const stored = socket.join(room);
      const answer = await this.missed(room, since, limit, head);
      await Promise.all([changed, stored]);
      if (open === undefined) acknowledge(answer);
      else open(() => acknowledge(answer));
    } catch (error) {
      if (!wasIn) void socket.leave(room);
      open?.();
      throw error;
    }
  }

  /** Who is in a room; with `follow`, changes are told from now on. */
  private presence({ subscriber }: RequestSocket, room: string, { follow }: Fields): Members {
    const { presence } = this.host;
    if (subscriber !== null && follow === true) {
      if (presence.followedBy(subscriber, room) >= this.host.maxRooms) {
        throw new DeliveryError(
          "OPENLINE_TOO_MANY_ROOMS",
          `A client may follow who is in ${this.host.maxRooms} rooms: leave some first`,
        );
      }
      presence.follow(room, subscriber);
    }
    if (subscriber !== null && follow === false) presence.unfollow(room, subscriber);
    return presence.of(room);
  }

  /** Lets everything of a room come with its place, once the client is in it. */
  private setChannel({ subscriber }: RequestSocket, room: string): Promise<void> | void {
    if (subscriber === null) {
      return badRequest("Clients of this connection cannot resume, and so they have no channels");
    }
    if (subscriber.session.memberships.setChannel(room)) return this.host.store(subscriber);
  }

  /** What a room had up to `head`. */
  private async missed(
    room: string,
    since: unknown,
    limit: unknown,
    head: number,
  ): Promise<Joined> {
    if (this.host.rules.of(room)?.delivery !== "durable") return nothing;
    if (since !== undefined && since !== null) {
      return this.host.history(room, queryOf({ after: since, limit }), head);
    }
    return { ...nothing, position: await this.host.position(room, head) };
  }

  /**
   * Returns a promise only if `authorize` does.
   *
   * @throws DeliveryError if the action is not allowed
   */
  private allow(socket: RequestSocket, action: RoomAction, room: string): Promise<void> | void {
    const rule = this.host.rules.of(room);
    const isAllowed =
      !this.host.isPrivate(room) &&
      rule?.authorize !== undefined &&
      rule.authorize(socket as never, action, room); // the user's own socket
    if (typeof isAllowed === "boolean") return this.settleAllowed(isAllowed, socket, action, room);
    return Promise.resolve(isAllowed).then((answer) =>
      this.settleAllowed(answer, socket, action, room),
    );
  }

  private settleAllowed(
    isAllowed: boolean,
    socket: RequestSocket,
    action: RoomAction,
    room: string,
  ): void {
    // Whatever else a function may answer that was not checked by a compiler.
    if (isAllowed !== true) {
      throw new DeliveryError("OPENLINE_FORBIDDEN", `You may not ${verbs[action]} "${room}"`);
    }
    if (action === "history" && this.host.rules.of(room)?.delivery !== "durable") {
      throw new DeliveryError("OPENLINE_NOT_DURABLE", `The room "${room}" keeps no history`);
    }
    if (action === "presence" && (this.host.rules.of(room)?.presence ?? false) === false) {
      throw new DeliveryError(
        "OPENLINE_NO_PRESENCE",
        `The room "${room}" tells nobody who is in it`,
      );
    }
    if (!socket.connected) throw new DeliveryError("OPENLINE_CLOSING", "The socket has left");
  }

  private fail(
    socket: RequestSocket,
    event: string,
    error: unknown,
    acknowledge: Acknowledge,
  ): void {
    if (error instanceof DeliveryError) {
      const { code, notice } = error;
      tell("refused", () => ({ what: "request", code, message: `${event}: ${notice}` }));
      acknowledge(error.toRefusal());
      return;
    }
    this.host.reportError(error, event);
    // Nobody knows whether it is logged, and so nobody may say that it was refused.
    if (error instanceof LogError) socket.subscriber?.abort();
    else acknowledge(failed);
  }
}

const verbs: Readonly<Record<RoomAction, string>> = {
  join: "join the room",
  publish: "publish in the room",
  history: "read the history of the room",
  presence: "see who is in the room",
};

const nothing: Joined = { messages: [], position: null, gap: false, hasMore: false };

const failed: Refusal = {
  code: "OPENLINE_FAILED",
  message: "The server failed to handle this request",
};

function asked(fields: Fields): [AskedMessage["data"], AskedMessage["id"]] {
  const { data, id } = readMessage(fields);
  return [data, id];
}

function fieldsOf(action: string, given: unknown): Fields {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return given as Fields;
  return badRequest(
    `openline:${action} takes an object with the field \`room\` as its first argument`,
  );
}

/** The answer would overtake messages of the room that a replay still sends. */
async function caughtUp({ subscriber }: RequestSocket): Promise<void> {
  await subscriber?.caughtUp;
  if (subscriber?.isGone) throw new DeliveryError("OPENLINE_CLOSING", "The socket has left");
}

/** Checked by the reader. */
function queryOf({ after, before, limit }: Fields): HistoryQuery {
  return {
    after: (after ?? undefined) as HistoryQuery["after"],
    before: (before ?? undefined) as HistoryQuery["before"],
    limit: (limit ?? undefined) as HistoryQuery["limit"],
  };
}

function noop(): void {}
