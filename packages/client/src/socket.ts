import { type Packet, packetTypes, reservedEvents } from "@openline/protocol/socket";
import type { Engine } from "./engine/engine.ts";
import { Emitter } from "./events/emitter.ts";
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
  fromQueue?: boolean;
}

/** An event that is sent until it is acknowledged. */
interface QueuedEvent {
  args: AnyArguments;
  flags: Flags;
  tries: number;
  isPending: boolean;
}

/** One namespace of a server, over a connection that may be shared with others. */
export class Socket<
  Listen extends EventsMap = DefaultEventsMap,
  Emit extends EventsMap = Listen,
> extends Emitter<Listen, Emit, SocketReservedEvents> {
  readonly io: SocketManager;
  readonly nsp: string;
  /** The session's id while it is connected; another after each connection. */
  id: string | undefined;
  connected = false;
  /** The server has taken the lost session up again: rooms are joined, and nothing is missed. */
  recovered = false;
  /** What the next connection is made with. */
  auth: Auth | undefined;
  /** Events that came while it was not connected. */
  receiveBuffer: AnyArguments[] = [];
  /** Events that leave once it is connected. */
  sendBuffer: OutgoingPacket[] = [];
  readonly #opts: SocketOptions;
  readonly #queue: QueuedEvent[] = [];
  readonly #acks = new Map<number, Acknowledgement>();
  readonly #anyListeners: AnyListener[] = [];
  readonly #anyOutgoing: AnyListener[] = [];
  #nextId = 0;
  #flags: Flags = {};
  #unsubscribe: (() => void) | undefined;
  /** What a session can be taken up by: its secret name, and the last event that came. */
  #pid: string | undefined;
  #offset: string | undefined;

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
    return this.#unsubscribe !== undefined;
  }

  /** Connects, or does so again after `disconnect`. */
  connect(): this {
    if (this.connected) return this;
    this.#subscribe();
    const { io } = this;
    if (!io._reconnecting) io.open();
    if (io._readyState === "open") this.#enter();
    return this;
  }

  open(): this {
    return this.connect();
  }

  #subscribe(): void {
    this.#unsubscribe ??= subscribe(this.io, {
      open: () => this.#enter(),
      packet: (packet: Packet) => this.#onPacket(packet),
      close: (reason: DisconnectReason, description?: DisconnectDescription) =>
        this.#onClose(reason, description),
      error: (error: Error) => {
        if (!this.connected) this.emitReserved("connect_error", error);
      },
    });
  }

  /** Leaves the namespace; the connection ends if no other socket is active. */
  disconnect(): this {
    const { connected } = this;
    if (connected) this.#send({ type: packetTypes.disconnect });
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
    const send = (data?: object): void => {
      const session = this.#pid && { pid: this.#pid, offset: this.#offset };
      this.#send({ type: packetTypes.connect, data: session ? { ...session, ...data } : data });
    };
    const { auth } = this;
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
      throw new Error(`"${String(name)}" is a reserved event name`);
    }
    const args = [name, ...given];
    if (this.#opts.retries && !flags.fromQueue && !flags.volatile) this.#enqueue(args, flags);
    else this.#emitNow(args, flags);
  }

  #emitNow(args: AnyArguments, { timeout, volatile, compress = true }: Flags): void {
    const packet: OutgoingPacket = {
      type: packetTypes.event,
      nsp: this.nsp,
      data: args,
      options: { compress },
    };
    if (typeof args.at(-1) === "function") {
      packet.id = this.#nextId++;
      this.#expect(packet, args.pop(), timeout ?? this.#opts.ackTimeout);
    }
    const { engine } = this.io;
    if (volatile && !engine?.transport?.writable) return;
    if (this.connected && !engine._hasPingExpired()) this.#sendEvent(packet);
    else this.sendBuffer.push(packet);
  }

  #sendEvent(packet: OutgoingPacket): void {
    for (const listener of [...this.#anyOutgoing]) {
      listener.apply(this, packet.data as AnyArguments); // an event's data are its name and arguments
    }
    this.io._packet(packet);
  }

  /** Calls `ack` with the answer to `packet`, or when there was none for `timeoutMs`. */
  #expect(packet: OutgoingPacket, ack: Acknowledgement, timeoutMs: number | undefined): void {
    const id = packet.id as number; // it has just been given
    if (timeoutMs === undefined) {
      this.#acks.set(id, ack);
      return;
    }
    const cancel = after(this.io.opts, timeoutMs, () => {
      this.#acks.delete(id);
      this.sendBuffer = this.sendBuffer.filter((each) => each !== packet);
      ack.call(this, new Error("operation has timed out"));
    });
    const answered: Acknowledgement = (...args) => {
      cancel();
      ack.apply(this, args);
    };
    answered.withError = true;
    this.#acks.set(id, answered);
  }

  #enqueue(args: AnyArguments, flags: Flags): void {
    const ack: Acknowledgement | undefined =
      typeof args.at(-1) === "function" ? args.pop() : undefined;
    const event: QueuedEvent = {
      args,
      flags: { ...flags, fromQueue: true },
      tries: 0,
      isPending: false,
    };
    const answered: Acknowledgement = (error: Error | null, ...answer: AnyArguments) => {
      event.isPending = false;
      // It may have been answered before: it was sent more than once.
      if (this.#queue[0] === event && (!error || event.tries > (this.#opts.retries ?? 0))) {
        this.#queue.shift();
        ack?.(error, ...answer);
      }
      this.#drainQueue();
    };
    answered.withError = true;
    args.push(answered);
    this.#queue.push(event);
    this.#drainQueue();
  }

  /** Sends the first of the queue; `isAgain`: even if its answer is still awaited. */
  #drainQueue(isAgain?: boolean): void {
    const [event] = this.#queue;
    if (!this.connected || !event || (event.isPending && !isAgain)) return;
    event.isPending = true;
    event.tries += 1;
    this.#emitNow([...event.args], event.flags);
  }

  #onPacket(packet: Packet): void {
    if (packet.nsp !== this.nsp) return;
    const data = packet.data as AnyArguments & { message?: string; data?: unknown }; // by its type
    switch (packet.type) {
      case packetTypes.connect:
        this.#onConnect(packet.data as { sid?: string; pid?: string } | undefined);
        break;
      case packetTypes.event:
      case packetTypes.binaryEvent:
        this.#onEvent(packet.id === undefined ? data : [...data, this.#answer(packet.id)]);
        break;
      case packetTypes.ack:
      case packetTypes.binaryAck: {
        const ack = this.#acks.get(packet.id as number);
        this.#acks.delete(packet.id as number);
        ack?.apply(this, ack.withError ? [null, ...data] : data);
        break;
      }
      case packetTypes.disconnect:
        this.#destroy();
        this.#onClose("io server disconnect");
        break;
      case packetTypes.connectError:
        this.#destroy();
        this.emitReserved(
          "connect_error",
          Object.assign(new Error(data.message), { data: data.data }),
        );
    }
  }

  #onConnect({ sid, pid }: { sid?: string; pid?: string } = {}): void {
    if (!sid) {
      this.emitReserved(
        "connect_error",
        new Error("the server speaks the protocol of Socket.IO 2: this client needs 3 or later"),
      );
      return;
    }
    this.id = sid;
    this.recovered = pid !== undefined && pid === this.#pid;
    this.#pid = pid;
    this.connected = true;
    for (const args of this.receiveBuffer.splice(0)) this.#deliver(args);
    for (const packet of this.sendBuffer.splice(0)) this.#sendEvent(packet);
    this.#drainQueue(true);
    this.emitReserved("connect");
  }

  #onEvent(args: AnyArguments): void {
    const last: unknown = args.at(-1);
    // What is kept for later counts as come: the server will not send it again.
    if (this.#pid && typeof last === "string") this.#offset = last;
    if (this.connected) this.#deliver(args);
    else this.receiveBuffer.push(args);
  }

  #deliver(args: AnyArguments): void {
    for (const listener of [...this.#anyListeners]) listener.apply(this, args);
    const [name, ...rest] = args;
    this.emitReserved(name as "connect", ...(rest as [])); // whatever the server has sent
  }

  /** What a listener answers an event with: once. */
  #answer(id: number): (...args: AnyArguments) => void {
    let isSent = false;
    return (...data) => {
      if (!isSent) this.#send({ type: packetTypes.ack, id, data });
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
      this.#acks.delete(id);
      if (ack.withError) ack.call(this, new Error("socket has been disconnected"));
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

function remove(listeners: AnyListener[], listener: AnyListener | undefined): void {
  if (listener) listeners.splice(listeners.indexOf(listener) >>> 0, 1);
  else listeners.length = 0;
}
