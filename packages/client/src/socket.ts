import { type Packet, reservedEvents } from "@openline/protocol/socket";
import type { Engine } from "./engine/engine.ts";
import { Emitter, remove } from "./events/emitter.ts";
import type {
  AllButLast,
  AnyArguments,
  AnyListener,
  DecorateAcknowledgements,
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
} from "./events/event-types.ts";
import { subscribe } from "./events/subscribe.ts";
import type { Auth, ManagerOptions, Setting, SocketOptions } from "./manager-options.ts";
import { after } from "./platform/timers.ts";
import type { WriteOptions } from "./transports/engine-packet.ts";
import type { CloseDetails } from "./transports/transport.ts";

/** A connection's refusal: by the network, or by a middleware of the server. */
export interface ExtendedError extends Error {
  /** What the middleware gave. */
  // biome-ignore lint/suspicious/noExplicitAny: fields of every shape
  data?: any;
}

export type DisconnectReason =
  | "io server disconnect"
  | "io client disconnect"
  | "ping timeout"
  | "transport close"
  | "transport error"
  | "parse error";

export type DisconnectDescription = Error | CloseDetails;

export interface SocketReservedEvents {
  connect: () => void;
  connect_error: (error: ExtendedError) => void;
  disconnect: (reason: DisconnectReason, description?: DisconnectDescription) => void;
  /** The server has sent what the contract does not have: a ContractError, or what a schema has thrown. */
  contract_error: (error: Error) => void;
}

export interface ManagerReservedEvents {
  open: () => void;
  error: (error: Error) => void;
  ping: () => void;
  packet: (packet: Packet) => void;
  close: (reason: string, description?: DisconnectDescription) => void;
  reconnect_failed: () => void;
  reconnect_attempt: (attempt: number) => void;
  reconnect_error: (error: Error) => void;
  reconnect: (attempt: number) => void;
}

/** A packet on its way out. */
export interface OutgoingPacket extends Packet {
  options?: WriteOptions;
}

/** The connection that sockets share, as they see it: a Manager. */
export interface SocketManager
  extends Emitter<Record<never, never>, Record<never, never>, ManagerReservedEvents> {
  readonly engine: Engine;
  readonly opts: ManagerOptions;
  /** "opening", "open" or "closed". */
  readonly _readyState: string;
  readonly _reconnecting: boolean;
  readonly _autoConnect: boolean;
  open(done?: (error?: Error) => void): this;
  connect(done?: (error?: Error) => void): this;
  readonly reconnection: Setting<this, boolean>;
  readonly reconnectionAttempts: Setting<this, number>;
  readonly reconnectionDelay: Setting<this, number>;
  readonly reconnectionDelayMax: Setting<this, number>;
  readonly randomizationFactor: Setting<this, number>;
  readonly timeout: Setting<this, number | false>;
  socket(nsp: string, opts?: SocketOptions): Socket;
  _packet(packet: OutgoingPacket): void;
  /** The socket needs no connection any more. */
  _destroy(socket: { readonly active: boolean }): void;
}

interface Acknowledgement {
  (...args: AnyArguments): void;
  /** Its first argument is an error, or null. */
  withError?: boolean;
}

interface Flags {
  volatile?: boolean;
  compress?: boolean;
  timeout?: number;
}

/** What the server tells of a session. */
interface Session {
  sid?: string;
  pid?: string | undefined;
}

/** One namespace of a server, over a connection that may be shared with others. */
export class Socket<
  Listen extends EventsMap = DefaultEventsMap,
  Emit extends EventsMap = Listen,
> extends Emitter<Listen, Emit, SocketReservedEvents> {
  // The constructor sets these, or what happens does: defining them first would cost its bytes.
  declare readonly io: SocketManager;
  declare readonly nsp: string;
  /** The session's id while it is connected; another after each connection. */
  declare id: string | undefined;
  connected = false;
  /** The server has taken the lost session up again: rooms are joined, and nothing is missed. */
  recovered = false;
  /** What the next connection is made with. */
  declare auth: Auth | undefined;
  /** Events that came while it was not connected. */
  receiveBuffer: AnyArguments[] = [];
  /** Events that leave once it is connected. */
  sendBuffer: OutgoingPacket[] = [];
  readonly #opts: SocketOptions;
  /** How to send each; the first of them is on its way. */
  readonly #queue: (() => void)[] = [];
  readonly #acks = new Map<number, Acknowledgement>();
  readonly #anyListeners: AnyListener[] = [];
  readonly #anyOutgoing: AnyListener[] = [];
  #nextId = 0;
  #flags: Flags = {};
  #unsubscribe: (() => void) | undefined;
  /** What a session can be taken up by: its secret name, and the last event that came. */
  declare _pid: string | undefined;
  declare _lastOffset: string | undefined;

  constructor(io: SocketManager, nsp: string, opts: SocketOptions = {}) {
    super();
    this.io = io;
    this.nsp = nsp;
    this.auth = opts.auth;
    this.#opts = opts;
    if (io._autoConnect) this.connect();
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /** Whether it connects as soon as there is a connection. */
  get active(): boolean {
    return !!this.#unsubscribe;
  }

  /** Connects, or does so again after `disconnect`. */
  connect(): this {
    const { io } = this;
    if (this.connected) return this;
    this.#unsubscribe ??= subscribe(io, {
      open: () => this.#enter(),
      packet: (packet: Packet) => this.#onPacket(packet),
      close: (reason: DisconnectReason, description?: DisconnectDescription) =>
        this.#onClose(reason, description),
      error: (error: Error) => {
        if (!this.connected) this.emitReserved("connect_error", error);
      },
    });
    if (!io._reconnecting) io.open();
    if (io._readyState === "open") this.#enter();
    return this;
  }

  open(): this {
    return this.connect();
  }

  /** Leaves the namespace; the connection ends if no other socket is active. */
  disconnect(): this {
    const { connected } = this;
    if (connected) this.#send({ type: 1 });
    this.#destroy();
    if (connected) this.#onClose("io client disconnect");
    return this;
  }

  close(): this {
    return this.disconnect();
  }

  #destroy(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.io._destroy(this);
  }

  /** Asks to be let into the namespace. */
  #enter(): void {
    const { auth, _pid: pid, _lastOffset: offset } = this;
    const send = (data?: object): void =>
      this.#send({ type: 0, data: pid ? { pid, offset, ...data } : data });
    if (typeof auth === "function") auth(send);
    else send(auth);
  }

  #send(packet: Omit<OutgoingPacket, "nsp">): void {
    this.io._packet({ ...packet, nsp: this.nsp });
  }

  /** Sends a "message" event. */
  send(...args: AnyArguments): this {
    this.#emit("message", args);
    return this;
  }

  /**
   * Sends an event; a function at its end is called with the server's answer.
   *
   * @throws Error for a name that means something to the client itself
   */
  override emit<Name extends EventNames<Emit>>(name: Name, ...args: EventParams<Emit, Name>): this {
    this.#emit(name, args);
    return this;
  }

  /**
   * Sends an event and resolves to the server's answer.
   *
   * Rejects if none comes within the timeout, or when the connection is lost.
   */
  emitWithAck<Name extends EventNames<Emit>>(
    name: Name,
    ...args: AllButLast<EventParams<Emit, Name>>
  ): Promise<FirstNonErrorArg<Last<EventParams<Emit, Name>>>> {
    return new Promise((resolve, reject) => {
      const answer: Acknowledgement = (error, value) => {
        if (error) reject(error);
        else resolve(value);
      };
      answer.withError = true;
      this.#emit(name, [...args, answer]);
    });
  }

  #emit(name: string | symbol, given: AnyArguments): void {
    const flags = this.#flags;
    this.#flags = {};
    if (reservedEvents.has(name as string)) {
      throw new Error(`"${name as string}" is a reserved event name`);
    }
    const args = [name, ...given];
    const ack: Acknowledgement | undefined =
      typeof args.at(-1) === "function" ? args.pop() : undefined;
    if (this.#opts.retries && !flags.volatile) this.#enqueue(args, flags, ack);
    else this.#emitNow(args, flags, ack);
  }

  #emitNow(
    data: AnyArguments,
    { timeout = this.#opts.ackTimeout, volatile, compress = true }: Flags,
    ack?: Acknowledgement,
  ): void {
    const { engine } = this.io;
    const packet: OutgoingPacket = { type: 2, nsp: this.nsp, data, options: { compress } };
    if (ack) this.#expect(packet, ack, timeout);
    if (this.connected && !engine._hasPingExpired()) {
      if (!volatile || engine.transport.writable) this.#sendEvent(packet);
    } else if (!volatile) this.sendBuffer.push(packet);
  }

  #sendEvent(packet: OutgoingPacket): void {
    for (const listener of [...this.#anyOutgoing]) {
      listener.apply(this, packet.data as AnyArguments); // an event's data are its name and arguments
    }
    this.io._packet(packet);
  }

  /** Calls `ack` with the answer to `packet`, or when there was none for `timeoutMs`. */
  #expect(packet: OutgoingPacket, ack: Acknowledgement, timeoutMs: number | undefined): void {
    const id = this.#nextId++;
    packet.id = id;
    const answer: Acknowledgement = (...args) => {
      cancel?.();
      this.#acks.delete(id);
      this.#read(packet.data, args, (read) => ack.apply(this, read), answer);
    };
    const cancel =
      timeoutMs === undefined
        ? timeoutMs
        : after(this.io.opts, timeoutMs, () => {
            this.sendBuffer = this.sendBuffer.filter((each) => each !== packet);
            answer(new Error("operation has timed out"));
          });
    answer.withError = ack.withError || !!cancel;
    this.#acks.set(id, answer);
  }

  /** Sends events one at a time, each until it is acknowledged. */
  #enqueue(args: AnyArguments, flags: Flags, ack: Acknowledgement | undefined): void {
    const queue = this.#queue;
    const next = (): void => {
      if (this.connected) queue[0]?.();
    };
    let tries = 0;
    const send = (): void => {
      tries += 1;
      this.#emitNow(args, flags, answer);
    };
    const answer: Acknowledgement = (error, ...rest) => {
      // It was sent more than once, and is answered more than once.
      if (queue[0] !== send) return;
      const isOver = !error || tries > this.#opts.retries!;
      if (isOver) queue.shift();
      next();
      if (isOver) ack?.(error, ...rest);
    };
    answer.withError = true;
    if (queue.push(send) === 1) next();
  }

  #onPacket({ nsp, type, id, data }: Packet): void {
    if (nsp !== this.nsp) return;
    // What a packet of each type carries was checked by who has read it. The types are those of
    // `packetTypes`; other parsers keep what is 3 more, which says that there were attachments.
    const args = data as AnyArguments;
    if (type === 0) {
      this.#onConnect(data as Session | undefined);
    } else if (type === 1) {
      this.#destroy();
      this.#onClose("io server disconnect");
    } else if (type === 4) {
      this.#destroy();
      const { message, data: details } = data as ExtendedError;
      this.emitReserved("connect_error", Object.assign(new Error(message), { data: details }));
    } else if (type % 3 === 2) {
      this.#onEvent(id === undefined ? args : [...args, this.#answer(id)]);
    } else {
      const ack = this.#acks.get(id!); // which an acknowledgement has
      ack?.(...(ack.withError ? [null] : []), ...args);
    }
  }

  #onConnect({ sid, pid }: Session = {}): void {
    if (!sid) {
      this.emitReserved("connect_error", new Error("Socket.IO 2 server"));
      return;
    }
    this.id = sid;
    this.recovered = !!pid && pid === this._pid;
    this._pid = pid;
    this.connected = true;
    for (const args of this.receiveBuffer.splice(0)) this.#deliver(args);
    for (const packet of this.sendBuffer.splice(0)) this.#sendEvent(packet);
    this.#queue[0]?.();
    this.emitReserved("connect");
  }

  #onEvent(args: AnyArguments): void {
    const last: unknown = args.at(-1);
    // What is kept for later counts as come: the server will not send it again.
    if (this._pid && typeof last === "string") this._lastOffset = last;
    if (this.connected) this.#deliver(args);
    else this.receiveBuffer.push(args);
  }

  #deliver(args: AnyArguments): void {
    for (const listener of [...this.#anyListeners]) listener.apply(this, args);
    // Whatever the server has sent.
    this.#read(args, args, (read) => this.emitReserved(...(read as ["connect"])));
  }

  /** Passes on an event, or the answer to one, as the contract makes it. */
  #read(
    event: unknown,
    args: AnyArguments,
    done: (args: AnyArguments) => void,
    answer?: Acknowledgement,
  ): void {
    const { contract } = this.#opts;
    if (contract) contract["~read"](this, event as [string], args, done, answer);
    else done(args);
  }

  /** What a listener answers an event with: once. */
  #answer(id: number): (...args: AnyArguments) => void {
    let isSent = false;
    return (...data) => {
      if (!isSent) this.#send({ type: 3, id, data });
      isSent = true;
    };
  }

  #onClose(reason: DisconnectReason, description?: DisconnectDescription): void {
    this.connected = false;
    this.id = undefined;
    this.emitReserved("disconnect", reason, description);
    // No answer can come for what has left.
    for (const [id, ack] of this.#acks) {
      if (this.sendBuffer.some((packet) => packet.id === id)) continue;
      if (ack.withError) ack(new Error("socket has been disconnected"));
      this.#acks.delete(id);
    }
  }

  /** Whether the next event may be compressed, where the platform can be told. */
  compress(compress: boolean): this {
    this.#flags.compress = compress;
    return this;
  }

  /** The next event is dropped if it cannot leave at once. */
  get volatile(): this {
    this.#flags.volatile = true;
    return this;
  }

  /** The next event's acknowledgement gets an error first, when none came for so long. */
  timeout(timeoutMs: number): Socket<Listen, DecorateAcknowledgements<Emit>> {
    this.#flags.timeout = timeoutMs;
    return this as unknown as Socket<Listen, DecorateAcknowledgements<Emit>>; // the flag makes it so
  }

  /** Calls `listener` with the name and the arguments of every event that comes. */
  onAny(listener: AnyListener): this {
    this.#anyListeners.push(listener);
    return this;
  }

  /** As `onAny`, before the others. */
  prependAny(listener: AnyListener): this {
    this.#anyListeners.unshift(listener);
    return this;
  }

  /** Removes such a listener, or all of them. */
  offAny(listener?: AnyListener): this {
    remove(this.#anyListeners, listener);
    return this;
  }

  listenersAny(): AnyListener[] {
    return this.#anyListeners;
  }

  /** Calls `listener` with the name and the arguments of every event that leaves. */
  onAnyOutgoing(listener: AnyListener): this {
    this.#anyOutgoing.push(listener);
    return this;
  }

  /** As `onAnyOutgoing`, before the others. */
  prependAnyOutgoing(listener: AnyListener): this {
    this.#anyOutgoing.unshift(listener);
    return this;
  }

  /** Removes such a listener, or all of them. */
  offAnyOutgoing(listener?: AnyListener): this {
    remove(this.#anyOutgoing, listener);
    return this;
  }

  listenersAnyOutgoing(): AnyListener[] {
    return this.#anyOutgoing;
  }
}
