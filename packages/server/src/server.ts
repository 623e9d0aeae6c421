import { EventEmitter } from "node:events";
import type { Server as HttpServer } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import {
  type AnyContract,
  type ContractOfServer,
  defineContract,
  type EventArguments,
  type EventsOfRoom,
  type NameOfRooms,
  type RoomDefinitions,
} from "@openline/protocol/contract";
import type { Packet } from "@openline/protocol/socket";
import { type Auth, Client } from "./client.ts";
import { type CloseOptions, closeHttp, drain } from "./closing.ts";
import { settleContractOptions, type TypedContractOption } from "./contract/contract-options.ts";
import { ServedContract } from "./contract/served-contract.ts";
import { type SettledRecovery, settleRecovery } from "./delivery/recovery-options.ts";
import type { Room } from "./delivery/room.ts";
import { engineDefaults } from "./engine/engine-options.ts";
import { type ConnectionError, EngineServer } from "./engine/engine-server.ts";
import type { EngineSocket } from "./engine/engine-socket.ts";
import type {
  AllButLast,
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
import { emitHere } from "./events/strict-emitter.ts";
import { Allowances } from "./guard/allowance.ts";
import { type GuardRefusal, refusal } from "./guard/codes.ts";
import type { EventGuard } from "./guard/event-guard.ts";
import { type SettledLimits, settleLimits } from "./guard/limit-options.ts";
import { type Logger, steadyLogger } from "./guard/logger.ts";
import { redacted } from "./guard/redact.ts";
import { SilentConnections } from "./http/silent-connections.ts";
import { serveHttp } from "./http-services.ts";
import { IdentityGate } from "./identity/identity-gate.ts";
import { listenOn } from "./listen-on.ts";
import type { LogStore } from "./log/log.ts";
import { memoryLog } from "./log/memory-log.ts";
import type { EncodedMessage } from "./messages/encoded-message.ts";
import {
  codecOf,
  decodeMessage,
  encodeForAll,
  type PacketCodec,
  standardCodec,
} from "./messages/packet-codec.ts";
import {
  type AdapterConstructor,
  invalidNamespace,
  Namespace,
  type NamespaceMiddleware,
  type NamespaceReservedEvents,
} from "./namespace.ts";
import { ParentNamespace, type ParentNamespaceHost } from "./parent-namespace.ts";
import { Adapter } from "./rooms/adapter.ts";
import type { BroadcastOperator } from "./rooms/broadcast-operator.ts";
import { BroadcastTarget } from "./rooms/broadcast-target.ts";
import type { RoomRule } from "./rooms/rules.ts";
import { type ServerOptions, serverDefaults } from "./server-options.ts";
import type { ErrorContext, Socket } from "./socket.ts";

/** What a server can be attached to. */
export type HttpServerInstance = HttpServer | HttpsServer | Http2Server | Http2SecureServer;

export interface ServerReservedEvents<
  Listen extends EventsMap,
  Emit extends EventsMap,
  ServerSide extends EventsMap,
  SocketData,
  Rooms extends RoomDefinitions | undefined,
> extends NamespaceReservedEvents<Listen, Emit, ServerSide, SocketData> {
  new_namespace: (namespace: Namespace<Listen, Emit, ServerSide, SocketData, Rooms>) => void;
}

/** What can be done with all that a principal has on a server. */
export interface PrincipalHandle<Socket> {
  readonly id: string;
  readonly sockets: ReadonlySet<Socket>;
  /** Ends its connections, and its sessions too: its clients have to connect anew. */
  disconnect(): void;
}

/** Options, with a contract from which the types of events and rooms are inferred. */
export type TypedServerOptions<Listen, Emit, Rooms> = Partial<ServerOptions> &
  TypedContractOption<Listen, Emit, Rooms>;

/** Says whether a namespace may be made. */
export type NamespaceMatcher = (
  name: string,
  auth: Auth,
  next: (error: Error | null, isAllowed: boolean) => void,
) => void;

/**
 * A Socket.IO server.
 *
 * ```ts
 * const io = new Server(httpServer);
 * io.on("connection", (socket) => {
 *   socket.on("message", (text) => io.emit("message", text));
 * });
 * ```
 *
 * Its events, and what is sent by it, are those of the main namespace, "/".
 */
export class Server<
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
    ServerReservedEvents<Listen, Emit, ServerSide, SocketData, Rooms>,
    Emit,
    SocketData
  >
  implements ParentNamespaceHost<Listen, Emit, ServerSide, SocketData, Rooms>
{
  /** The main namespace. */
  readonly sockets: Namespace<Listen, Emit, ServerSide, SocketData, Rooms>;
  /** The Engine.IO server below, once there is one. */
  engine!: EngineServer;
  /** The HTTP server that this one is attached to, once it is. */
  httpServer!: HttpServerInstance;
  private silent: SilentConnections | null = null;
  /** Writes packets for adapters that do so themselves. */
  readonly encoder: { encode(packet: Packet): unknown[] };
  readonly codec: PacketCodec;
  readonly opts: ServerOptions;
  readonly recovery: SettledRecovery;
  /** Where what happens is written; null: nowhere, but for errors. */
  readonly logger: Logger | null;
  readonly limits: SettledLimits;
  readonly allowances: Allowances;
  /** Who asks clients who they are; null if nobody does. */
  readonly gate: IdentityGate | null;
  /** What is sent and received, in all namespaces that have no contract of their own. */
  readonly contract: ServedContract | null;
  /** The namespaces by their names. */
  readonly _nsps: Map<string, Namespace<Listen, Emit, ServerSide, SocketData, Rooms>> = new Map();
  private readonly parents = new Map<
    NamespaceMatcher,
    ParentNamespace<Listen, Emit, ServerSide, SocketData, Rooms>
  >();
  private readonly patterns = new Map<
    RegExp,
    ParentNamespace<Listen, Emit, ServerSide, SocketData, Rooms>
  >();
  private logOrNull: LogStore | null = null;
  private hasFailedLog = false;
  private adapterConstructor: AdapterConstructor;
  private servesClient: boolean;
  private chosenPath: string;
  private chosenConnectTimeout: number;

  /**
   * @param server an HTTP server, a port, or the options
   * @throws TypeError or RangeError that names the option and what it accepts
   */
  constructor(options?: TypedServerOptions<Listen, Emit, Rooms>);
  constructor(
    server?: HttpServerInstance | number | TypedServerOptions<Listen, Emit, Rooms>,
    options?: TypedServerOptions<Listen, Emit, Rooms>,
  );
  constructor(
    first?: HttpServerInstance | number | Partial<ServerOptions>,
    second?: Partial<ServerOptions>,
  ) {
    super();
    const hasOptionsOnly = typeof first === "object" && first !== null && !("listen" in first);
    const options = (hasOptionsOnly ? first : second) ?? {};
    const server = hasOptionsOnly ? undefined : first;
    this.opts = options;
    this.chosenPath = trimmed(options.path ?? serverDefaults.path);
    this.chosenConnectTimeout = options.connectTimeout ?? serverDefaults.connectTimeout;
    this.servesClient = options.serveClient !== false;
    this.adapterConstructor = options.adapter ?? Adapter;
    this.recovery = settleRecovery(options.connectionStateRecovery);
    this.logger = options.logger === undefined ? null : steadyLogger(options.logger);
    this.limits = settleLimits(options.limits);
    const { attachments: maxAttachments, depth: maxDepth } = this.limits;
    this.codec =
      options.parser === undefined
        ? standardCodec({ maxAttachments, maxDepth })
        : codecOf(options.parser);
    this.encoder = encoderOf(this.codec);
    this.allowances = new Allowances(this.limits);
    this.gate = this.makeGate(options.authenticate);
    this.contract = options.contract === undefined ? null : this.serve(options.contract);
    this.sockets = this.of("/");
    if (server !== undefined && server !== null) this.attach(server as HttpServerInstance | number);
  }

  // What namespaces and clients need.

  get makeAdapter(): AdapterConstructor {
    return this.adapterConstructor;
  }

  get isStandard(): boolean {
    return this.opts.parser === undefined;
  }

  get recovers(): boolean {
    const { log, connectionStateRecovery } = this.opts;
    if (connectionStateRecovery !== undefined) return connectionStateRecovery !== false;
    return log !== undefined;
  }

  get heartbeatMs(): number {
    const { pingInterval = engineDefaults.pingInterval } = this.opts;
    return pingInterval + (this.opts.pingTimeout ?? engineDefaults.pingTimeout);
  }

  /** Where durable rooms and sessions are kept. */
  get log(): LogStore {
    if (this.logOrNull === null) {
      this.logOrNull = this.opts.log ?? memoryLog();
      this.logOrNull.onFailure ??= (error) => this.logFailed(error);
    }
    return this.logOrNull;
  }

  get removesEmptyChildren(): boolean {
    return this.opts.cleanupEmptyChildNamespaces === true;
  }

  get connectTimeoutMs(): number {
    // Who has to say who it is has less time for that.
    if (this.gate === null) return this.chosenConnectTimeout;
    return Math.min(this.chosenConnectTimeout, this.limits.authentication);
  }

  get connectRefusal(): GuardRefusal | null {
    return this.gate === null ? null : refusal("OPENLINE_AUTHENTICATION_TIMEOUT");
  }

  /** As in Socket.IO, whose adapters look at it. */
  get _opts(): ServerOptions {
    return this.opts;
  }

  encodeForAll(packet: Packet): EncodedMessage {
    return encodeForAll(this.codec, packet);
  }

  /** The packet that a message was made of. */
  decode(message: EncodedMessage): Packet {
    return decodeMessage(this.codec, message);
  }

  reportError(error: unknown, context: ErrorContext): void {
    const { onError } = this.opts;
    if (this.logger !== null) {
      this.logger.error({ err: error, event: context.event }, "a handler failed");
    }
    if (onError !== undefined) onError(error, context);
    else if (this.logger !== null) return;
    // Nobody took it, and it must not vanish.
    else console.error(`openline: the handler of "${context.event}" failed:`, error);
  }

  addNamespace(namespace: Namespace<Listen, Emit, ServerSide, SocketData, Rooms>): void {
    this._nsps.set(namespace.name, namespace);
    emitHere(this.sockets, "new_namespace", namespace);
  }

  removeNamespace(name: string): void {
    this._nsps.delete(name);
  }

  /** Lets a client into a namespace, made for it if need be. */
  enter(
    client: Client<Socket<Listen, Emit, ServerSide, SocketData>>,
    name: string,
    auth: Auth,
    done: (socket: Socket<Listen, Emit, ServerSide, SocketData> | null) => void,
  ): void {
    const known = this._nsps.get(name);
    if (known !== undefined) {
      known.add(client, auth, done);
      return;
    }
    this.findParent(name, auth, (parent) => {
      // It may have been made in the meantime.
      const namespace = this._nsps.get(name) ?? parent?.createChild(name);
      if (namespace !== undefined) namespace.add(client, auth, done);
      else {
        done(null);
        client.send(invalidNamespace(name), undefined);
      }
    });
  }

  // Settings.

  serveClient(isServed: boolean): this;
  serveClient(): boolean;
  serveClient(isServed?: boolean): this | boolean {
    if (isServed === undefined) return this.servesClient;
    this.servesClient = isServed;
    return this;
  }

  path(path: string): this;
  path(): string;
  path(path?: string): this | string {
    if (path === undefined) return this.chosenPath;
    this.chosenPath = trimmed(path);
    return this;
  }

  connectTimeout(timeoutMs: number): this;
  connectTimeout(): number;
  connectTimeout(timeoutMs?: number): this | number {
    if (timeoutMs === undefined) return this.chosenConnectTimeout;
    this.chosenConnectTimeout = timeoutMs;
    return this;
  }

  adapter(): AdapterConstructor | undefined;
  adapter(adapter: AdapterConstructor): this;
  adapter(adapter?: AdapterConstructor): this | AdapterConstructor | undefined {
    if (adapter === undefined) return this.adapterConstructor;
    this.adapterConstructor = adapter;
    for (const namespace of this._nsps.values()) namespace.resetAdapter();
    return this;
  }

  // Where clients come from.

  /** The same as {@link attach}. */
  listen(server: HttpServerInstance | number, options: Partial<ServerOptions> = {}): this {
    return this.attach(server, options);
  }

  /**
   * Takes the requests of an HTTP server that are for the path, or those of a server of its own on
   * a port.
   *
   * @throws Error for a function, such as an Express application
   */
  attach(server: HttpServerInstance | number, options: Partial<ServerOptions> = {}): this {
    if (typeof server === "function") {
      throw new Error(
        "You are trying to attach openline to an express request handler function. " +
          "Please pass a http.Server instance: createServer(app).",
      );
    }
    const http =
      typeof server === "object" ? server : listenOn(Number(server), this.limits.message);
    const all = {
      ...options,
      ...this.opts,
      path: this.opts.path ?? options.path ?? this.chosenPath,
    };
    const engine = new EngineServer(all);
    engine.attach(http as HttpServer, all);
    serveHttp(http as HttpServer, all, {
      bundlesPath: () => (this.servesClient ? this.chosenPath : null),
      findForApi: (name) => this._nsps.get(name)?.delivery,
      unreadiness: () => this.unreadiness(),
      logger: this.logger,
      reportError: (error, event) => this.reportError(error, { event }),
    });
    this.httpServer = http;
    this.silent = new SilentConnections(http as HttpServer);
    return this.bind(engine);
  }

  /** Takes the connections of an Engine.IO server. */
  bind(engine: EngineServer): this {
    this.engine = engine;
    const { logger } = this;
    if (logger !== null) {
      engine.on("connection_error", ({ req, message, context }: ConnectionError) => {
        logger.warn({ request: redacted(req), reason: context.name, message }, "handshake refused");
      });
    }
    engine.on("connection", (conn: EngineSocket) => {
      new Client<Socket<Listen, Emit, ServerSide, SocketData>>(this, conn);
    });
    return this;
  }

  /**
   * The namespace of that name, or what stands for all those whose names match a pattern or are let
   * in by a function. A second argument listens for its connections, or gives it a contract in
   * place of the server's; say that before clients come.
   *
   * @throws Error for a RegExp with the flags g or y, which remembers where it stopped
   */
  of(
    name: string | RegExp | NamespaceMatcher,
    onConnection?: (socket: Socket<Listen, Emit, ServerSide, SocketData>) => void,
  ): Namespace<Listen, Emit, ServerSide, SocketData, Rooms>;
  of<
    OwnListen extends EventsMap,
    OwnEmit extends EventsMap,
    OwnRooms extends RoomDefinitions | undefined,
  >(
    name: string | RegExp | NamespaceMatcher,
    options: { readonly contract: ContractOfServer<OwnListen, OwnEmit, OwnRooms> },
  ): Namespace<OwnListen, OwnEmit, ServerSide, SocketData, OwnRooms>;
  of(
    name: string | RegExp | NamespaceMatcher,
    second?: ((socket: never) => void) | { readonly contract: AnyContract },
  ): Namespace<Listen, Emit, ServerSide, SocketData, Rooms> {
    const namespace = typeof name === "string" ? this.named(name) : this.parentFor(name);
    if (typeof second === "object") namespace.contract = this.serve(second.contract);
    else if (second !== undefined) namespace.on("connect", second as never); // its listener
    return namespace;
  }

  /** Says how the rooms of a pattern are treated, in the main namespace; see `Namespace`. */
  rooms(pattern: string, rule: RoomRule<Socket<Listen, Emit, ServerSide, SocketData>>): this {
    this.sockets.rooms(pattern, rule);
    return this;
  }

  /** Says what events that clients send in the main namespace have to look like; see `Namespace`. */
  validate(schemas: Readonly<Record<string, EventArguments>>): this {
    this.sockets.validate(schemas);
    return this;
  }

  /** Says who may send which events in the main namespace; see `Namespace`. */
  guard(
    guards: Readonly<Record<string, EventGuard<Socket<Listen, Emit, ServerSide, SocketData>>>>,
  ): this {
    this.sockets.guard(guards);
    return this;
  }

  /** A room of the main namespace, to publish in it and to read its history. */
  room<const Name extends NameOfRooms<Rooms>>(name: Name): Room<EventsOfRoom<Rooms, Name>> {
    return this.sockets.room(name);
  }

  /** All that a principal has on this server: its sockets, in all namespaces. */
  principals(id: string): PrincipalHandle<Socket<Listen, Emit, ServerSide, SocketData>> {
    const sockets = (): ReadonlySet<Socket<Listen, Emit, ServerSide, SocketData>> =>
      (this.gate?.principals.of(id) ?? new Set()) as never; // our namespaces' sockets
    return {
      id,
      get sockets() {
        return sockets();
      },
      disconnect: () => {
        for (const { delivery } of this._nsps.values()) delivery?.endPrincipal(id);
        this.gate?.principals.disconnect(id);
      },
    };
  }

  /** Runs on each client that connects to the main namespace; `next(error)` keeps it out. */
  use(middleware: NamespaceMiddleware<Listen, Emit, ServerSide, SocketData>): this {
    this.sockets.use(middleware);
    return this;
  }

  /**
   * Disconnects all clients, and closes the HTTP server; resolves when that is done.
   *
   * With `graceMs` nothing is lost: new clients are refused with 503, what is being published is
   * finished, everybody gets what was sent, and connections are closed in such a way, with 1012 and
   * not all at once, that clients come back by themselves and resume.
   */
  async close(callback?: (error?: Error) => void): Promise<void>;
  async close(options: CloseOptions, callback?: (error?: Error) => void): Promise<void>;
  async close(
    first?: CloseOptions | ((error?: Error) => void),
    second?: (error?: Error) => void,
  ): Promise<void> {
    const callback = typeof first === "function" ? first : second;
    const options = typeof first === "object" ? first : { graceMs: Number.POSITIVE_INFINITY };
    const untilMs = performance.now() + options.graceMs;
    if (typeof first === "object") await this.drain(options);
    for (const namespace of this._nsps.values()) {
      for (const socket of [...namespace.sockets.values()]) {
        socket.lose("server shutting down", undefined);
      }
    }
    await Promise.allSettled(Array.from(this._nsps.values(), ({ adapter }) => adapter.close()));
    await Promise.allSettled(Array.from(this._nsps.values(), ({ delivery }) => delivery?.close()));
    await this.logOrNull?.close();
    this.engine?.close();
    const { httpServer } = this;
    if (httpServer === undefined) callback?.();
    else {
      const closed = closeHttp(httpServer as HttpServer, untilMs, callback);
      this.silent?.end();
      await closed;
    }
  }

  /** Sends the event `message` to all clients. */
  send(...args: EventParams<Emit, "message">): this {
    this.sockets.send(...args);
    return this;
  }

  /** The same as {@link send}. */
  write(...args: EventParams<Emit, "message">): this {
    return this.send(...args);
  }

  /** Sends an event to the other servers; see `Namespace`. */
  serverSideEmit<Name extends EventNames<ServerSide>>(
    event: Name,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSide>, Name>
  ): boolean {
    return this.sockets.serverSideEmit(event, ...args);
  }

  /** The same as a promise. */
  serverSideEmitWithAck<Name extends EventNamesWithAck<ServerSide>>(
    event: Name,
    ...args: AllButLast<EventParams<ServerSide, Name>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSide, Name>>>[]> {
    return this.sockets.serverSideEmitWithAck(event as never, ...(args as never)) as never; // the same types
  }

  everyone(): BroadcastOperator<Emit, SocketData> {
    return this.sockets.everyone();
  }

  /** @throws TypeError for what is no contract */
  private serve(contract: AnyContract): ServedContract {
    // Whoever has no compiler may give what looks like one.
    return new ServedContract(
      defineContract(contract),
      settleContractOptions(this.opts),
      (error, event) => this.reportError(error, { event }),
    );
  }

  private named(given: string): Namespace<Listen, Emit, ServerSide, SocketData, Rooms> {
    const name = given.startsWith("/") ? given : `/${given}`;
    const known = this._nsps.get(name);
    if (known !== undefined) return known;
    for (const [pattern, parent] of this.patterns) {
      if (pattern.test(name)) return parent.createChild(name);
    }
    const namespace = new Namespace<Listen, Emit, ServerSide, SocketData, Rooms>(this, name);
    this._nsps.set(name, namespace);
    if (name !== "/") emitHere(this.sockets, "new_namespace", namespace);
    return namespace;
  }

  private parentFor(
    matcher: RegExp | NamespaceMatcher,
  ): ParentNamespace<Listen, Emit, ServerSide, SocketData, Rooms> {
    const parent = new ParentNamespace<Listen, Emit, ServerSide, SocketData, Rooms>(this);
    if (typeof matcher === "function") {
      this.parents.set(matcher, parent);
      return parent;
    }
    if (matcher.global || matcher.sticky) {
      throw new Error(
        "stateful regular expressions are not supported: leave out the flags g and y",
      );
    }
    this.patterns.set(matcher, parent);
    this.parents.set((name, _, next) => next(null, matcher.test(name)), parent);
    return parent;
  }

  /** Asks one after another whether the namespace may be made. */
  private findParent(
    name: string,
    auth: Auth,
    done: (
      parent: ParentNamespace<Listen, Emit, ServerSide, SocketData, Rooms> | undefined,
    ) => void,
  ): void {
    const parents = [...this.parents];
    const ask = (index: number): void => {
      const entry = parents[index];
      if (entry === undefined) {
        done(undefined);
        return;
      }
      const [matches, parent] = entry;
      try {
        matches(name, auth, (error, isAllowed) => {
          if (error || !isAllowed) ask(index + 1);
          else done(parent);
        });
      } catch (error) {
        this.reportError(error, { event: "of" });
        ask(index + 1);
      }
    };
    ask(0);
  }

  private drain(options: CloseOptions): Promise<void> {
    const engine = this.engine as EngineServer | undefined;
    return drain(options, {
      refuseNew: (retryAfterS) => engine?.refuseNew(retryAfterS),
      finish: () =>
        Promise.all(Array.from(this._nsps.values(), ({ delivery }) => delivery?.finish())),
      depart: async (graceMs) => engine?.depart(graceMs),
    });
  }

  private makeGate(authenticate: ServerOptions["authenticate"]): IdentityGate | null {
    if (authenticate === undefined) return null;
    if (typeof authenticate !== "function") {
      throw new TypeError("`authenticate` takes a function of a handshake, such as jwt({ … })");
    }
    const { limits } = this;
    const reportError = (error: unknown): void =>
      this.reportError(error, { event: "authenticate" });
    return new IdentityGate({ authenticate, limits, reportError });
  }

  /** What keeps it from taking clients. */
  private unreadiness(): string[] {
    const reasons: string[] = [];
    if (this.hasFailedLog) reasons.push("log failed");
    else if (this.engine.isRefusingNew) reasons.push("closing");
    for (const { delivery } of this._nsps.values()) {
      if (delivery !== null && !delivery.isOpen) reasons.push("log not open");
    }
    return [...new Set(reasons)];
  }

  /** Nothing can be stored any more: clients shall come back to a process that can. */
  private logFailed(error: Error): void {
    this.hasFailedLog = true;
    this.reportError(error, { event: "log" });
    const engine = this.engine as EngineServer | undefined;
    engine?.refuseNew();
    for (const socket of [...(engine?.clients.values() ?? [])]) socket.abort();
  }
}

// The server's events are those of the main namespace.
for (const name of Object.keys(EventEmitter.prototype)) {
  const method: unknown = Reflect.get(EventEmitter.prototype, name);
  if (typeof method !== "function" || name === "emit") continue;
  Object.defineProperty(Server.prototype, name, {
    configurable: true,
    writable: true,
    value(this: Server, ...args: unknown[]): unknown {
      const result: unknown = method.apply(this.sockets, args);
      return result === this.sockets ? this : result;
    },
  });
}

function trimmed(path: string): string {
  return path.replace(/\/$/, "");
}

/** What adapters of Socket.IO's encode packets with: parts without an Engine.IO type. */
function encoderOf(codec: PacketCodec): { encode(packet: Packet): unknown[] } {
  return {
    encode(packet) {
      const encoded = codec.encode(packet);
      const parts = typeof encoded === "string" ? [encoded] : encoded;
      return parts.map((part) => (typeof part === "string" ? part.slice(1) : part));
    },
  };
}
