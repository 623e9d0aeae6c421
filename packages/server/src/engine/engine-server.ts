import { EventEmitter } from "node:events";
import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import {
  checkRequest,
  type EngineErrorCode,
  type EngineRefusal,
  type EngineRequest,
  engineErrorMessages,
  engineErrors,
  openPacket,
  type SessionTimes,
  versionOf,
} from "@openline/protocol/engine";
import { nowMs, serverLinkOptions, type Upgraded, Upgrader } from "@openline/websocket/link";
import cors from "cors";
import { ClientAddresses } from "../guard/addresses.ts";
import { type Code, codes, type GuardRefusal } from "../guard/codes.ts";
import { type SettledLimits, settleLimits } from "../guard/limit-options.ts";
import type { HttpCompressionOptions } from "../http/compression.ts";
import { type EngineIncomingMessage, slimRequest } from "../http/handshake-request.ts";
import { OriginGuard } from "../http/origin-guard.ts";
import { readQuery } from "../http/query.ts";
import { explain, SessionIds } from "../http/session-ids.ts";
import { UpgradeResponse } from "../http/upgrade-response.ts";
import { tell } from "../observe/channels.ts";
import { Traffic } from "../observe/traffic.ts";
import { type PollingSettings, PollingTransport } from "../transports/polling-transport.ts";
import type { Transport, TransportName } from "../transports/transport.ts";
import { WebSocketTransport } from "../transports/websocket-transport.ts";
import { AnswerHeaders } from "./answer-headers.ts";
import { type RefusalAnswer, refuseRequest, refuseUpgradeRequest } from "./answers.ts";
import { Departures } from "./departures.ts";
import {
  type AttachOptions,
  checkEngineOptions,
  type EngineOptions,
  engineDefaults,
  transportsOf,
} from "./engine-options.ts";
import { type EngineHost, EngineSocket } from "./engine-socket.ts";
import { attachTo } from "./http-attachment.ts";
import { type Middleware, runMiddlewares } from "./middlewares.ts";
import { Places } from "./places.ts";
import type { PressureLimits } from "./pressure.ts";

/** What the event `connection_error` tells. */
export interface ConnectionError {
  readonly req: IncomingMessage;
  readonly code: EngineErrorCode;
  readonly message: string;
  readonly context: Readonly<Record<string, unknown>>;
}

// biome-ignore lint/suspicious/noExplicitAny: as Node types the arguments of listeners
type AnyArguments = any[];

/** Either way to say no to a request. */
type Refuse = (answer: RefusalAnswer) => void;

/** Why a request is refused that asks a server that goes away for a session. */
const closing = { name: "SERVER_CLOSING" } as const;
/** By then another process has taken over, or the same one has restarted. */
const RETRY_AFTER_S = 1;

/**
 * An Engine.IO server: sessions over polling and WebSocket.
 *
 * Events: `connection` (socket), `connection_error` ({ req, code, message, context }),
 * `initial_headers` and `headers` (headers, request), `flush`, `drain`.
 */
export class EngineServer extends EventEmitter implements EngineHost {
  static readonly errors: typeof engineErrors = engineErrors;
  static readonly errorMessages: typeof engineErrorMessages = engineErrorMessages;

  readonly opts: EngineOptions;
  readonly times: SessionTimes;
  readonly pressureLimits: PressureLimits<EngineSocket>;
  /** What has gone through all connections. */
  readonly traffic: Traffic = new Traffic();
  /** The HTTP server that it is attached to. */
  httpServer: HttpServer | undefined = undefined;
  isWatched = false;
  private readonly transports: readonly TransportName[];
  private readonly sessions = new Map<string, EngineSocket>();
  private readonly middlewares: Middleware[] = [];
  private readonly ids = new SessionIds();
  private readonly origins: OriginGuard;
  private readonly headers: AnswerHeaders;
  private readonly polling: PollingSettings;
  private readonly upgrader: Upgrader;
  private readonly maxPayload: number;
  private readonly addresses: ClientAddresses;
  private readonly places: Places;
  private readonly departures = new Departures();
  /** Of sessions that are over: WebSockets whose clients have not closed them yet. */
  private readonly lingering = new Set<Transport>();

  /** @throws TypeError or RangeError that names the option and what it accepts */
  constructor(options: EngineOptions = {}) {
    super();
    checkEngineOptions(options);
    this.opts = { ...engineDefaults, allowUpgrades: true, ...withoutUndefined(options) };
    this.transports = transportsOf(options);
    const { limits = {}, trustProxy, forwardedHeader } = options;
    const settled = settleLimits(limits);
    this.maxPayload = options.maxHttpBufferSize ?? settled.payload;
    this.opts.maxHttpBufferSize = this.maxPayload;
    this.times = {
      pingIntervalMs: options.pingInterval ?? engineDefaults.pingInterval,
      pingTimeoutMs: options.pingTimeout ?? engineDefaults.pingTimeout,
      upgradeTimeoutMs: options.upgradeTimeout ?? engineDefaults.upgradeTimeout,
    };
    this.pressureLimits = {
      maxBytes: options.backpressure?.maxBytes ?? settled.outbox,
      policy: options.backpressure?.policy ?? "close",
    };
    this.addresses = new ClientAddresses({ trustProxy, forwardedHeader });
    const tracksIdentity = "authenticate" in options && options.authenticate !== undefined;
    this.places = new Places(settled, limits, tracksIdentity);
    this.origins = new OriginGuard(options.origins, options.cors);
    this.headers = new AnswerHeaders(this);
    this.polling = {
      maxBodyBytes: this.maxPayload,
      bodyTimeoutMs: settled.message,
      compression: compressionOf(options.httpCompression),
      showHeaders: (headers, request) => this.headers.show(headers, request),
    };
    this.upgrader = this.makeUpgrader(settled);
    if (options.cors) this.use(cors(options.cors as cors.CorsOptions));
  }

  override on(event: string | symbol, listener: (...args: AnyArguments) => void): this {
    if (event === "flush" || event === "drain") this.isWatched = true;
    return super.on(event, listener);
  }

  override addListener(event: string | symbol, listener: (...args: AnyArguments) => void): this {
    return this.on(event, listener);
  }

  /** How many sessions there are. */
  get clientsCount(): number {
    return this.sessions.size;
  }

  /** The sessions by their ids. */
  get clients(): ReadonlyMap<string, EngineSocket> {
    return this.sessions;
  }

  /** Runs an Express middleware on every request, upgrades included. */
  use(middleware: Middleware): this {
    this.middlewares.push(middleware);
    return this;
  }

  /** Makes the id of a new session; override it for ids of your own, which must not be guessable. */
  generateId(_request: IncomingMessage): string | PromiseLike<string> {
    return this.ids.next();
  }

  /** The transports that a session on `transport` may change to. */
  upgrades(transport: TransportName): TransportName[] {
    const { allowUpgrades = true } = this.opts;
    return allowUpgrades && transport === "polling" && this.transports.includes("websocket")
      ? ["websocket"]
      : [];
  }

  /** Takes the requests and upgrades of an HTTP server that are for `path`. */
  attach(server: HttpServer, options: AttachOptions = {}): this {
    this.httpServer = server;
    attachTo(server, this, options);
    return this;
  }

  get isRefusingNew(): boolean {
    return this.departures.hasBegun;
  }

  /** Refuses new sessions from now on: whoever asks shall come back a little later. */
  refuseNew(retryAfterS?: number): void {
    this.departures.begin(retryAfterS);
  }

  /**
   * Ends all sessions behind what was sent to them, a few at a time over `graceMs` at most, so that
   * their clients do not come back all at once. Resolves when all are gone, or have had that long.
   */
  async depart(graceMs: number): Promise<void> {
    this.departures.begin();
    await this.departures.run([...this.sessions.values()], graceMs);
    for (const transport of this.lingering) transport.discard();
  }

  /** Ends all sessions. */
  close(): this {
    for (const socket of [...this.sessions.values()]) socket.close(true);
    return this;
  }

  /** Takes an HTTP request for the server's path. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    const prepared = prepare(request);
    const refuse: Refuse = (answer) => refuseRequest(response, answer);
    this.admit(prepared, false, response, refuse, (session) => {
      if (session !== undefined) (session.transport as PollingTransport).handle(prepared, response);
      else this.openPolling(prepared, response, refuse);
    });
  }

  /** Takes an upgrade for the server's path. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const prepared = prepare(request);
    const response = new UpgradeResponse(prepared, socket);
    const refuse: Refuse = (answer) => refuseUpgradeRequest(socket, answer);
    socket.on("error", destroyOnError);
    const upgrade = (open: (upgraded: Upgraded) => void): void => {
      socket.off("error", destroyOnError);
      // Middlewares such as express-session set their headers when the head is written.
      response.writeHead();
      this.headers.keep(prepared, response);
      this.upgrader.handle(prepared, socket, head, open);
    };
    this.admit(prepared, true, response, refuse, (session) => {
      if (session !== undefined) upgrade((upgraded) => this.probe(session, upgraded));
      else {
        this.withId(prepared, refuse, (id) => {
          upgrade((upgraded) => this.openWebSocket(prepared, upgraded, id));
        });
      }
    });
  }

  /**
   * Opens a session on a transport that comes by other ways than HTTP: in memory, through a tunnel.
   * `request` describes where it came from. Origins, middlewares and limits are not asked.
   */
  async accept(transport: Transport, request: IncomingMessage): Promise<EngineSocket> {
    const prepared = prepare(request);
    const id = await this.generateId(prepared);
    const socket = this.open(transport, prepared, id, versionOf(readRequest(prepared, true)));
    this.announce(socket);
    return socket;
  }

  /** Called by a session that is over. */
  forget(socket: EngineSocket): void {
    this.sessions.delete(socket.id);
  }

  linger(transport: Transport): void {
    this.lingering.add(transport);
  }

  endLingering(transport: Transport): void {
    this.lingering.delete(transport);
  }

  /** Runs middlewares and checks; `take` gets the session that the request names, if it names one. */
  private admit(
    request: EngineIncomingMessage,
    isUpgrade: boolean,
    response: ServerResponse | UpgradeResponse,
    refuse: Refuse,
    take: (session: EngineSocket | undefined) => void,
  ): void {
    const check = (): void => {
      const asked = readRequest(request, isUpgrade);
      if (asked.sid === undefined && this.departures.hasBegun) {
        this.refuseClosing(request, refuse);
        return;
      }
      if (asked.sid === undefined) {
        const full = this.places.check(this.addresses.of(request), nowMs());
        if (full !== null) {
          this.refuseFull(request, full, refuse);
          return;
        }
      }
      const session = asked.sid === undefined ? undefined : (this.sessions.get(asked.sid) ?? null);
      const refusal = this.check(asked, session);
      if (refusal !== null) {
        this.refuse(request, refusal, refuse);
        return;
      }
      this.origins.check(request, (isAllowed) => {
        if (!isAllowed) {
          const { origin } = request.headers;
          this.refuse(request, forbidden({ name: "FORBIDDEN_ORIGIN", origin }), refuse, {
            detail:
              "this page's origin may not connect: the options `origins` and `cors` name those that may",
          });
        } else if (session === undefined || session === null) this.askUser(request, refuse, take);
        else if (session.readyState === "closed") {
          // It was closed while a promise of the user's was awaited.
          this.refuse(request, { code: engineErrors.UNKNOWN_SID, context: {} }, refuse);
        } else take(session);
      });
    };
    if (this.middlewares.length === 0) {
      check();
      return;
    }
    runMiddlewares(this.middlewares, request, response, (error) => {
      if (error) {
        const context = { name: "MIDDLEWARE_FAILURE", error };
        this.refuse(request, { code: engineErrors.BAD_REQUEST, context }, refuse);
      } else if (!response.writableEnded) check();
    });
  }

  private check(
    asked: EngineRequest,
    session: EngineSocket | null | undefined,
  ): EngineRefusal | null {
    const named = session && {
      transport: session.transport.name,
      version: session.protocol,
    };
    const refusal = checkRequest(asked, named, {
      transports: this.transports,
      allowsVersion3: this.opts.allowEIO3 === true,
    });
    if (refusal?.code !== engineErrors.UNKNOWN_SID || asked.sid === undefined) return refusal;
    const reason = this.ids.diagnose(asked.sid);
    return { code: refusal.code, context: { ...refusal.context, reason } };
  }

  private askUser(
    request: EngineIncomingMessage,
    refuse: Refuse,
    take: (session: undefined) => void,
  ): void {
    const { allowRequest } = this.opts;
    if (allowRequest === undefined) {
      take(undefined);
      return;
    }
    allowRequest(request, (message, isAllowed) => {
      if (isAllowed) take(undefined);
      else this.refuse(request, forbidden({ message }), refuse, { message: message ?? undefined });
    });
  }

  private refuse(
    request: IncomingMessage,
    { code, context }: EngineRefusal,
    refuse: Refuse,
    answer: Omit<RefusalAnswer, "code"> = {},
  ): void {
    const message = engineErrorMessages[code];
    this.emit("connection_error", { req: request, code, message, context });
    tell("refused", () => ({
      what: "handshake",
      code: toldCode(code, context),
      message: [message, context.name, context.reason].filter(Boolean).join(": "),
      address: request.socket?.remoteAddress,
    }));
    const { reason } = context;
    const detail =
      reason === "closed" || reason === "elsewhere" || reason === "never"
        ? explain(reason)
        : undefined;
    refuse({ code, detail, ...answer });
  }

  private refuseFull(
    request: IncomingMessage,
    { code, message, retryAfterMs = 0 }: GuardRefusal,
    refuse: Refuse,
  ): void {
    const context = { name: code };
    this.refuse(request, { code: engineErrors.BAD_REQUEST, context }, refuse, {
      message,
      detail: code,
      status: codes[code].status ?? undefined,
      retryAfterS: Math.ceil(retryAfterMs / 1_000),
      retryAfterMs,
    });
  }

  private openPolling(
    request: EngineIncomingMessage,
    response: ServerResponse,
    refuse: Refuse,
  ): void {
    this.withId(request, refuse, (id) => {
      if (response.destroyed) return;
      const version = versionOf(readRequest(request, false));
      const takesBinary = request._query.b64 === undefined;
      const transport = new PollingTransport(this.polling, version === 3, takesBinary);
      this.headers.begin(request, id, this.opts.cookie);
      const socket = this.open(transport, request, id, version);
      transport.handle(request, response);
      this.announce(socket);
    });
  }

  private openWebSocket(request: EngineIncomingMessage, upgraded: Upgraded, id: string): void {
    const version = versionOf(readRequest(request, true));
    const transport = this.webSocketTransport(upgraded, version === 3);
    this.announce(this.open(transport, request, id, version));
  }

  private probe(session: EngineSocket, upgraded: Upgraded): void {
    const transport = this.webSocketTransport(upgraded, session.protocol === 3);
    if (!session.openProbe(transport)) transport.close(noop);
  }

  private webSocketTransport(upgraded: Upgraded, isVersion3: boolean): WebSocketTransport {
    return new WebSocketTransport(upgraded, isVersion3, this.upgrader);
  }

  private open(
    transport: Transport,
    request: EngineIncomingMessage,
    id: string,
    version: 3 | 4,
  ): EngineSocket {
    const address = this.addresses.of(request);
    const socket = new EngineSocket(this, transport, {
      id,
      version,
      request: this.opts.keepRequest === true ? request : slimRequest(request),
      remoteAddress: address.address === "" ? request.socket.remoteAddress : address.address,
      place: this.places.enter(address),
    });
    this.sessions.set(id, socket);
    socket.sendPart(
      openPacket({
        sid: id,
        upgrades: this.upgrades(transport.name),
        pingInterval: this.times.pingIntervalMs,
        pingTimeout: this.times.pingTimeoutMs,
        maxPayload: this.maxPayload,
      }),
      { compress: false },
    );
    const { initialPacket } = this.opts;
    if (initialPacket !== undefined) socket.send(initialPacket);
    return socket;
  }

  private announce(socket: EngineSocket): void {
    socket.emit("open");
    this.emit("connection", socket);
  }

  private withId(
    request: EngineIncomingMessage,
    refuse: Refuse,
    callback: (id: string) => void,
  ): void {
    const fail = (error: unknown): void => {
      const context = { name: "ID_GENERATION_ERROR", error };
      this.refuse(request, { code: engineErrors.BAD_REQUEST, context }, refuse);
    };
    let id: string | PromiseLike<string>;
    try {
      id = this.generateId(request);
    } catch (error) {
      fail(error);
      return;
    }
    const take = (made: string): void => {
      // It was open when the handshake began.
      if (this.departures.hasBegun) this.refuseClosing(request, refuse);
      else callback(made);
    };
    if (typeof id === "string") take(id);
    else id.then(take, fail);
  }

  private refuseClosing(request: EngineIncomingMessage, refuse: Refuse): void {
    this.refuse(request, { code: engineErrors.BAD_REQUEST, context: closing }, refuse, {
      message: "Server is closing",
      retryAfterS: this.departures.retryAfterS ?? RETRY_AFTER_S,
    });
  }

  private makeUpgrader(limits: SettledLimits): Upgrader {
    const { opts } = this;
    // Only a number of the user's own counts for every address.
    const ownPerAddress =
      opts.limits?.connectionsPerAddress === undefined ? undefined : limits.connectionsPerAddress;
    const options = {
      noServer: true,
      origins: "*", // held against `origins` for all transports alike, before
      heartbeat: false, // Engine.IO brings its own
      maxPayload: this.maxPayload,
      messageTimeout: limits.message,
      perMessageDeflate: opts.perMessageDeflate ?? false,
      backpressure: { maxBytes: this.pressureLimits.maxBytes },
      maxConnections: opts.maxConnections,
      // Where proxies are trusted, the socket's own address says nothing.
      maxConnectionsPerAddress:
        opts.maxConnectionsPerAddress ??
        (opts.trustProxy === undefined ? ownPerAddress : Number.POSITIVE_INFINITY),
    } as const;
    const owner = {
      isRunning: true,
      shouldHandle: (): boolean => true,
      showHeaders: (lines: string[], request: IncomingMessage): boolean =>
        this.headers.showUpgrade(lines, request),
      giveAway: (): boolean => false,
    };
    return new Upgrader(owner, options, serverLinkOptions(options));
  }
}

/** Of the catalogue, where one of its codes says why; otherwise Engine.IO's number. */
function toldCode(code: EngineErrorCode, { name }: EngineRefusal["context"]): string {
  if (name === "FORBIDDEN_ORIGIN") return "OPENLINE_ORIGIN" satisfies Code;
  return typeof name === "string" && Object.hasOwn(codes, name) ? name : `ENGINE_${code}`;
}

function prepare(request: IncomingMessage): EngineIncomingMessage {
  const prepared = request as EngineIncomingMessage;
  prepared._query = readQuery(request.url ?? "");
  return prepared;
}

function readRequest(request: EngineIncomingMessage, isUpgrade: boolean): EngineRequest {
  const { transport, sid, EIO } = request._query;
  // An empty sid is none, as clients of old send it.
  return {
    method: request.method ?? "",
    isUpgrade,
    transport,
    sid: sid === "" ? undefined : sid,
    version: EIO,
  };
}

function forbidden(context: Readonly<Record<string, unknown>>): EngineRefusal {
  return { code: engineErrors.FORBIDDEN, context };
}

function compressionOf(
  option: boolean | HttpCompressionOptions | undefined,
): HttpCompressionOptions | null {
  if (option === false) return null;
  return typeof option === "object" ? option : {};
}

/** So that an option that is undefined does not hide the default. */
function withoutUndefined<Options extends object>(options: Options): Options {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Options; // fewer of its own fields, and the same
}

function destroyOnError(this: Duplex): void {
  this.destroy();
}

function noop(): void {}
