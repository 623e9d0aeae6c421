import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { LinkOptions, PressureAction } from "./link-options.ts";
import { listenForUpgrades } from "./own-http-server.ts";
import { deliverTo, type PublishOptions } from "./publish.ts";
import type { SendData } from "./send-data.ts";
import { checkServerOptions, type ServerOptions, serverLinkOptions } from "./server-options.ts";
import { TopicIndex } from "./topics.ts";
import { TypedEmitter } from "./typed-emitter.ts";
import { type Upgraded, Upgrader } from "./upgrade.ts";
import { openAccepted, WebSocket, type WebSocketHost } from "./websocket.ts";

export interface ShutdownOptions {
  /** How long peers get to close, in milliseconds, before they are terminated. Default 5 s. */
  graceMs?: number | undefined;
  /** 1001 (going away, the default) or 1012 (restart: come back). */
  code?: number | undefined;
  reason?: string | undefined;
}

/** The events of a server, and what their listeners get. */
export interface WebSocketServerEvents<
  Client extends typeof WebSocket,
  Request extends typeof IncomingMessage,
> {
  connection: [socket: InstanceType<Client>, request: InstanceType<Request>];
  headers: [lines: string[], request: InstanceType<Request>];
  wsClientError: [error: Error, socket: Duplex, request: InstanceType<Request>];
  error: [error: Error];
  listening: [];
  close: [];
}

/**
 * Takes WebSocket handshakes on a port of its own, on an http(s) server, or on
 * whatever `handleUpgrade` is given, and emits 'connection' for each.
 */
export class WebSocketServer<
  Client extends typeof WebSocket = typeof WebSocket,
  Request extends typeof IncomingMessage = typeof IncomingMessage,
> extends TypedEmitter<WebSocketServerEvents<Client, Request>> {
  readonly options: ServerOptions<Client, Request>;
  /** The open connections; undefined without `clientTracking`. */
  readonly clients: Set<InstanceType<Client>>;
  /** The http(s) server that is listened to; null with `noServer` or once closed. */
  private httpServer: HttpServer | HttpsServer | null = null;
  private readonly ownsServer: boolean;
  private state: "running" | "closing" | "closed" = "running";
  private stopListening: (() => void) | null = null;
  private closesWhenEmpty = false;
  private readonly linkOptions: LinkOptions;
  private readonly upgrader: Upgrader;
  /** What the address of a connection is counted as, where it is counted. */
  private readonly groups = new Map<WebSocket, string>();
  private readonly topicIndex = new TopicIndex<WebSocket>();
  private readonly host: WebSocketHost;

  /**
   * @throws TypeError or RangeError that names the option and what it accepts
   */
  constructor(options: ServerOptions<Client, Request> = {}, callback?: () => void) {
    super();
    checkServerOptions(options);
    this.options = { ...options };
    this.linkOptions = serverLinkOptions(options);
    this.upgrader = this.makeUpgrader();
    this.host = this.makeHost();
    const isTracking = options.clientTracking ?? true;
    // Typed as always there: as in ws, only `clientTracking: false` takes it away.
    this.clients = (isTracking ? new Set() : undefined) as Set<InstanceType<Client>>;
    this.ownsServer = options.port !== undefined && options.port !== null;
    if (this.ownsServer) this.httpServer = listenForUpgrades(options, callback);
    else if (options.server) this.httpServer = options.server;
    if (this.httpServer !== null) this.listenTo(this.httpServer);
  }

  /**
   * Where the server listens; null once it is closed.
   *
   * @throws Error with `noServer`
   */
  address(): AddressInfo | string | null {
    if (this.options.noServer) throw new Error('The server is operating in "noServer" mode');
    return this.httpServer === null ? null : this.httpServer.address();
  }

  /** Names of the topics that have subscribers. */
  get topics(): IterableIterator<string> {
    return this.topicIndex.names;
  }

  /** How many are subscribed to `topic`. */
  subscriberCount(topic: string): number {
    return this.topicIndex.subscribers(topic)?.size ?? 0;
  }

  /**
   * Sends one message to all connections, framed and compressed once. Returns how
   * many it was sent to.
   *
   * @throws Error without `clientTracking`
   */
  broadcast(data: SendData, options?: PublishOptions): number {
    if (this.clients === undefined) {
      throw new Error("broadcast needs the connections: leave the option clientTracking at true");
    }
    return deliverTo(this.clients, data, options);
  }

  /** Sends one message to all subscribers of `topic`. Returns how many it was sent to. */
  publish(topic: string, data: SendData, options?: PublishOptions): number {
    const subscribers = this.topicIndex.subscribers(topic);
    return subscribers === undefined ? 0 : deliverTo(subscribers, data, options);
  }

  /** Takes no new connections; 'close' follows when the server has none. Open ones stay open. */
  close(callback?: (error?: Error) => void): void {
    if (this.state === "closed") {
      if (callback !== undefined) {
        this.once("close", () => callback(new Error("The server is not running")));
      }
      process.nextTick(() => this.emitClose());
      return;
    }
    if (callback !== undefined) this.once("close", callback);
    if (this.state === "closing") return;
    this.state = "closing";
    const server = this.httpServer;
    this.stopListening?.();
    this.stopListening = null;
    this.httpServer = null;
    if (this.ownsServer && server !== null) {
      server.close(() => this.emitClose());
    } else if (this.clients !== undefined && this.clients.size > 0) {
      this.closesWhenEmpty = true;
    } else {
      process.nextTick(() => this.emitClose());
    }
  }

  /**
   * Closes the server and every connection, and waits: what was sent is written,
   * then each peer gets a Close frame and `graceMs` to answer it. Resolves when all
   * are gone; those that are not by then are terminated.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    const { graceMs = 5_000, code = 1001, reason } = options;
    if (this.clients === undefined) {
      throw new Error("shutdown needs the connections: leave the option clientTracking at true");
    }
    const closed = new Promise<void>((resolve) => {
      if (this.state === "closed") resolve();
      else this.once("close", () => resolve());
    });
    // The http server may be done a moment before its sockets have said so.
    const gone = Array.from(
      this.clients,
      (client) => new Promise<void>((resolve) => client.once("close", () => resolve())),
    );
    if (this.state === "running") this.close();
    for (const client of this.clients) client.close(code, reason);
    const deadline = setTimeout(() => {
      for (const client of this.clients) client.terminate();
    }, graceMs);
    await Promise.all([closed, ...gone]);
    clearTimeout(deadline);
  }

  /** Whether a request is for this server: by `path`. Override it for rules of your own. */
  shouldHandle(request: InstanceType<Request>): boolean | Promise<boolean> {
    const { path } = this.options;
    if (!path) return true;
    const url = request.url ?? "";
    const query = url.indexOf("?");
    return (query === -1 ? url : url.slice(0, query)) === path;
  }

  /**
   * Answers one upgrade request. `callback` gets the open WebSocket; a refused
   * handshake is answered with its HTTP error, or goes to 'wsClientError'.
   */
  handleUpgrade(
    request: InstanceType<Request>,
    socket: Duplex,
    head: Buffer,
    callback: (client: InstanceType<Client>, request: InstanceType<Request>) => void,
  ): void {
    this.upgrader.handle(request, socket, head, (upgraded) =>
      callback(this.welcome(upgraded), request),
    );
  }

  private welcome(upgraded: Upgraded): InstanceType<Client> {
    // Without the option, Client is WebSocket itself.
    const Made = (this.options.WebSocket ?? WebSocket) as unknown as new (
      address: null,
      protocols: undefined,
      options: ServerOptions<Client, Request>,
    ) => InstanceType<Client>;
    const client = new Made(null, undefined, this.options);
    if (upgraded.group !== undefined) this.groups.set(client, upgraded.group);
    this.clients?.add(client);
    openAccepted(client, { ...upgraded, host: this.host });
    return client;
  }

  private listenTo(server: HttpServer | HttpsServer): void {
    const onListening = (): void => {
      this.emit("listening");
    };
    const onError = (error: Error): void => {
      this.emit("error", error);
    };
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      const mine = request as InstanceType<Request>; // made by the user's http server
      this.handleUpgrade(mine, socket, head, (client) => this.emit("connection", client, mine));
    };
    server.on("listening", onListening);
    server.on("error", onError);
    server.on("upgrade", onUpgrade);
    this.stopListening = (): void => {
      server.off("listening", onListening);
      server.off("error", onError);
      server.off("upgrade", onUpgrade);
    };
  }

  private makeUpgrader(): Upgrader {
    const isRunning = (): boolean => this.state === "running";
    return new Upgrader(
      {
        get isRunning(): boolean {
          return isRunning();
        },
        // Requests are all made by the one http server, and so of its class.
        shouldHandle: (request) => this.shouldHandle(request as InstanceType<Request>),
        showHeaders: (lines, request) => this.emit("headers", lines, request),
        giveAway: (error, socket, request) => this.emit("wsClientError", error, socket, request),
      },
      this.options as ServerOptions,
      this.linkOptions,
    );
  }

  private makeHost(): WebSocketHost {
    return {
      subscribe: (socket, topic) => this.topicIndex.add(topic, socket),
      unsubscribe: (socket, topic) => this.topicIndex.remove(topic, socket),
      publish: (topic, data, options) => this.publish(topic, data, options),
      onPressure: (socket, data) => this.decidePressure(socket, data),
      left: (socket) => this.forget(socket),
    };
  }

  private decidePressure(socket: WebSocket, data: unknown): PressureAction {
    const policy = this.options.backpressure?.policy ?? "close";
    return typeof policy === "function" ? policy(socket as InstanceType<Client>, data) : policy;
  }

  private forget(socket: WebSocket): void {
    this.upgrader.leave(this.groups.get(socket));
    this.groups.delete(socket);
    this.clients?.delete(socket as InstanceType<Client>);
    if (this.closesWhenEmpty && this.clients.size === 0) {
      this.closesWhenEmpty = false;
      process.nextTick(() => this.emitClose());
    }
  }

  private emitClose(): void {
    this.state = "closed";
    this.emit("close");
  }
}
