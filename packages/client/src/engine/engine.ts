import { createCookieJar, defaultBinaryType } from "#platform";
import { Emitter } from "../events/emitter.ts";
import type { CookieJar } from "../platform/cookie-jar.ts";
import { host } from "../platform/host.ts";
import { after } from "../platform/timers.ts";
import type { EnginePacket, WriteOptions } from "../transports/engine-packet.ts";
import type { CloseDetails, Transport, TransportListener } from "../transports/transport.ts";
import type { ConnectionOptions, TransportOptions } from "../transports/transport-options.ts";
import { WebSocketTransport } from "../transports/websocket-transport.ts";
import { type Address, parseAddress } from "./address.ts";
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
  ping: () => void;
  error: (error: Error) => void;
  upgrading: (transport: Transport) => void;
  upgrade: (transport: Transport) => void;
  upgradeError: (error: Error) => void;
  close: (reason: string, description?: CloseDetails | Error) => void;
}

export type EngineState = "opening" | "open" | "closing" | "closed";

/** One connection to a server: a session of Engine.IO, over a WebSocket. */
export class Engine
  extends Emitter<Record<never, never>, Record<never, never>, EngineEvents>
  implements TransportListener
{
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
  /** Where the server is. */
  readonly #address: Address;
  #pingMs = 0;
  #stopWaiting: (() => void) | undefined;
  /** When the server is given up for lost. */
  #expiryMs = Number.POSITIVE_INFINITY;

  constructor(uri: string | undefined, opts: EngineOptions) {
    super();
    this.opts = opts;
    this.#address = parseAddress(uri);
    if (opts.withCredentials) this.cookieJar = createCookieJar();
    // Only if asked: it keeps pages out of the cache for going back.
    if (opts.closeOnBeforeunload) this.#listen("beforeunload", () => this.transport.close());
    // A network is not what connects a host to itself.
    if (this.#address.hostname !== "localhost") {
      this.#listen("offline", () => this.onEnd({ description: "network connection lost" }));
    }
  }

  #listen(name: string, listener: () => void): void {
    host.addEventListener?.(name, listener);
    this.once("close", () => host.removeEventListener?.(name, listener));
  }

  /** Connects: once, right after it was made. */
  open(): void {
    this.use(new WebSocketTransport(this.optionsFor("websocket"), this)).open();
  }

  /** What a transport is made with. */
  protected optionsFor(transport: string, more?: Partial<ConnectionOptions>): TransportOptions {
    const { opts } = this;
    const { s, hostname, port, query } = this.#address;
    const parameters = new host.URLSearchParams(query || opts.query);
    const sid = this.id && { sid: this.id };
    return {
      ...opts,
      ...more,
      s,
      hostname,
      port,
      path: opts.path!.replace(/\/?$/, opts.addTrailingSlash === false ? "" : "/"),
      query: { ...Object.fromEntries(parameters), EIO: 4, transport, ...sid },
      socket: this,
    };
  }

  /** Sends and receives by `transport` from now on. */
  protected use(transport: Transport): Transport {
    this.transport = transport;
    transport.listener = this;
    return transport;
  }

  onDrain(): void {
    if (this.writeBuffer.length > 0) this.flush();
    else this.emitReserved("drain");
  }

  onPacket(packet: EnginePacket): void {
    const { type, data } = packet;
    this.emitReserved("packet", packet);
    if (type === "open") {
      this.onHandshake(JSON.parse(data as string)); // it is text, as all but messages are
    } else if (type === "ping") {
      this.#write("pong");
      this.emitReserved("ping");
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
    this.readyState = "open";
    this.#wait();
    this.emitReserved("open");
    this.flush();
  }

  /** Gives the server time until its next ping. */
  #wait(): void {
    this.#stopWaiting?.();
    this.#expiryMs = Date.now() + this.#pingMs;
    this.#stopWaiting = after(this.opts, this.#pingMs, () => this.#end("ping timeout"));
  }

  /**
   * Whether the server has been silent for too long, which timers may not have told yet: those of a
   * page in the background, or of a laptop that slept. Then it closes soon.
   */
  _hasPingExpired(): boolean {
    const hasExpired = Date.now() > this.#expiryMs;
    if (hasExpired) host.queueMicrotask(() => this.#end("ping timeout"));
    return hasExpired;
  }

  /** Gives the transport what it takes now. */
  protected flush(): void {
    const { transport, writeBuffer } = this;
    if (!transport.writable || writeBuffer.length === 0) return;
    this.writeBuffer = writeBuffer.slice(this.sendBy(transport, writeBuffer));
    this.emitReserved("flush");
  }

  /** Returns how many of `packets` the transport has taken. */
  protected sendBy(transport: Transport, packets: readonly EnginePacket[]): number {
    return transport.send(packets);
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
    if (!/^open/.test(this.readyState)) return;
    const packet = { type, data, options };
    this.emitReserved("packetCreate", packet);
    this.writeBuffer.push(packet);
    this.flush();
  }

  /** Closes, after what was written has left. */
  close(): this {
    const { readyState } = this;
    if (readyState === "opening") this.#end(FORCED);
    if (readyState === "open") {
      this.readyState = "closing";
      this.finish();
    }
    return this;
  }

  /** Closes once the transport has nothing more to do. */
  protected finish(): void {
    if (this.transport.writable) this.#end(FORCED);
    else this.once("drain", () => this.finish());
  }

  onError(error: Error): void {
    this.emitReserved("error", error);
    this.#end("transport error", error);
  }

  onEnd(details?: CloseDetails): void {
    this.#end("transport close", details);
  }

  #end(reason: string, description?: CloseDetails | Error): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.#stopWaiting?.();
    this.transport?.close();
    this.id = null;
    this.emitReserved("close", reason, description);
    // Listeners may look at what did not leave.
    this.writeBuffer = [];
  }
}

const FORCED = "forced close";
