import { createCookieJar, defaultBinaryType } from "#platform";
import { Emitter } from "../events/emitter.ts";
import type { CookieJar } from "../platform/cookie-jar.ts";
import { host } from "../platform/host.ts";
import { after } from "../platform/timers.ts";
import type { EnginePacket, WriteOptions } from "../transports/engine-packet.ts";
import type { CloseDetails, Transport } from "../transports/transport.ts";
import type { TransportOptions } from "../transports/transport-options.ts";
import { WebSocketTransport } from "../transports/websocket-transport.ts";
import { isSecure, parseAddress } from "./address.ts";
import type { EngineOptions } from "./engine-options.ts";

/** What the server says first. */
export interface HandshakeData {
  sid: string;
  upgrades: string[];
  /** In milliseconds, like the next. */
  pingInterval: number;
  pingTimeout: number;
  /** How many bytes one polling request may have. */
  maxPayload: number;
}

export interface EngineEvents {
  open: () => void;
  handshake: (data: HandshakeData) => void;
  packet: (packet: EnginePacket) => void;
  packetCreate: (packet: EnginePacket) => void;
  /** A message, as `message` too. */
  data: (data: unknown) => void;
  message: (data: unknown) => void;
  /** Everything that was written has left. */
  drain: () => void;
  /** Something of what was written is about to leave. */
  flush: () => void;
  heartbeat: () => void;
  ping: () => void;
  pong: () => void;
  error: (error: Error) => void;
  upgrading: (transport: Transport) => void;
  upgrade: (transport: Transport) => void;
  upgradeError: (error: Error) => void;
  close: (reason: string, description?: CloseDetails | Error) => void;
}

export type EngineState = "opening" | "open" | "closing" | "closed";

/** One connection to a server: a session of Engine.IO, over a WebSocket. */
export class Engine extends Emitter<Record<never, never>, Record<never, never>, EngineEvents> {
  /** The session's, while there is one; it is nobody else's business. */
  id: string | null = null;
  transport!: Transport; // `open` sets it before anything else can happen
  /** "arraybuffer", "blob" or, on Node, where it is the default, "nodebuffer". */
  binaryType: string = defaultBinaryType;
  readyState: EngineState = "opening";
  /** What the transport has not taken yet. */
  writeBuffer: EnginePacket[] = [];
  readonly cookieJar: CookieJar | undefined;
  protected readonly opts: EngineOptions;
  /** The transports are changing over: nothing is sent. */
  protected isUpgrading = false;
  /** Where the server is. */
  readonly #target: Pick<TransportOptions, "hostname" | "port" | "secure" | "path">;
  readonly #query: Record<string, unknown>;
  #pingMs = 0;
  #stopWaiting: (() => void) | undefined;
  /** When the server is given up for lost. */
  #expiryMs = Number.POSITIVE_INFINITY;
  #maxPayloadBytes = 0;

  constructor(uri: string | undefined, opts: EngineOptions) {
    super();
    this.opts = opts;
    const [, protocol, hostname, port, , ownQuery] = parseAddress(uri ?? pageOf(opts));
    this.#target = {
      secure: isSecure(protocol),
      hostname,
      port,
      path: opts.path!.replace(/\/$/, "") + (opts.addTrailingSlash === false ? "" : "/"),
    };
    const query = ownQuery || opts.query;
    this.#query =
      typeof query === "string"
        ? Object.fromEntries(new host.URLSearchParams(query))
        : { ...query };
    if (opts.withCredentials) this.cookieJar = createCookieJar();
    // Only if asked: it keeps pages out of the cache for going back.
    if (opts.closeOnBeforeunload) {
      this.#listen("beforeunload", () => {
        this.transport.off();
        this.transport.close();
      });
    }
    this.#listen("offline", () => {
      // A network is not what connects a host to itself.
      if (hostname === "localhost") return;
      this.onClose("transport close", { description: "network connection lost" });
    });
  }

  #listen(name: string, listener: () => void): void {
    host.addEventListener?.(name, listener);
    this.once("close", () => host.removeEventListener?.(name, listener));
  }

  /** Connects: once, right after it was made. */
  open(): void {
    this.use(new WebSocketTransport(this.optionsFor("websocket"))).open();
  }

  /** What a transport is made with. */
  protected optionsFor(name: string): TransportOptions {
    const query: Record<string, unknown> = { ...this.#query, EIO: 4, transport: name };
    if (this.id) query.sid = this.id;
    return {
      ...this.opts,
      ...this.opts.transportOptions?.[name],
      ...this.#target,
      query,
      socket: this,
    };
  }

  /** Sends and receives by `transport` from now on. */
  protected use(transport: Transport): Transport {
    this.transport?.off();
    this.transport = transport;
    return transport
      .on("drain", () => {
        if (this.writeBuffer.length > 0) this.flush();
        else this.emitReserved("drain");
      })
      .on("packet", (packet) => this.#onPacket(packet))
      .on("error", (error) => this.onError(error))
      .on("close", (details) => this.onClose("transport close", details));
  }

  #onPacket(packet: EnginePacket): void {
    const { type, data } = packet;
    this.emitReserved("packet", packet);
    // Whatever comes shows that the server is there.
    this.emitReserved("heartbeat");
    if (type === "open") {
      this.onHandshake(JSON.parse(data as string)); // it is text, as all but messages are
    } else if (type === "ping") {
      this.#write("pong");
      this.emitReserved("ping");
      this.emitReserved("pong");
      this.#wait();
    } else if (type === "message") {
      this.emitReserved("data", data);
      this.emitReserved("message", data);
    } else if (type === "error") {
      this.onError(Object.assign(new Error("server error"), { code: data }));
    }
  }

  protected onHandshake(data: HandshakeData): void {
    this.emitReserved("handshake", data);
    this.id = this.transport.query.sid = data.sid;
    this.#pingMs = data.pingInterval + data.pingTimeout;
    this.#maxPayloadBytes = data.maxPayload;
    this.readyState = "open";
    this.#wait();
    this.emitReserved("open");
    this.flush();
  }

  /** Gives the server time until its next ping. */
  #wait(): void {
    this.#stopWaiting?.();
    this.#expiryMs = Date.now() + this.#pingMs;
    this.#stopWaiting = after(this.opts, this.#pingMs, () => this.onClose("ping timeout"));
  }

  /**
   * Whether the server has been silent for too long, which timers may not have told yet: those of a
   * page in the background, or of a laptop that slept. Then it closes soon.
   */
  _hasPingExpired(): boolean {
    const hasExpired = Date.now() > this.#expiryMs;
    if (hasExpired) host.queueMicrotask(() => this.onClose("ping timeout"));
    return hasExpired;
  }

  protected flush(): void {
    const { transport, writeBuffer } = this;
    if (this.isUpgrading || !transport.writable || writeBuffer.length === 0) return;
    // Transports of others take all, and do not say so.
    const taken = transport.send(writeBuffer, this.#maxPayloadBytes) ?? writeBuffer.length;
    this.writeBuffer = writeBuffer.slice(taken);
    this.emitReserved("flush");
  }

  /** Sends a message; `done` is called when it is about to leave. */
  send(data: unknown, options?: WriteOptions, done?: () => void): this {
    if (done) this.once("flush", done);
    this.#write("message", data, options);
    return this;
  }

  /** Does what `send` does. */
  write(data: unknown, options?: WriteOptions, done?: () => void): this {
    return this.send(data, options, done);
  }

  #write(type: EnginePacket["type"], data?: unknown, options?: WriteOptions): void {
    if (!this.#isLive()) return;
    const packet = { type, data, options };
    this.emitReserved("packetCreate", packet);
    this.writeBuffer.push(packet);
    this.flush();
  }

  #isLive(): boolean {
    return this.readyState === "opening" || this.readyState === "open";
  }

  /** Closes, after what was written has left. */
  close(): this {
    if (this.#isLive()) {
      const isOpen = this.readyState === "open";
      this.readyState = "closing";
      const close = (): void => {
        this.off("upgrade", close).off("upgradeError", close);
        // Nothing can be said while the transports change over.
        if (this.isUpgrading) this.once("upgrade", close).once("upgradeError", close);
        else if (isOpen && !this.transport.writable) this.once("drain", close);
        else this.onClose("forced close");
      };
      close();
    }
    return this;
  }

  protected onError(error: Error): void {
    this.emitReserved("error", error);
    this.onClose("transport error", error);
  }

  protected onClose(reason: string, description?: CloseDetails | Error): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.#stopWaiting?.();
    this.transport?.off();
    this.transport?.close();
    this.id = null;
    this.emitReserved("close", reason, description);
    // Listeners may look at what did not leave.
    this.writeBuffer = [];
  }
}

/** Where the server is that no URL names: where the page comes from, unless the options say. */
function pageOf({ secure, hostname, host: name, port }: EngineOptions): string {
  const { location } = host;
  const given = hostname || name;
  const isTls = secure ?? location?.protocol === "https:";
  const rest = `${given || location?.hostname || "localhost"}:${port || (!given && location?.port) || ""}`;
  return `http${isTls ? "s" : ""}://${rest}`;
}
