import { EventEmitter } from "node:events";
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  STATUS_CODES,
} from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { HandshakeError } from "@openline/protocol/errors";
import {
  acceptDeflateOffer,
  acceptKey,
  type ClientHandshake,
  checkHeaderLine,
  checkOrigin,
  DEFLATE_EXTENSION,
  formatSwitchingProtocols,
  type OriginPolicy as ParsedOriginPolicy,
  parseExtensions,
  readHandshake,
  readOriginList,
} from "@openline/protocol/websocket";
import { Admission } from "./admission.ts";
import { wheel } from "./clock.ts";
import type { LinkDeflate, LinkOptions, PressureAction } from "./link-options.ts";
import { type RefusalHeaders, refuseUpgrade } from "./refusal.ts";
import { isBlob, type SendData, toBytes } from "./send-data.ts";
import {
  checkServerOptions,
  type ServerOptions,
  serverDefaults,
  serverLinkOptions,
} from "./server-options.ts";
import { SharedMessage } from "./shared-message.ts";
import { WheelEntry } from "./timer-wheel.ts";
import { TopicIndex } from "./topics.ts";
import { deliver, openAccepted, WebSocket, type WebSocketHost } from "./websocket.ts";

export interface PublishOptions {
  /** Sends a binary message; by default everything but a string is one. */
  binary?: boolean | undefined;
  /** Who does not get it. */
  except?: WebSocket | Iterable<WebSocket> | undefined;
}

export interface ShutdownOptions {
  /** How long peers get to close, in milliseconds, before they are terminated. Default 5 s. */
  graceMs?: number | undefined;
  /** 1001 (going away, the default) or 1012 (restart: come back). */
  code?: number | undefined;
  reason?: string | undefined;
}

type UpgradeCallback = (socket: WebSocket, request: IncomingMessage) => void;

const acceptedSockets = new WeakSet<Duplex>();

/** A handshake that waits for `verifyClient`: it holds a place, and has a deadline. */
class PendingHandshake extends WheelEntry {
  isSettled = false;
  private readonly onExpired: () => void;

  constructor(onExpired: () => void) {
    super();
    this.onExpired = onExpired;
  }

  /** True the first time: only one of answer, deadline and hang-up counts. */
  settle(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    wheel.cancel(this);
    return true;
  }

  expire(): void {
    if (this.settle()) this.onExpired();
  }
}

/**
 * Takes WebSocket handshakes on a port of its own, on an http(s) server, or on
 * whatever `handleUpgrade` is given, and emits 'connection' for each.
 *
 * Events: 'listening', 'connection' (socket, request), 'headers' (lines, request),
 * 'wsClientError' (error, socket, request), 'error' (error), 'close'.
 */
export class WebSocketServer extends EventEmitter {
  readonly options: ServerOptions;
  /** The open connections; undefined without `clientTracking`. */
  readonly clients: Set<WebSocket>;
  /** The http(s) server that is listened to; null with `noServer` or once closed. */
  private httpServer: HttpServer | HttpsServer | null = null;
  private readonly ownsServer: boolean;
  private state: "running" | "closing" | "closed" = "running";
  private stopListening: (() => void) | null = null;
  private closesWhenEmpty = false;
  private readonly linkOptions: LinkOptions;
  private readonly origins:
    | ParsedOriginPolicy
    | ((origin: string, request: IncomingMessage) => boolean);
  private readonly admission: Admission;
  private readonly groups = new Map<WebSocket, string>();
  private readonly topicIndex = new TopicIndex<WebSocket>();
  private readonly host: WebSocketHost;
  private readonly makeWebSocket: typeof WebSocket;

  /**
   * @throws TypeError or RangeError that names the option and what it accepts
   */
  constructor(options: ServerOptions, callback?: () => void) {
    super();
    checkServerOptions(options);
    this.options = { ...options };
    this.linkOptions = serverLinkOptions(options);
    const { origins } = options;
    this.origins =
      origins === undefined
        ? "same-origin"
        : origins === "*" || typeof origins === "function"
          ? origins
          : readOriginList(typeof origins === "string" ? [origins] : origins);
    const perAddress = options.maxConnectionsPerAddress;
    this.admission = new Admission(
      options.maxConnections ?? Number.POSITIVE_INFINITY,
      perAddress ?? serverDefaults.maxConnectionsPerAddress,
      perAddress !== undefined,
    );
    this.makeWebSocket = options.WebSocket ?? WebSocket;
    this.host = this.asHost();
    // Typed as always there: as in ws, only `clientTracking: false` takes it away.
    this.clients = ((options.clientTracking ?? true) ? new Set() : undefined) as Set<WebSocket>;
    this.ownsServer = options.port !== undefined && options.port !== null;
    if (this.ownsServer) this.httpServer = this.listen(options, callback);
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
    if (this.state === "running") this.close();
    for (const client of this.clients) client.close(code, reason);
    const deadline = setTimeout(() => {
      for (const client of this.clients) client.terminate();
    }, graceMs);
    await closed;
    clearTimeout(deadline);
  }

  /** Whether a request is for this server: by `path`. Override it for rules of your own. */
  shouldHandle(request: IncomingMessage): boolean | Promise<boolean> {
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
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: UpgradeCallback,
  ): void {
    // At no time may a hang-up of the peer be an unhandled 'error'.
    socket.on("error", destroyOnError);
    let handshake: ClientHandshake;
    try {
      handshake = readHandshake(request.method ?? "", request.headers, request.httpVersion);
      if (!this.shouldHandle(request)) {
        refuseUpgrade(socket, 400);
        return;
      }
      this.checkOrigin(request);
    } catch (error) {
      this.refuse(error, socket, request);
      return;
    }
    const group = this.admission.groupOf((socket as Partial<Socket>).remoteAddress);
    const refusal = this.admission.enter(group);
    if (refusal !== null) {
      if (refusal === "full") refuseUpgrade(socket, 503, "The server is full; try again later");
      else refuseUpgrade(socket, 429, "Too many connections from this address");
      return;
    }
    const giveUp = (status: number, message?: string, headers?: RefusalHeaders): void => {
      this.admission.leave(group);
      refuseUpgrade(socket, status, message, headers);
    };
    const complete = (): void => {
      try {
        this.complete(handshake, request, socket, head, group, giveUp, callback);
      } catch (error) {
        this.admission.leave(group);
        if (!(error instanceof HandshakeError)) throw error;
        this.refuse(error, socket, request);
      }
    };
    if (this.options.verifyClient) this.verify(request, socket, complete, giveUp, group);
    else complete();
  }

  private verify(
    request: IncomingMessage,
    socket: Duplex,
    complete: () => void,
    giveUp: (status: number, message?: string, headers?: RefusalHeaders) => void,
    group: string | undefined,
  ): void {
    const { verifyClient } = this.options;
    const { origin } = request.headers;
    const info = {
      origin: origin as string, // undefined for what is no browser; typed as ws has it
      secure: Boolean((request.socket as { encrypted?: boolean }).encrypted),
      req: request,
    };
    if (typeof verifyClient !== "function") {
      complete();
      return;
    }
    if (verifyClient.length !== 2) {
      const isVerified = (verifyClient as (given: typeof info) => boolean)(info);
      if (isVerified) complete();
      else giveUp(401);
      return;
    }
    const pending = new PendingHandshake(() => giveUp(408, "The handshake took too long"));
    const onHangUp = (): void => {
      if (pending.settle()) this.admission.leave(group);
    };
    socket.once("close", onHangUp);
    const { handshakeTimeout = serverDefaults.handshakeTimeout } = this.options;
    if (handshakeTimeout > 0 && handshakeTimeout !== Number.POSITIVE_INFINITY) {
      wheel.schedule(pending, handshakeTimeout);
    }
    verifyClient(info, (isVerified, status, message, headers) => {
      if (!pending.settle()) return;
      socket.off("close", onHangUp);
      if (isVerified) complete();
      else giveUp(status ?? 401, message, headers);
    });
  }

  private complete(
    handshake: ClientHandshake,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    group: string | undefined,
    giveUp: (status: number) => void,
    callback: UpgradeCallback,
  ): void {
    if (!socket.readable || !socket.writable) {
      this.admission.leave(group);
      socket.destroy();
      return;
    }
    if (acceptedSockets.has(socket)) {
      throw new Error(
        "server.handleUpgrade() was called more than once with the same socket, " +
          "possibly due to a misconfiguration",
      );
    }
    if (this.state !== "running") {
      giveUp(503);
      return;
    }
    acceptedSockets.add(socket);
    const protocol = this.chooseProtocol(handshake, request);
    const { deflate, response } = this.negotiateDeflate(handshake);
    const lines = formatSwitchingProtocols(acceptKey(handshake.key), protocol, response);
    if (this.listenerCount("headers") > 0) {
      this.emit("headers", lines, request);
      for (const line of lines) checkHeaderLine(line);
    }
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    socket.off("error", destroyOnError);
    const MadeWebSocket = this.makeWebSocket;
    const webSocket = new MadeWebSocket(null, undefined, undefined);
    if (group !== undefined) this.groups.set(webSocket, group);
    this.clients?.add(webSocket);
    openAccepted(webSocket, {
      // A Duplex that is no net.Socket (a tunnel, a test) works through the public API.
      socket: socket as Socket,
      head,
      options: this.linkOptions,
      deflate,
      protocol: protocol ?? "",
      host: this.host,
    });
    callback(webSocket, request);
  }

  private chooseProtocol(handshake: ClientHandshake, request: IncomingMessage): string | undefined {
    const { protocols } = handshake;
    if (protocols.size === 0) return undefined;
    const { handleProtocols } = this.options;
    const chosen = handleProtocols
      ? handleProtocols(new Set(protocols), request)
      : protocols.values().next().value;
    return chosen || undefined;
  }

  private negotiateDeflate(handshake: ClientHandshake): {
    deflate: LinkDeflate | null;
    response: string | undefined;
  } {
    const none = { deflate: null, response: undefined };
    const options = this.linkOptions.deflate;
    if (options === null || handshake.extensions === undefined) return none;
    const offers = parseExtensions(handshake.extensions).get(DEFLATE_EXTENSION);
    const accepted = offers === undefined ? null : acceptDeflateOffer(offers, options);
    if (accepted === null) return none;
    return {
      deflate: { parameters: accepted.parameters, options },
      response: accepted.response,
    };
  }

  /** @throws HandshakeError */
  private checkOrigin(request: IncomingMessage): void {
    const { origin, host } = request.headers;
    const { origins } = this;
    if (typeof origins !== "function") {
      const isEncrypted = (request.socket as { encrypted?: boolean }).encrypted === true;
      checkOrigin(origins, { origin, host, isEncrypted });
    } else if (origin !== undefined && !origins(origin, request)) {
      throw new HandshakeError(403, "This page's origin is not allowed to connect");
    }
  }

  private refuse(error: unknown, socket: Duplex, request: IncomingMessage): void {
    if (!(error instanceof HandshakeError)) throw error;
    if (this.emit("wsClientError", error, socket, request)) return;
    refuseUpgrade(socket, error.status, error.message, error.headers);
  }

  private listen(options: ServerOptions, callback: (() => void) | undefined): HttpServer {
    const { handshakeTimeout = serverDefaults.handshakeTimeout } = options;
    const timeoutMs = Number.isFinite(handshakeTimeout) ? handshakeTimeout : 0;
    const server = createServer(
      {
        // Against headers that come a byte at a time; Node looks once an interval.
        headersTimeout: timeoutMs,
        requestTimeout: timeoutMs,
        connectionsCheckingInterval: Math.max(100, Math.min(1_000, timeoutMs / 2)),
        maxHeaderSize: 8 * 1024,
      },
      (_request, response) => {
        const body = STATUS_CODES[426] ?? "";
        response.writeHead(426, {
          "Content-Length": body.length,
          "Content-Type": "text/plain",
          Upgrade: "websocket",
          Connection: "Upgrade, close",
        });
        response.end(body);
      },
    );
    const { port, host, backlog } = options;
    server.listen(
      {
        port: port ?? 0,
        ...(host === undefined ? {} : { host }),
        ...(backlog === undefined ? {} : { backlog }),
      },
      callback,
    );
    return server;
  }

  private listenTo(server: HttpServer | HttpsServer): void {
    const onListening = (): void => {
      this.emit("listening");
    };
    const onError = (error: Error): void => {
      this.emit("error", error);
    };
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      this.handleUpgrade(request, socket, head, this.emitConnection);
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

  private readonly emitConnection: UpgradeCallback = (socket, request) => {
    this.emit("connection", socket, request);
  };

  private asHost(): WebSocketHost {
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
    return typeof policy === "function" ? policy(socket, data) : policy;
  }

  private forget(socket: WebSocket): void {
    const group = this.groups.get(socket);
    this.groups.delete(socket);
    this.admission.leave(group);
    this.clients?.delete(socket);
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

function destroyOnError(this: Duplex): void {
  this.destroy();
}

function deliverTo(
  receivers: Iterable<WebSocket>,
  data: SendData,
  options: PublishOptions | undefined,
): number {
  if (isBlob(data)) {
    throw new TypeError("A Blob cannot be published: pass its bytes, `await blob.arrayBuffer()`");
  }
  const isBinary = options?.binary ?? (typeof data !== "string" && typeof data !== "number");
  // Many hold these bytes until they are written: the caller's must be free to change.
  const message = new SharedMessage(toBytes(data), isBinary);
  const except = options?.except;
  const isLeftOut =
    except === undefined
      ? null
      : except instanceof WebSocket
        ? (socket: WebSocket): boolean => socket === except
        : leftOut(except);
  let count = 0;
  for (const receiver of receivers) {
    if (isLeftOut !== null && isLeftOut(receiver)) continue;
    if (deliver(receiver, message)) count += 1;
  }
  return count;
}

function leftOut(except: Iterable<WebSocket>): (socket: WebSocket) => boolean {
  const set = new Set(except);
  return (socket) => set.has(socket);
}
