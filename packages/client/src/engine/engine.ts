import { defaultBinaryType } from "#platform";
import { Emitter } from "../events/emitter.ts";
import { host } from "../platform/host.ts";
import { after } from "../platform/timers.ts";
import type { EnginePacket, WriteOptions } from "../transports/engine-packet.ts";
import type { CloseDetails, Transport, TransportListener } from "../transports/transport.ts";
import type { TransportOptions } from "../transports/transport-options.ts";
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
  declare transport: Transport; // `open` sets it before anything else can happen
  /** "arraybuffer", "blob" or, on Node, where it is the default, "nodebuffer". */
  binaryType: string = defaultBinaryType;
  readyState: EngineState = "opening";
  /** What no transport has taken yet: nothing, where there is no choice of them. */
  writeBuffer: EnginePacket[] = [];
  protected readonly opts: EngineOptions;
  /** Where the server is. */
  readonly #address: Address;
  #pingMs = 0;
  #stopWaiting: (() => void) | undefined;
  /** When the server is given up for lost; means nothing before the handshake. */
  #expiryMs = 0;

  constructor(uri: string | undefined, opts: EngineOptions) {
    super();
    this.opts = opts;
    this.#address = parseAddress(uri);
    // A network is not what connects a host to itself.
    if (this.#address.hostname !== "localhost") {
      this.listen("offline", () => this.onEnd({ description: "network connection lost" }));
    }
  }

  /** Listens to the platform's events until the end. */
  protected listen(name: string, listener: () => void): void {
    host.addEventListener?.(name, listener);
    this.once("close", () => host.removeEventListener?.(name, listener));
  }

  /** Connects: once, right after it was made. */
  open(): void {
    this.transport = new WebSocketTransport(this.optionsFor("websocket"), this);
    this.transport.open();
  }

  /** What a transport is made with. */
  protected optionsFor(name: string): TransportOptions {
    const { opts } = this;
    const { s, hostname, port, query } = this.#address;
    const parameters = new host.URLSearchParams(query || opts.query);
    parameters.set("EIO", 4);
    parameters.set("transport", name);
    const path = opts.path!.replace(/\/?$/, opts.addTrailingSlash === false ? "" : "/");
    const address = `${s}://${hostname}${port && `:${port}`}${path}`;
    return { ...opts, address, parameters, socket: this };
  }

  onDrain(): void {
    this.emitReserved("drain");
  }

  onPacket({ type, data }: EnginePacket): void {
    if (type === "open") {
      this.onHandshake(JSON.parse(data as string)); // it is text, as all but messages are
    } else if (type === "ping") {
      this.sendPacket({ type: "pong" });
      this.emitReserved("ping");
      this.#wait();
    } else if (type === "message") {
      this.emitReserved("data", data);
      this.emitReserved("message", data);
    } else if (!type) {
      this.onError(new Error("server error"));
    }
  }

  protected onHandshake(data: HandshakeData): void {
    this.id = data.sid;
    this.#pingMs = data.pingInterval + data.pingTimeout;
    this.readyState = "open";
    this.#wait();
    this.emitReserved("open");
  }

  /** Gives the server time until its next ping. */
  #wait(): void {
    this.#stopWaiting?.();
    this.#expiryMs = Date.now() + this.#pingMs;
    this.#stopWaiting = after(this.opts, this.#pingMs, () => this.end("ping timeout"));
  }

  /**
   * Whether the server has been silent for too long, which timers may not have told yet: those of a
   * page in the background, or of a laptop that slept. Then it closes soon. Only to be called when
   * it is open.
   */
  _hasPingExpired(): boolean {
    const hasExpired = Date.now() > this.#expiryMs;
    if (hasExpired) host.queueMicrotask(() => this.end("ping timeout"));
    return hasExpired;
  }

  /** Sends a message. */
  send(data: unknown, options?: WriteOptions): this {
    this.sendPacket({ type: "message", data, options });
    return this;
  }

  /** Does what `send` does. */
  write(data: unknown, options?: WriteOptions): this {
    return this.send(data, options);
  }

  protected sendPacket(packet: EnginePacket): void {
    if (this.readyState === "open") this.transport.send([packet]);
  }

  /** Closes, after what was written has left. */
  close(): this {
    this.end("forced close");
    return this;
  }

  onError(error: Error): void {
    this.emitReserved("error", error);
    this.end("transport error", error);
  }

  onEnd(details?: CloseDetails): void {
    this.end("transport close", details);
  }

  protected end(reason: string, description?: CloseDetails | Error): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.#stopWaiting?.();
    this.transport?.close();
    this.id = null;
    this.emitReserved("close", reason, description);
  }
}
