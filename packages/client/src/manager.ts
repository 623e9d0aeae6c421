import type { Packet } from "@openline/protocol/socket";
import { backoffMs } from "./backoff.ts";
import { Engine } from "./engine/engine.ts";
import { Emitter } from "./events/emitter.ts";
import type { DefaultEventsMap, EventsMap } from "./events/event-types.ts";
import { subscribe } from "./events/subscribe.ts";
import type { ManagerOptions, Setting, SocketOptions } from "./manager-options.ts";
import { Decoder as JsonDecoder, Encoder as JsonEncoder } from "./parser.ts";
import { host } from "./platform/host.ts";
import { after } from "./platform/timers.ts";
import {
  type DisconnectDescription,
  type ManagerReservedEvents,
  type OutgoingPacket,
  Socket,
  type SocketManager,
} from "./socket.ts";

/** What can be read and set later; times are in milliseconds. */
const defaults = {
  reconnection: true,
  reconnectionAttempts: Infinity,
  reconnectionDelay: 1_000,
  reconnectionDelayMax: 5_000,
  randomizationFactor: 0.5,
  timeout: 20_000 as number | false,
};

type Settings = typeof defaults;

/** A connection that is made again when it is lost, and the sockets that share it. */
export class Manager<Listen extends EventsMap = DefaultEventsMap, Emit extends EventsMap = Listen>
  extends Emitter<Record<never, never>, Record<never, never>, ManagerReservedEvents>
  implements SocketManager
{
  // The constructor sets these, and `open` the engine: defining them first would cost its bytes.
  /** The connection at hand; another one after each loss. */
  declare engine: Engine;
  declare opts: ManagerOptions;
  nsps: Record<string, Socket<Listen, Emit>> = {};
  _readyState: "opening" | "open" | "closed" = "closed";
  _reconnecting = false;
  declare readonly _autoConnect: boolean;
  declare readonly uri: string | undefined;
  readonly #settings: Settings = { ...defaults };
  readonly #encoder: { encode(packet: Packet): readonly unknown[] };
  readonly #decoder: InstanceType<NonNullable<ManagerOptions["parser"]>["Decoder"]>;
  /** How to undo what was begun for the connection at hand. */
  #undo: ((() => void) | false)[] = [];
  /** How often the lost connection was tried. */
  #attempts = 0;
  #skipReconnect = false;

  constructor(opts?: ManagerOptions);
  constructor(uri?: string, opts?: ManagerOptions);
  constructor(uri?: string | ManagerOptions, opts?: ManagerOptions);
  constructor(uri?: string | ManagerOptions, given?: ManagerOptions) {
    super();
    const opts = (typeof uri === "object" ? uri : given) ?? {};
    this.uri = typeof uri === "object" ? undefined : uri;
    this.opts = opts;
    opts.path ||= "/socket.io";
    for (const name in defaults) this[name as "timeout"](opts[name as "timeout"] as number); // or such
    const { Encoder, Decoder } = opts.parser ?? { Encoder: JsonEncoder, Decoder: JsonDecoder };
    this.#encoder = new Encoder();
    this.#decoder = new Decoder();
    this.#decoder.on("decoded", (packet) => {
      // What a listener throws is its own fault, not the packet's.
      host.queueMicrotask(() => this.emitReserved("packet", packet));
    });
    this._autoConnect = opts.autoConnect !== false;
    if (this._autoConnect) this.open();
  }

  declare reconnection: Setting<this, boolean>;
  declare reconnectionAttempts: Setting<this, number>;
  declare reconnectionDelay: Setting<this, number>;
  declare reconnectionDelayMax: Setting<this, number>;
  declare randomizationFactor: Setting<this, number>;
  declare timeout: Setting<this, number | false>;

  static {
    for (const name in defaults) {
      Manager.prototype[name as never] = function (this: Manager, value?: never): unknown {
        if (value == null) return this.#settings[name as never];
        this.#settings[name as never] = value;
        return this;
      } as never; // each as it is declared above
    }
  }

  /** Connects; `done` is called once, with what has failed if it did. */
  open(done?: (error?: Error) => void): this {
    if (this._readyState !== "closed") return this;
    this.#cleanUp();
    this._readyState = "opening";
    this.#skipReconnect = false;
    const { timeout } = this.#settings;
    const engine = this.makeEngine();
    this.engine = engine;
    const fail = (error: Error): void => {
      this.#cleanUp();
      this._readyState = "closed";
      this.emitReserved("error", error);
      const isAgain = this._reconnecting;
      this._reconnecting = false;
      done?.(error);
      if (isAgain || !done) this.#reconnect();
      if (isAgain) this.emitReserved("reconnect_error", error);
    };
    const stop =
      timeout !== false &&
      after(this.opts, timeout, () => {
        fail(new Error("timeout"));
        engine.close();
      });
    const unsubscribe = subscribe(engine, {
      open: () => {
        if (stop) stop();
        const attempts = this.#attempts;
        this.#attempts = 0;
        this._readyState = "open";
        this._reconnecting = false;
        this.emitReserved("open");
        done?.();
        if (attempts > 0) this.emitReserved("reconnect", attempts);
      },
      ping: () => this.emitReserved("ping"),
      data: (data: unknown) => {
        try {
          this.#decoder.add(data);
        } catch (error) {
          this.#onClose("parse error", error as Error); // parsers throw nothing else
        }
      },
      error: (error: Error) => {
        if (this._readyState === "open") this.emitReserved("error", error);
        else fail(error);
      },
      close: (reason: string, description?: DisconnectDescription) => {
        if (this._readyState === "open") this.#onClose(reason, description);
        else fail(new Error(reason));
      },
    });
    this.#undo.push(unsubscribe, stop);
    engine.open();
    return this;
  }

  connect(done?: (error?: Error) => void): this {
    return this.open(done);
  }

  /** What a connection is made of. */
  protected makeEngine(): Engine {
    return new Engine(this.uri, this.opts);
  }

  #cleanUp(): void {
    for (const undo of this.#undo.splice(0)) if (undo) undo();
    this.#decoder.destroy();
  }

  /** The socket of a namespace: the one there is, or another. */
  socket(nsp: string, opts?: SocketOptions): Socket<Listen, Emit> {
    this.nsps[nsp] ??= new Socket<Listen, Emit>(this, nsp, opts);
    const socket = this.nsps[nsp];
    if (this._autoConnect && !socket.active) socket.connect();
    return socket;
  }

  _destroy(): void {
    if (!Object.values(this.nsps).some(({ active }) => active)) this._close();
  }

  _packet(packet: OutgoingPacket): void {
    for (const message of this.#encoder.encode(packet)) this.engine.send(message, packet.options);
  }

  _close(): void {
    this.#skipReconnect = true;
    this._reconnecting = false;
    this.#onClose("forced close");
  }

  /** Closes the connection for good: of all its sockets. */
  disconnect(): void {
    this._close();
  }

  #onClose(reason: string, description?: DisconnectDescription): void {
    this.#cleanUp();
    this.engine?.close();
    this.#attempts = 0;
    this._readyState = "closed";
    this.emitReserved("close", reason, description);
    this.#reconnect();
  }

  get #wantsReconnect(): boolean {
    return this.#settings.reconnection && !this.#skipReconnect;
  }

  /** Tries again in a while, if that is wanted. */
  #reconnect(): void {
    // A listener may have opened it.
    if (!this.#wantsReconnect || this._reconnecting || this._readyState !== "closed") return;
    const { reconnectionAttempts: most } = this.#settings;
    // As in Socket.IO, 0 is no limit.
    if (most && this.#attempts >= most) {
      this.#attempts = 0;
      this.emitReserved("reconnect_failed");
      return;
    }
    const delayMs = backoffMs(this.#attempts++, this.#settings, Math.random());
    this._reconnecting = true;
    const attempt = (): void => {
      if (this.#wantsReconnect) this.emitReserved("reconnect_attempt", this.#attempts);
      // A listener may have closed it.
      if (this.#wantsReconnect) this.open();
      else this._reconnecting = false;
    };
    this.#undo.push(this.wait(delayMs, attempt));
  }

  /** Makes the next attempt in a while, unless what it returns is called before. */
  protected wait(delayMs: number, attempt: () => void): () => void {
    return after(this.opts, delayMs, attempt);
  }
}
