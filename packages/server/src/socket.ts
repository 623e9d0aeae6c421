import type { EventArguments } from "@openline/protocol/contract";
import { type Packet, packetTypes } from "@openline/protocol/socket";
import { type AnyAcknowledgement, awaitAnswer } from "./acknowledgements.ts";
import { checkEvent } from "./checked-event.ts";
import type { Auth, Client, ClientSocket, DisconnectReason } from "./client.ts";
import { checkingAnswer, withAnswer } from "./contract/checked-answers.ts";
import type { ServedContract } from "./contract/served-contract.ts";
import type { Delivery } from "./delivery/delivery.ts";
import type { Subscriber } from "./delivery/subscriber.ts";
import type { EngineSocket } from "./engine/engine-socket.ts";
import type { Pressure } from "./engine/pressure.ts";
import { boundListeners } from "./events/bounded-listeners.ts";
import {
  type CatchAllListener,
  type CatchAllListeners,
  removeCatchAll,
  tellCatchAll,
} from "./events/catch-all.ts";
import type {
  AllButLast,
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
} from "./events/event-types.ts";
import { runInTurn } from "./events/run-in-turn.ts";
import { emitList, onRejection, StrictEmitter } from "./events/strict-emitter.ts";
import type { Principal } from "./guard/authenticate/principal.ts";
import { codes, type GuardRefusal, refusal } from "./guard/codes.ts";
import { askGuard, EVERY_EVENT, type EventGuard } from "./guard/event-guard.ts";
import type { Logger } from "./guard/logger.ts";
import type { EngineIncomingMessage } from "./http/handshake-request.ts";
import { randomId } from "./http/session-ids.ts";
import { type Identity, REFRESH_EVENT } from "./identity/identity.ts";
import { report } from "./observe/report.ts";
import type { Adapter, AdapterSocket, BroadcastFlags, Room, SocketId } from "./rooms/adapter.ts";
import { BroadcastOperator, checkEventName } from "./rooms/broadcast-operator.ts";
import type { BroadcastTarget } from "./rooms/broadcast-target.ts";
import { DeliveryError } from "./rooms/delivery-error.ts";
import type { Handshake } from "./rooms/handshake.ts";
import { describeHandshake } from "./socket-handshake.ts";

/** An event as middlewares see it: its name and arguments, with an acknowledgement at the end. */
// biome-ignore lint/suspicious/noExplicitAny: arguments of every shape, as in Socket.IO
export type Event = [eventName: string, ...args: any[]];

export interface SocketReservedEvents {
  disconnect: (reason: DisconnectReason, description?: unknown) => void;
  disconnecting: (reason: DisconnectReason, description?: unknown) => void;
  error: (error: Error) => void;
}

export type PacketMiddleware = (event: Event, next: (error?: Error) => void) => unknown;

/** Where an error of the user's own code came from. */
export interface ErrorContext {
  /** The socket whose event was handled, where there is one. */
  readonly socket?: unknown;
  /** The event whose handler failed, or "use" for a middleware. */
  readonly event: string;
}

/** What bounds a socket. */
export interface SocketLimits {
  /** Events that were sent to it and wait for its answer. */
  readonly acknowledgements: number;
  /** Of one event. */
  readonly listeners: number;
}

/** What a socket needs of its namespace; `Namespace` is one. */
export interface SocketNamespace<
  Listen extends EventsMap,
  Emit extends EventsMap,
  ServerSide extends EventsMap,
  SocketData,
> extends BroadcastTarget<ServerSide, EventsMap, EventsMap, Emit, SocketData> {
  readonly name: string;
  readonly adapter: Adapter;
  /** What clients of the namespace resume by, if they do. */
  readonly delivery: Delivery | null;
  /** What events have to look like; null if nobody says. */
  readonly schemas: ReadonlyMap<string, EventArguments> | null;
  /** What is sent and received; null if nothing is said of it. */
  readonly contract: ServedContract | null;
  /** Who may send which events; null if nobody says. */
  readonly guards: ReadonlyMap<
    string,
    EventGuard<Socket<Listen, Emit, ServerSide, SocketData>>
  > | null;
  readonly logger: Logger | null;
  readonly limits: SocketLimits;
  /** The connected sockets by their ids. */
  readonly sockets: Map<SocketId, Socket<Listen, Emit, ServerSide, SocketData>>;
  /** The id of the next packet that wants an acknowledgement. */
  nextAckId(): number;
  removeSocket(socket: Socket<Listen, Emit, ServerSide, SocketData>): void;
  leavePrincipal(socket: Socket<Listen, Emit, ServerSide, SocketData>): void;
  /** Code of the user's has thrown, or a promise of it was rejected. */
  reportError(error: unknown, context: ErrorContext): void;
}

/** The event that tells a client of one that was refused, if it does not wait for an answer. */
const REFUSED_EVENT = "openline:refused";

/** Why a socket is gone for good; otherwise its client may come back. */
const finalReasons: ReadonlySet<DisconnectReason> = new Set([
  "client namespace disconnect",
  "server namespace disconnect",
]);

/** What a client that waits for an answer gets when the handler fails: nothing of its error. */
const handlerFailed = {
  code: "OPENLINE_HANDLER_FAILED",
  message: "The server failed to handle this event",
} as const;

/**
 * A client in a namespace.
 *
 * Events that the client sends are emitted here. Besides: `disconnecting` (reason; its rooms are
 * still there), `disconnect` (reason), `error` (of a middleware, or of a packet that is none).
 */
export class Socket<
    Listen extends EventsMap = DefaultEventsMap,
    Emit extends EventsMap = Listen,
    ServerSide extends EventsMap = DefaultEventsMap,
    // biome-ignore lint/suspicious/noExplicitAny: as in Socket.IO
    SocketData = any,
  >
  extends StrictEmitter<Listen, Emit, SocketReservedEvents>
  implements ClientSocket, AdapterSocket
{
  readonly nsp: SocketNamespace<Listen, Emit, ServerSide, SocketData>;
  readonly client: Client<Socket<Listen, Emit, ServerSide, SocketData>>;
  /** Unguessable, and another one each time that the client connects anew. */
  readonly id: SocketId;
  /** Whether the session of an earlier connection goes on. */
  readonly recovered: boolean;
  /** Its place in what the namespace sends; null if it does not resume. */
  readonly subscriber: Subscriber | null;
  /** Whether events are sent and received. */
  connected = false;
  /** Null where nobody is asked who connects. */
  identity: Identity | null = null;
  private readonly auth: Auth;
  private readonly issuedMs: number = Date.now();
  private isGone = false;
  // Made when they are needed: most sockets need few of them.
  private handshakeOrNull: Handshake | null = null;
  private dataOrNull: SocketData | null = null;
  private acksOrNull: Map<number, AnyAcknowledgement> | null = null;
  private middlewares: PacketMiddleware[] | null = null;
  private flags: BroadcastFlags | undefined = undefined;
  private incoming: CatchAllListeners | null = null;
  private outgoing: CatchAllListeners | null = null;

  static {
    onRejection(Socket.prototype, (socket, error, event, args) =>
      socket.handlerFailed(error, event, args.at(-1)),
    );
    boundListeners(Socket.prototype, ({ nsp }) => nsp.limits.listeners, tooManyListeners);
  }

  constructor(
    nsp: SocketNamespace<Listen, Emit, ServerSide, SocketData>,
    client: Client<Socket<Listen, Emit, ServerSide, SocketData>>,
    auth: Auth,
    subscriber: Subscriber | null = null,
  ) {
    super({ captureRejections: true });
    this.nsp = nsp;
    this.client = client;
    this.auth = auth;
    this.subscriber = subscriber;
    this.recovered = subscriber?.isRecovered === true;
    if (this.recovered) this.dataOrNull = (subscriber?.session.data ?? null) as SocketData | null;
    // Never the connection's own id, by which requests are let in. In version 3 it always was.
    if (client.conn.protocol === 4) this.id = subscriber?.session.sid ?? randomId();
    else this.id = nsp.name === "/" ? client.id : `${nsp.name}#${client.id}`;
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /** Who is at the other end; null if the option `authenticate` is not given. */
  get principal(): Principal | null {
    return this.identity?.principal ?? null;
  }

  /** The request that opened the connection; see the option `keepRequest`. */
  get request(): EngineIncomingMessage {
    return this.client.request;
  }

  /** The connection below. */
  get conn(): EngineSocket {
    return this.client.conn;
  }

  /** How far the client is behind, and what was dropped for that. */
  get pressure(): Pressure<EngineSocket> {
    return this.client.conn.pressure;
  }

  /** The rooms that it is in: one that is named like its id, and those that it has joined. */
  get rooms(): Set<Room> {
    return this.nsp.adapter.socketRooms(this.id) ?? new Set();
  }

  /** What you want to keep with the socket; `fetchSockets` of other servers sees it too. */
  get data(): SocketData {
    this.dataOrNull ??= {} as SocketData; // as in Socket.IO, whatever the type says
    return this.dataOrNull;
  }

  set data(data: SocketData) {
    this.dataOrNull = data;
  }

  /** How the client came. */
  get handshake(): Handshake {
    this.handshakeOrNull ??= describeHandshake(this.conn, this.auth, this.issuedMs);
    return this.handshakeOrNull;
  }

  /** Those who wait for an answer, by the ids of their packets. */
  get acks(): Map<number, AnyAcknowledgement> {
    this.acksOrNull ??= new Map();
    return this.acksOrNull;
  }

  /**
   * Sends an event. A function as the last argument is called with the client's answer.
   *
   * Returns false when the client is so far behind that what can wait should wait: see `pressure`.
   *
   * @throws Error for a reserved name, and for what the contract does not have if that is checked
   */
  override emit<Name extends EventNames<Emit>>(
    event: Name,
    ...args: EventParams<Emit, Name>
  ): boolean {
    const { flags } = this;
    const { contract } = this.nsp;
    // Also of what is not sent, lest they are those of the next event.
    this.flags = undefined;
    checkEventName(event);
    contract?.checkSent(event, args);
    const data: unknown[] = [event, ...args];
    const packet: Packet = { type: packetTypes.event, nsp: this.nsp.name, data };
    if (typeof data.at(-1) === "function") {
      if (this.acks.size >= this.nsp.limits.acknowledgements) {
        const reason = refusal("OPENLINE_TOO_MANY_ACKNOWLEDGEMENTS");
        if (flags?.timeout !== undefined)
          (data.at(-1) as AnyAcknowledgement)(new Error(reason.message));
        this.dismiss(reason);
        return false;
      }
      const id = this.nsp.nextAckId();
      // Users find the socket as `this`.
      const given = data.pop() as AnyAcknowledgement;
      const hasTimeout = flags?.timeout !== undefined;
      const acknowledge = (
        contract === null ? given : checkingAnswer(contract, event, given, hasTimeout)
      ).bind(this);
      awaitAnswer(this.acks, id, acknowledge, flags?.timeout);
      packet.id = id;
    }
    this.notifyOutgoingListeners(packet);
    if (packet.id === undefined && this.nsp.delivery !== null && this.subscriber !== null) {
      this.nsp.delivery.emitTo(this, packet, flags);
    } else this.transmit(packet, flags);
    return !this.client.conn.isBlocked || !this.client.conn.pressure.isFull;
  }

  /** The same, with the client's answer as a promise; with a `timeout`, it may be rejected. */
  emitWithAck<Name extends EventNamesWithAck<Emit>>(
    event: Name,
    ...args: AllButLast<EventParams<Emit, Name>>
  ): Promise<FirstNonErrorArg<Last<EventParams<Emit, Name>>>> {
    const hasTimeout = this.flags?.timeout !== undefined;
    return new Promise((resolve, reject) => {
      const acknowledge = hasTimeout
        ? (error: unknown, answer: never): void => (error ? reject(error) : resolve(answer))
        : Object.assign((answer: never): void => resolve(answer), { reject });
      this.emit(event, ...([...args, acknowledge] as never));
    });
  }

  /** Sends the event `message`. */
  send(...args: EventParams<Emit, "message">): this {
    this.emit("message", ...args);
    return this;
  }

  /** The same as {@link send}. */
  write(...args: EventParams<Emit, "message">): this {
    return this.send(...args);
  }

  /** To the others in a room; with several, to each once. */
  to(room: Room | Room[]): ToOthers<Emit, SocketData> {
    return this.others().to(room);
  }

  /** The same as {@link to}. */
  in(room: Room | Room[]): ToOthers<Emit, SocketData> {
    return this.to(room);
  }

  /** To the others that are not in a room. */
  except(room: Room | Room[]): ToOthers<Emit, SocketData> {
    return this.others().except(room);
  }

  /** To all others. */
  get broadcast(): ToOthers<Emit, SocketData> {
    return this.others();
  }

  /** To all others on this server. */
  get local(): ToOthers<Emit, SocketData> {
    return this.others().local;
  }

  /** What is sent next may be left out if the client cannot take it at once. */
  get volatile(): this {
    this.flags = { ...this.flags, volatile: true };
    return this;
  }

  /** Whether what is sent next may be compressed. */
  compress(compress: boolean): this {
    this.flags = { ...this.flags, compress };
    return this;
  }

  /** How long the next acknowledgement is waited for, in milliseconds. */
  timeout(timeout: number): Socket<Listen, DecorateAcknowledgements<Emit>, ServerSide, SocketData> {
    this.flags = { ...this.flags, timeout };
    return this as never; // the same, with other types for acknowledgements
  }

  /**
   * With sessions that are stored, resolves when this one is. If it cannot be, rejects, and the line is
   * cut; who does not wait for it need not catch anything.
   */
  join(rooms: Room | Room[]): Promise<void> | void {
    if (this.isGone) return;
    const all = new Set(Array.isArray(rooms) ? rooms : [rooms]);
    const joined = this.nsp.adapter.addAll(this.id, all);
    if (this.subscriber === null) return joined;
    return this.nsp.delivery?.subscriptions?.join(this.subscriber, all);
  }

  /** Resolves and rejects as `join` does. */
  leave(room: Room): Promise<void> | void {
    const left = this.nsp.adapter.del(this.id, room);
    if (this.subscriber === null) return left;
    return this.nsp.delivery?.subscriptions?.leave(this.subscriber, room);
  }

  /** Leaves the namespace; with `close`, the client's connection is closed. */
  disconnect(close = false): this {
    if (!this.connected) return this;
    if (close) {
      this.client.disconnectAll();
    } else {
      const packet: Packet = { type: packetTypes.disconnect, nsp: this.nsp.name };
      if (this.subscriber === null) this.client.send(packet, undefined);
      else this.subscriber.sendLast(packet);
      this.lose("server namespace disconnect", undefined);
    }
    return this;
  }

  /** Runs on every event that comes, before its listeners; `next(error)` keeps it from them. */
  use(middleware: PacketMiddleware): this {
    this.middlewares = this.withRoom(this.middlewares, "use");
    this.middlewares.push(middleware);
    return this;
  }

  /** Hears every event that comes. */
  onAny(listener: CatchAllListener): this {
    this.incoming = this.withRoom(this.incoming, "onAny");
    this.incoming.push(listener);
    return this;
  }

  prependAny(listener: CatchAllListener): this {
    this.incoming = this.withRoom(this.incoming, "onAny");
    this.incoming.unshift(listener);
    return this;
  }

  /** Removes one, or without one all. */
  offAny(listener?: CatchAllListener): this {
    this.incoming = removeCatchAll(this.incoming, listener);
    return this;
  }

  listenersAny(): CatchAllListener[] {
    return this.incoming ?? [];
  }

  /** Hears every event that is sent, by broadcasts too. */
  onAnyOutgoing(listener: CatchAllListener): this {
    this.outgoing = this.withRoom(this.outgoing, "onAnyOutgoing");
    this.outgoing.push(listener);
    return this;
  }

  prependAnyOutgoing(listener: CatchAllListener): this {
    this.outgoing = this.withRoom(this.outgoing, "onAnyOutgoing");
    this.outgoing.unshift(listener);
    return this;
  }

  /** Removes one, or without one all. */
  offAnyOutgoing(listener?: CatchAllListener): this {
    this.outgoing = removeCatchAll(this.outgoing, listener);
    return this;
  }

  listenersAnyOutgoing(): CatchAllListener[] {
    return this.outgoing ?? [];
  }

  // What namespace, client and adapter call.

  /** Tells the client something of the server's own. */
  notify(event: string, data: unknown): void {
    this.transmit({ type: packetTypes.event, nsp: this.nsp.name, data: [event, data] }, undefined);
  }

  /** Ends the connection: the client may come back. */
  dismiss(reason: GuardRefusal): void {
    this.client.dismiss(reason);
  }

  /** Shows a packet that is sent to those who hear all. */
  notifyOutgoingListeners(packet: Pick<Packet, "data">): void {
    if (this.outgoing !== null) tellCatchAll(this.outgoing, this, packet.data as unknown[]);
  }

  /** It is in: tells the client. */
  connect(): void {
    this.connected = true;
    const { subscriber } = this;
    void this.nsp.adapter.addAll(this.id, new Set([this.id, ...this.enterAgain()]));
    const packet: Packet = { type: packetTypes.connect, nsp: this.nsp.name };
    if (this.conn.protocol === 4) packet.data = { sid: this.id, pid: subscriber?.session.pid };
    if (subscriber !== null) this.nsp.delivery?.subscriptions?.connected(subscriber);
    this.transmit(packet, undefined);
    subscriber?.begin();
  }

  /** It is not let in: tells the client why. */
  refuse(error: Error & { data?: unknown }): void {
    this.forget();
    this.endSubscription("server namespace disconnect");
    const { message, data } = error;
    const { nsp, client } = this;
    report("refused", nsp.logger, () => ({
      what: "connect",
      code: codeOf(data) ?? "OPENLINE_REFUSED",
      message: `${nsp.name}: ${message}`,
      connection: client.id,
      address: client.conn.remoteAddress,
    }));
    this.client.send(
      {
        type: packetTypes.connectError,
        nsp: this.nsp.name,
        data: this.conn.protocol === 4 ? { message, data } : (data ?? message),
      },
      undefined,
    );
  }

  /** It has left before it was let in. */
  forget(): void {
    // Another one may have its id by now.
    if (this.isGone) return;
    this.nsp.adapter.delAll(this.id);
    this.nsp.removeSocket(this);
    this.isGone = true;
    this.nsp.leavePrincipal(this);
    this.identity?.end();
  }

  receive(packet: Packet): void {
    switch (packet.type) {
      case packetTypes.event:
        this.receiveEvent(packet.data as unknown[], packet.id); // the decoder lets only lists pass
        return;
      case packetTypes.ack:
        this.receiveAnswer(packet.data as unknown[], packet.id);
        return;
      case packetTypes.disconnect:
        this.lose("client namespace disconnect", undefined);
        return;
    }
  }

  refuseEvent({ id, data }: Packet, refusal: GuardRefusal): void {
    const acknowledge = id === undefined ? undefined : this.acknowledgement(id);
    this.refuseAsked(refusal, (data as readonly unknown[])[0], acknowledge);
  }

  fail(error: Error): void {
    if (this.listenerCount("error") > 0) this.tell(["error", error]);
  }

  lose(reason: DisconnectReason, description: Error | undefined): void {
    if (!this.connected) return;
    this.tell(["disconnecting", reason, description]);
    this.forget();
    this.client.remove(this);
    this.endSubscription(reason);
    this.connected = false;
    report("disconnected", this.nsp.logger, () => ({
      namespace: this.nsp.name,
      socket: this.id,
      connection: this.client.id,
      reason,
      dropped: this.pressure.droppedMessages,
    }));
    this.tell(["disconnect", reason, description]);
  }

  private receiveEvent(args: unknown[], id: number | undefined): void {
    if (id !== undefined) args.push(this.acknowledgement(id));
    if (this.incoming !== null) {
      try {
        tellCatchAll(this.incoming, this, args);
      } catch (error) {
        this.handlerFailed(error, String(args[0]), args.at(-1));
      }
    }
    if (this.middlewares === null) this.dispatch(args);
    else this.runMiddlewares(this.middlewares, args);
  }

  private runMiddlewares(middlewares: readonly PacketMiddleware[], args: unknown[]): void {
    runInTurn(middlewares, (middleware, next) => middleware(args as Event, next), {
      done: (error) => {
        if (error === undefined) this.dispatch(args);
        else {
          this.fail(error);
          this.tellOf(error, args);
        }
      },
      failed: (error) => this.handlerFailed(error, "use", args.at(-1)),
    });
  }

  /** The client is told of what a middleware has refused with a code; of other errors it is not. */
  private tellOf(error: Error & { readonly data?: unknown }, args: readonly unknown[]): void {
    const { data, message } = error;
    if (codeOf(data) === undefined) return;
    const refusal = Object.assign({ message }, data as GuardRefusal); // it has a code
    this.refuseAsked(refusal, args[0], args.at(-1));
  }

  private dispatch(args: unknown[]): void {
    if (!this.connected) return;
    // Node throws for an `error` that nobody listens for (CVE-2024-38355).
    if (args[0] === "error" && this.listenerCount("error") === 0) return;
    if (this.identity !== null && args[0] === REFRESH_EVENT) {
      this.refresh(this.identity, args);
      return;
    }
    if (this.nsp.delivery?.requests.take(this, args) === true) return;
    const { contract, schemas } = this.nsp;
    const known = contract?.event(args[0]) ?? null;
    if (contract !== null && known !== null) {
      this.validate(known.args, withAnswer(contract, known, args), args.at(-1));
      return;
    }
    const schema = schemas?.get(args[0] as string);
    const refusal = schema === undefined ? (contract?.refusalOf(args[0]) ?? null) : null;
    if (schema !== undefined) this.validate(schema, args, args.at(-1));
    else if (refusal !== null) this.refuseAsked(refusal, args[0], args.at(-1));
    else this.ask(args, args.at(-1));
  }

  /** Gives handlers an event, if its guard does; `last` gets the answer if the client waits for one. */
  private ask(args: readonly unknown[], last: unknown): void {
    const { guards } = this.nsp;
    const guard = guards?.get(String(args[0])) ?? guards?.get(EVERY_EVENT);
    if (guard === undefined) {
      this.tell(args);
      return;
    }
    askGuard(guard, this, args, {
      allowed: () => {
        if (this.connected) this.tell(args);
      },
      refused: (refusal) => this.refuseAsked(refusal, args[0], last),
      failed: (error) => this.handlerFailed(error, String(args[0]), last),
    });
  }

  /** Calls the listeners of an event with its arguments; what they throw is reported. */
  private tell(list: readonly unknown[]): void {
    try {
      emitList(this, list);
    } catch (error) {
      this.handlerFailed(error, String(list[0]), list.at(-1));
    }
  }

  private handlerFailed(error: unknown, event: string, last: unknown): void {
    // Data from a client holds no functions: this is the acknowledgement.
    if (typeof last === "function") last(handlerFailed);
    this.nsp.reportError(error, { socket: this, event });
  }

  private acknowledgement(id: number): AnyAcknowledgement {
    let isSent = false;
    return (...data) => {
      if (isSent) return;
      isSent = true;
      this.transmit({ type: packetTypes.ack, nsp: this.nsp.name, id, data }, undefined);
    };
  }

  /** Sends behind all that was sent before. */
  private transmit(packet: Packet, flags: BroadcastFlags | undefined): void {
    if (this.subscriber === null) this.client.send(packet, flags);
    else this.subscriber.send(packet, flags);
  }

  /** Gives handlers what a schema has made of an event, or refuses it. */
  private validate(schema: EventArguments, args: readonly unknown[], last: unknown): void {
    checkEvent(schema, args, {
      valid: (list) => {
        if (this.connected) this.ask(list, last);
      },
      invalid: (refusal) => this.refuseAsked(refusal, args[0], last),
      failed: (error) => this.handlerFailed(error, String(args[0]), last),
    });
  }

  /** Refuses an event, and tells those who watch. */
  private refuseAsked(refusal: GuardRefusal, event: unknown, last: unknown): void {
    const { code } = refusal;
    const connection = this.client.id;
    // Schemas quote what was sent.
    const message = code === "OPENLINE_INVALID" ? codes[code].message : refusal.message;
    report("refused", this.nsp.logger, () => ({ what: "request", code, message, connection }));
    this.answerRefusal(refusal, event, last);
  }

  /** Says why an event was refused: by its acknowledgement, or if it has none by an event. */
  private answerRefusal(refusal: GuardRefusal, event: unknown, last: unknown): void {
    if (typeof last === "function") last(refusal);
    else this.notify(REFUSED_EVENT, { ...refusal, event });
  }

  /** The rooms of its session; those that it has lost before it was let in again are left. */
  private enterAgain(): readonly string[] {
    if (!this.recovered || this.subscriber === null) return [];
    const { memberships } = this.subscriber.session;
    for (const room of [...(this.nsp.adapter.socketRooms(this.id) ?? [])]) {
      if (!memberships.has(room)) void this.nsp.adapter.del(this.id, room);
    }
    return memberships.rooms;
  }

  /** Takes a new token of the client's. */
  private refresh(identity: Identity, args: readonly unknown[]): void {
    const last = args.at(-1);
    const acknowledge = typeof last === "function" ? last : () => {};
    identity.refresh(args[1]).then(
      (answer) => acknowledge(answer),
      (error: unknown) => this.handlerFailed(error, REFRESH_EVENT, last),
    );
  }

  /** Its session waits for its client to come back, or is over. */
  private endSubscription(reason: DisconnectReason): void {
    const subscriptions = this.nsp.delivery?.subscriptions;
    if (this.subscriber === null || subscriptions === null || subscriptions === undefined) return;
    if (finalReasons.has(reason)) subscriptions.end(this.subscriber);
    else subscriptions.lose(this.subscriber, this.data);
  }

  private receiveAnswer(data: unknown[], id: number | undefined): void {
    const acknowledge = id === undefined ? undefined : this.acksOrNull?.get(id);
    if (acknowledge === undefined || id === undefined) return;
    this.acksOrNull?.delete(id);
    try {
      acknowledge.apply(this, data);
    } catch (error) {
      this.nsp.reportError(error, { socket: this, event: "acknowledgement" });
    }
  }

  /**
   * A list with room for one more.
   *
   * @throws DeliveryError if there are as many as there may be
   */
  private withRoom<Each>(list: Each[] | null, name: string): Each[] {
    const max = this.nsp.limits.listeners;
    if (list !== null && list.length >= max) throw tooManyListeners(name, max);
    return list ?? [];
  }

  private others(): ToOthers<Emit, SocketData> {
    const { flags } = this;
    this.flags = undefined;
    return new BroadcastOperator(this.nsp.adapter, new Set(), new Set([this.id]), flags);
  }
}

function tooManyListeners(event: string, max: number): DeliveryError {
  return new DeliveryError(
    "OPENLINE_TOO_MANY_LISTENERS",
    `"${event}" of one socket has ${max} listeners, which are probably never removed: ` +
      "the option `limits.listeners` allows more",
  );
}

/** The code that a middleware gave its error, as ours do. */
function codeOf(data: unknown): string | undefined {
  const code = (data as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

type ToOthers<Emit extends EventsMap, SocketData> = BroadcastOperator<
  DecorateAcknowledgementsWithMultipleResponses<Emit>,
  SocketData
>;
