import {
  checkEventSchema,
  type EventArguments,
  type EventsOfRoom,
  type NameOfRooms,
  type RoomDefinitions,
} from "@openline/protocol/contract";
import { type Packet, packetTypes } from "@openline/protocol/socket";
import type { Auth, Client } from "./client.ts";
import type { ServedContract } from "./contract/served-contract.ts";
import { Delivery } from "./delivery/delivery.ts";
import type { SettledRecovery } from "./delivery/recovery-options.ts";
import { Room } from "./delivery/room.ts";
import type { Subscriber } from "./delivery/subscriber.ts";
import type {
  AllButLast,
  AnyListener,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  RemoveAcknowledgements,
} from "./events/event-types.ts";
import { runInTurn } from "./events/run-in-turn.ts";
import { emitHere, onRejection } from "./events/strict-emitter.ts";
import type { GuardRefusal } from "./guard/codes.ts";
import { checkEventGuard, type EventGuard } from "./guard/event-guard.ts";
import type { Logger } from "./guard/logger.ts";
import { isTemporary } from "./identity/identity.ts";
import type { IdentityGate } from "./identity/identity-gate.ts";
import type { LogStore } from "./log/log.ts";
import type { EncodedMessage } from "./messages/encoded-message.ts";
import { report } from "./observe/report.ts";
import { Adapter, type AdapterNamespace, type SocketId } from "./rooms/adapter.ts";
import { BroadcastOperator, type PartialAnswers } from "./rooms/broadcast-operator.ts";
import { BroadcastTarget } from "./rooms/broadcast-target.ts";
import { type RoomRule, RoomRules } from "./rooms/rules.ts";
import { type ErrorContext, Socket, type SocketLimits } from "./socket.ts";

/** What `next` of a middleware takes: the client gets its message, and its `data`. */
export interface ExtendedError extends Error {
  // biome-ignore lint/suspicious/noExplicitAny: whatever the client shall get, as in Socket.IO
  data?: any;
}

/** Makes the adapter of a namespace: a class, or a function. */
export type AdapterConstructor =
  | (new (
      nsp: never,
    ) => Adapter)
  // Those of Socket.IO know its namespaces, whose shape ours have.
  | ((nsp: never) => unknown)
  | (new (
      nsp: never,
    ) => unknown);

export interface NamespaceReservedEvents<
  Listen extends EventsMap,
  Emit extends EventsMap,
  ServerSide extends EventsMap,
  SocketData,
> {
  connect: (socket: Socket<Listen, Emit, ServerSide, SocketData>) => void;
  connection: (socket: Socket<Listen, Emit, ServerSide, SocketData>) => void;
}

/** Runs on each client that connects; `next(error)` keeps it out. */
export type NamespaceMiddleware<
  Listen extends EventsMap,
  Emit extends EventsMap,
  ServerSide extends EventsMap,
  SocketData,
> = (
  socket: Socket<Listen, Emit, ServerSide, SocketData>,
  next: (error?: ExtendedError) => void,
) => unknown;

/** What a namespace needs of its server. */
export interface NamespaceHost {
  readonly encoder: { encode(packet: Packet): unknown[] };
  readonly makeAdapter: AdapterConstructor;
  /** Whether packets are encoded in Socket.IO's own way. */
  readonly isStandard: boolean;
  /** Whether clients resume even where no room has a rule. */
  readonly recovers: boolean;
  readonly recovery: SettledRecovery;
  /** How long a connection may be dead before anybody notices. */
  readonly heartbeatMs: number;
  readonly log: LogStore;
  /** Who asks clients who they are; null if nobody does. */
  readonly gate: IdentityGate | null;
  readonly limits: SocketLimits & { readonly roomsPerSocket: number };
  /** Where what happens is written; null: nowhere. */
  readonly logger: Logger | null;
  encodeForAll(packet: Packet): EncodedMessage;
  decode(message: EncodedMessage): Packet;
  /** What is sent and received; null if nothing is said of it. */
  readonly contract: ServedContract | null;
  reportError(error: unknown, context: ErrorContext): void;
}

/** Events of a namespace that nobody may emit to other servers. */
const ownEvents: ReadonlySet<string | symbol> = new Set(["connect", "connection", "new_namespace"]);

/**
 * A part of the traffic with middlewares, events and rooms of its own, over the same connections.
 *
 * Events: `connection` (socket), and what other servers send by `serverSideEmit`.
 */
export class Namespace<
    Listen extends EventsMap = DefaultEventsMap,
    Emit extends EventsMap = Listen,
    ServerSide extends EventsMap = DefaultEventsMap,
    // biome-ignore lint/suspicious/noExplicitAny: as in Socket.IO
    SocketData = any,
    Rooms extends RoomDefinitions | undefined = undefined,
  >
  extends BroadcastTarget<
    ServerSide,
    RemoveAcknowledgements<Emit>,
    NamespaceReservedEvents<Listen, Emit, ServerSide, SocketData>,
    Emit,
    SocketData
  >
  implements AdapterNamespace
{
  readonly name: string;
  /** The connected sockets by their ids. */
  readonly sockets: Map<SocketId, Socket<Listen, Emit, ServerSide, SocketData>> = new Map();
  readonly server: NamespaceHost;
  adapter: Adapter;
  /** What clients resume by; null if they do not. */
  delivery: Delivery | null = null;
  /** Whether it was made for a client that asked for it, by a parent. */
  readonly isDynamic: boolean = false;
  /** What is sent and received; null if nothing is said of it. */
  contract: ServedContract | null;
  /** What events have to look like; null if nobody says. */
  schemas: Map<string, EventArguments> | null = null;
  /** Who may send which events; null if nobody says. */
  guards: Map<string, EventGuard<Socket<Listen, Emit, ServerSide, SocketData>>> | null = null;
  /** As in Socket.IO, whose adapters count it up. */
  _ids = 0;
  private middlewares: NamespaceMiddleware<Listen, Emit, ServerSide, SocketData>[] = [];
  private readonly rules = new RoomRules<Socket<Listen, Emit, ServerSide, SocketData>>();

  static {
    onRejection(Namespace.prototype, (namespace, error, event, args) =>
      namespace.reportError(error, { event, socket: args[0] }),
    );
  }

  constructor(server: NamespaceHost, name: string) {
    super({ captureRejections: true });
    this.server = server;
    this.name = name;
    this.contract = server.contract;
    this.adapter = this.makeAdapter();
    if (server.recovers && this.adapter instanceof Adapter) this.startDelivery();
  }

  /**
   * Says how the rooms of a pattern are treated, in which `*` stands for any characters. Of several
   * patterns that match a room, the most specific one counts. Say it before clients come.
   *
   * ```ts
   * io.rooms("chat:*", { delivery: "durable", history: { maxMessages: 1_000 } });
   * ```
   *
   * @throws TypeError or RangeError that names the option and what it accepts
   */
  rooms(pattern: string, rule: RoomRule<Socket<Listen, Emit, ServerSide, SocketData>>): this {
    if (!(this.adapter instanceof Adapter)) {
      throw new Error("rooms() needs openline's own adapter: leave out the option `adapter`");
    }
    this.rules.add(pattern, rule);
    this.startDelivery();
    return this;
  }

  /**
   * Says what events that clients send have to look like, by any library of Standard Schema: zod, valibot,
   * arktype and others. What is otherwise is refused, with where and why; handlers get what the
   * schema has made of it.
   *
   * ```ts
   * io.validate({ message: z.object({ text: z.string().max(1_000) }), move: [z.number(), z.number()] });
   * ```
   *
   * @throws TypeError for what is no schema, and for an event that the contract has
   */
  validate(schemas: Readonly<Record<string, EventArguments>>): this {
    for (const [event, schema] of Object.entries(schemas)) {
      if ((this.contract?.event(event) ?? null) !== null) {
        throw new TypeError(`The contract says already what "${event}" looks like`);
      }
      checkEventSchema(schema, event);
      this.schemas ??= new Map();
      this.schemas.set(event, schema);
    }
    return this;
  }

  /**
   * Says who may send an event: a function of the socket and the arguments, as they are once they are validated.
   * What is neither `true` nor a promise of it is refused, with `OPENLINE_FORBIDDEN` or a
   * `refusal()` of your own. `*` stands for all events that have no guard of their own.
   *
   * ```ts
   * io.guard({ kick: (socket) => socket.principal?.scopes?.includes("moderate") === true });
   * ```
   *
   * @throws TypeError for what is no function
   */
  guard(
    guards: Readonly<Record<string, EventGuard<Socket<Listen, Emit, ServerSide, SocketData>>>>,
  ): this {
    for (const [event, guard] of Object.entries(guards)) {
      checkEventGuard(guard, event);
      this.guards ??= new Map();
      this.guards.set(event, guard);
    }
    return this;
  }

  /**
   * A room, to publish in it and to read its history.
   *
   * @throws Error if no room of the namespace has a rule
   */
  room<const Name extends NameOfRooms<Rooms>>(name: Name): Room<EventsOfRoom<Rooms, Name>> {
    if (this.delivery === null) {
      throw new Error(
        `No room has a rule yet: say io.rooms("${name}", { delivery: "durable" }) first`,
      );
    }
    return new Room(this.delivery, name);
  }

  /** Runs on each client that connects; `next(error)` keeps it out. */
  use(middleware: NamespaceMiddleware<Listen, Emit, ServerSide, SocketData>): this {
    this.middlewares.push(middleware);
    return this;
  }

  /** Sends the event `message` to all clients. */
  send(...args: EventParams<Emit, "message">): this {
    this.everyone().emit("message" as never, ...(args as never));
    return this;
  }

  /** The same as {@link send}. */
  write(...args: EventParams<Emit, "message">): this {
    return this.send(...args);
  }

  /**
   * Sends an event to the other servers; an acknowledgement as the last argument is called with
   * their answers.
   *
   * @throws Error for a reserved name
   */
  serverSideEmit<Name extends EventNames<ServerSide>>(
    event: Name,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSide>, Name>
  ): boolean {
    if (ownEvents.has(event)) throw new Error(`"${String(event)}" is a reserved event name`);
    this.adapter.serverSideEmit([event, ...args]);
    return true;
  }

  /** The same as a promise. */
  serverSideEmitWithAck<Name extends EventNamesWithAck<ServerSide>>(
    event: Name,
    ...args: AllButLast<EventParams<ServerSide, Name>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSide, Name>>>[]> {
    return new Promise((resolve, reject) => {
      const acknowledge = (error: Error | null, answers: never): void => {
        if (error === null) resolve(answers);
        else reject(Object.assign<Error, PartialAnswers>(error, { responses: answers } as never));
      };
      this.serverSideEmit(event, ...([...args, acknowledge] as never));
    });
  }

  // What server, client, sockets and adapters call.

  /** Makes the adapter anew. */
  resetAdapter(): void {
    this.adapter = this.makeAdapter();
  }

  nextAckId(): number {
    this._ids += 1;
    return this._ids - 1;
  }

  encodeForAll(packet: Packet): EncodedMessage {
    return this.server.encodeForAll(packet);
  }

  reportError(error: unknown, context: ErrorContext): void {
    this.server.reportError(error, context);
  }

  get logger(): Logger | null {
    return this.server.logger;
  }

  get limits(): SocketLimits {
    return this.server.limits;
  }

  /** What another server sent. */
  _onServerSideEmit(args: [string, ...unknown[]]): void {
    this.tell(...args);
  }

  /** Lets a client in, if the middlewares do; `done` gets its socket, or null. */
  add(
    client: Client<Socket<Listen, Emit, ServerSide, SocketData>>,
    auth: Auth,
    done: (socket: Socket<Listen, Emit, ServerSide, SocketData> | null) => void,
  ): void {
    const { delivery } = this;
    // Clients of older protocols do not resume.
    if (delivery === null || client.conn.protocol !== 4) {
      this.admit(client, auth, null, done);
    } else if (delivery.subscriptions !== null) {
      delivery.subscriptions.admit(client, auth, (subscriber) =>
        this.admit(client, auth, subscriber, done),
      );
    } else {
      delivery.ready.then(
        () => this.add(client, auth, done),
        // Without a word: the client comes back, and the log may be there by then.
        () => client.conn.abort(),
      );
    }
  }

  removeSocket(socket: Socket<Listen, Emit, ServerSide, SocketData>): void {
    // Another one may have its id by now.
    if (this.sockets.get(socket.id) === socket) this.sockets.delete(socket.id);
  }

  everyone(): BroadcastOperator<Emit, SocketData> {
    return new BroadcastOperator(this.adapter);
  }

  protected makeAdapter(): Adapter {
    const Made = this.server.makeAdapter as new (nsp: unknown) => Adapter; // or its shape
    const adapter = new Made(this);
    Promise.resolve(adapter.init()).catch((error: unknown) =>
      this.reportError(error, { event: "adapter" }),
    );
    return adapter;
  }

  /** A child namespace begins with what its parent has. */
  protected inherit(parent: Namespace<Listen, Emit, ServerSide, SocketData, Rooms>): void {
    this.middlewares = [...parent.middlewares];
    this.schemas = parent.schemas;
    this.guards = parent.guards;
    this.contract = parent.contract;
    this.rules.takeAfter(parent.rules);
    if (this.rules.size > 0) this.startDelivery();
    for (const event of ["connect", "connection"] as const) {
      for (const listener of parent.listeners(event)) this.on(event, listener as AnyListener);
    }
  }

  /** From now on, clients that come can resume. */
  protected startDelivery(): void {
    if (this.delivery !== null) return;
    const self = this;
    const host = {
      name: this.name,
      isStandard: this.server.isStandard,
      heartbeatMs: this.server.heartbeatMs,
      maxRooms: this.server.limits.roomsPerSocket,
      get adapter() {
        return self.adapter;
      },
      encodeForAll: (packet: Packet) => this.encodeForAll(packet),
      decode: (message: EncodedMessage) => this.server.decode(message),
      admit: (room: string, data: readonly [string, ...unknown[]]) =>
        this.contract?.admit(room, data) ?? data,
      reportError: (error: unknown, event: string) => this.reportError(error, { event }),
    };
    // Rules are made for the sockets of this very namespace.
    const rules = this.rules as unknown as RoomRules<never>;
    this.delivery = new Delivery(host, this.server.log, rules, this.server.recovery);
  }

  /** Asks the middlewares. */
  private admit(
    client: Client<Socket<Listen, Emit, ServerSide, SocketData>>,
    auth: Auth,
    subscriber: Subscriber | null,
    done: (socket: Socket<Listen, Emit, ServerSide, SocketData> | null) => void,
  ): void {
    const subscriptions = this.delivery?.subscriptions ?? null;
    const socket = new Socket<Listen, Emit, ServerSide, SocketData>(
      this.asHost(),
      client,
      auth,
      subscriber,
    );
    if (subscriber !== null) subscriptions?.attach(subscriber, socket);
    const abandon = (): void => {
      socket.forget();
      if (subscriber !== null) subscriptions?.abandon(subscriber);
    };
    const decided = (error: ExtendedError | undefined): void => {
      if (client.conn.readyState !== "open") {
        abandon();
        done(null);
      } else if (error !== undefined) {
        socket.refuse(error);
        done(null);
      } else if (subscriber !== null && subscriptions?.confirm(subscriber, socket) === false) {
        abandon();
        const fresh = subscriptions.admitFresh(client, { reason: "principal" });
        this.admit(client, auth, fresh, done);
      } else this.welcome(socket, done);
    };
    const isExempt = socket.recovered && this.server.recovery.skipMiddlewares;
    const askMiddlewares = (): void => {
      if (this.middlewares.length === 0 || isExempt) decided(undefined);
      else this.runMiddlewares(socket, decided);
    };
    if (this.server.gate === null) askMiddlewares();
    else {
      void this.server.gate.admit(socket).then((refusal) => {
        if (refusal === null) askMiddlewares();
        else if (isTemporary(refusal)) {
          // Not by a CONNECT_ERROR, after which stock clients stay away.
          abandon();
          client.dismiss(refusal);
          done(null);
        } else decided(refusalError(refusal));
      });
    }
  }

  /** Its principal is not at the other end any more. */
  leavePrincipal(socket: Socket<Listen, Emit, ServerSide, SocketData>): void {
    const { principal } = socket;
    if (principal !== null) this.server.gate?.principals.remove(principal.id, socket);
  }

  private welcome(
    socket: Socket<Listen, Emit, ServerSide, SocketData>,
    done: (socket: Socket<Listen, Emit, ServerSide, SocketData>) => void,
  ): void {
    this.sockets.set(socket.id, socket);
    // The client's socket is complete before users see it.
    socket.connect();
    done(socket);
    if (socket.principal !== null) {
      this.server.gate?.principals.add(socket.principal.id, socket);
    }
    report("connected", this.server.logger, () => ({
      namespace: this.name,
      socket: socket.id,
      connection: socket.client.id,
      address: socket.conn.remoteAddress,
      transport: socket.conn.transport.name,
      principal: socket.principal?.id,
      recovered: socket.recovered,
    }));
    this.tell("connect", socket);
    this.tell("connection", socket);
  }

  private tell(event: string, ...args: unknown[]): void {
    try {
      emitHere(this, event, ...args);
    } catch (error) {
      this.reportError(error, { event, socket: args[0] });
    }
  }

  private runMiddlewares(
    socket: Socket<Listen, Emit, ServerSide, SocketData>,
    decided: (error: ExtendedError | undefined) => void,
  ): void {
    runInTurn(this.middlewares, (middleware, next) => middleware(socket, next), {
      done: decided,
      // An error that was not meant for the client stays here.
      failed: (error, next) => {
        this.reportError(error, { event: "use", socket });
        next(new Error("Internal server error"));
      },
    });
  }

  /** Itself, as sockets see it. */
  private asHost(): ConstructorParameters<typeof Socket<Listen, Emit, ServerSide, SocketData>>[0] {
    return this as never; // wider in the types of events alone
  }
}

/** What the client is told, as by a middleware's error. */
function refusalError({ message, ...rest }: GuardRefusal): ExtendedError {
  return Object.assign(new Error(message), { data: { ...rest, message } });
}

/** The CONNECT_ERROR for a namespace that there is not. */
export function invalidNamespace(name: string): Packet {
  return {
    type: packetTypes.connectError,
    nsp: name,
    data: { message: "Invalid namespace" },
  };
}
