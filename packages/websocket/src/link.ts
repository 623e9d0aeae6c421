import { isUtf8 as isUtf8Bytes } from "node:buffer";
import type { Socket } from "node:net";
import { PeerError } from "@openline/protocol/errors";
import {
  ClosingHandshake,
  Connection,
  type ConnectionEvents,
  type ConnectionOptions,
  closeCodes,
  firstByteOf,
  Heartbeat,
  opcodes,
} from "@openline/protocol/websocket";
import { nowMs, wheel } from "./clock.ts";
import { startReading } from "./io/reader.ts";
import { writerFor } from "./io/writer.ts";
import { inflaterFor } from "./link-codecs.ts";
import type { LinkDeflate, LinkOptions } from "./link-options.ts";
import { generatedMaskingKey, randomMaskingKey } from "./mask-source.ts";
import { Outbox, type OutboxEvents } from "./outbox/outbox.ts";
import { toBuffer } from "./received.ts";
import { WheelEntry } from "./timer-wheel.ts";

/** Where a socket keeps its link, so that all sockets share the same few listeners. */
const linkKey: unique symbol = Symbol("link");

/** A socket that belongs to a link. */
type LinkedSocket = Socket & { [linkKey]: Link };

/** Knows what waits to be framed, and so what a Close frame has to wait for. */
export interface SendOrder {
  /** Runs `step` when all that was sent before has been framed. */
  afterAll(step: () => void): void;
}

/**
 * What a link tells its owner. One table serves all links of a kind, so that a
 * connection costs no closures.
 */
export interface LinkEvents<Owner> {
  /**
   * A message: `bytes[start, end)`, lent until this returns unless `isOwned`.
   * `fragmentEnds` only where `keepsFragments` asked for them.
   */
  message(
    owner: Owner,
    bytes: Uint8Array,
    start: number,
    end: number,
    isBinary: boolean,
    isOwned: boolean,
    fragmentEnds: readonly number[] | null,
  ): void;
  ping(owner: Owner, data: Buffer): void;
  pong(owner: Owner, data: Buffer): void;
  /** A peer that was too slow has taken all that waited. */
  drain(owner: Owner): void;
  /** The peer broke the protocol or a limit; `close` follows. */
  error(owner: Owner, error: Error): void;
  /** The connection is gone: nothing can be sent any more; `close` follows. */
  lost(owner: Owner): void;
  /** All that was received has been delivered and the connection is gone. Told once. */
  close(owner: Owner, code: number, reason: Buffer): void;
}

const connectionOptions = new WeakMap<LinkOptions, ConnectionOptions>();
/** The share of `backpressure.maxBytes` at which a peer is no longer read from. */
const STOP_SHARE = 0.25;
/** How often a deadline that is suspended, because we do not read, is looked at again. */
const RECHECK_MS = 1_000;
const noBytes: Buffer = Buffer.alloc(0);

/**
 * One open connection: the socket below, the protocol's machines, the outbox and
 * the deadlines, wired together. It owns the socket from the handshake to the end.
 */
export class Link<Owner = unknown> extends WheelEntry implements ConnectionEvents, OutboxEvents {
  readonly socket: Socket;
  readonly outbox: Outbox;
  readonly options: LinkOptions;
  readonly deflate: LinkDeflate | null;
  /** What the peer's Close frame gave as its reason. */
  closeReason: Buffer = noBytes;
  isPaused = false;
  /** Set while something sends what is ready only later. */
  order: SendOrder | null = null;
  /** The peer ended its side, or the protocol was broken: nothing more is sent. */
  isEnding = false;
  private readonly owner: Owner;
  private readonly events: LinkEvents<Owner>;
  private readonly connection: Connection;
  private readonly heartbeat: Heartbeat | null;
  /** A Close frame is on its way: nothing may follow it. */
  private isCloseAsked = false;
  /** Made when it begins; most of a connection's life there is none. */
  private closingOrNull: ClosingHandshake | null = null;
  /** When the wheel will wake us, -1 for never. */
  private scheduledMs = -1;
  private pendingPongs = 0;
  private isLost = false;
  private isFinished = false;
  private isReadingStopped = false;

  constructor(
    owner: Owner,
    socket: Socket,
    options: LinkOptions,
    deflate: LinkDeflate | null,
    events: LinkEvents<Owner>,
  ) {
    super();
    this.owner = owner;
    this.events = events;
    this.socket = socket;
    this.options = options;
    this.deflate = deflate;
    const inflater = deflate === null ? null : inflaterFor(deflate, options.isServer);
    this.connection = new Connection(receivingOptions(options), this, inflater);
    this.outbox = new Outbox(writerFor(socket), this);
    const { heartbeat } = options;
    this.heartbeat =
      heartbeat === null ? null : new Heartbeat(heartbeat.intervalMs, heartbeat.timeoutMs, nowMs());
  }

  get closing(): ClosingHandshake {
    this.closingOrNull ??= new ClosingHandshake(this.options.closeTimeoutMs);
    return this.closingOrNull;
  }

  /** Messages may be sent. */
  get isOpen(): boolean {
    return !this.isCloseAsked && this.closingOrNull === null && !this.isEnding;
  }

  /** Nothing may be framed any more (RFC 6455 §5.5.1). */
  get hasSentClose(): boolean {
    return this.closingOrNull?.hasSent ?? false;
  }

  /** `close` was told. */
  get isClosed(): boolean {
    return this.isFinished;
  }

  /** The peer reads too slowly, and more waits for it than is allowed. */
  get isFull(): boolean {
    return this.outbox.isBlocked && this.outbox.queuedBytes > this.options.maxQueuedBytes;
  }

  set keepsFragments(keeps: boolean) {
    this.connection.keepsFragments = keeps;
  }

  /** Begins to read; `head` is what came right behind the handshake. */
  start(head: Buffer): void {
    const socket = this.socket as LinkedSocket;
    socket[linkKey] = this;
    // A Duplex of the user's own need not have these two.
    socket.setTimeout?.(0);
    socket.setNoDelay?.(true);
    socket.on("error", onSocketError);
    socket.on("end", onSocketEnd);
    socket.on("close", onSocketClose);
    const early = head.length > 0 ? [head] : [];
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) early.push(chunk);
    startReading(socket, onSocketChunk);
    if (early.length > 0) {
      const bytes = early.length === 1 && early[0] !== undefined ? early[0] : Buffer.concat(early);
      this.connection.hold();
      this.connection.receive(bytes, 0, bytes.length, nowMs());
      process.nextTick(() => {
        if (!this.isPaused) this.connection.release(nowMs());
      });
    }
    if (this.heartbeat !== null) this.wakeAt(this.heartbeat.deadlineMs);
  }

  /** The masking key of the next frame: clients mask, servers do not (RFC 6455 §5.1). */
  maskingKey(isMasked: boolean): number | undefined {
    if (!isMasked) return undefined;
    const { generateMask } = this.options;
    return generateMask === undefined ? randomMaskingKey() : generatedMaskingKey(generateMask);
  }

  sendControl(opcode: number, payload: Uint8Array, isMasked: boolean): void {
    this.outbox.sendBytes(firstByteOf(opcode, true, false), payload, this.maskingKey(isMasked));
  }

  /** Sends a Close frame, once, behind all that was sent; then the peer's answer is waited for. */
  close(code: number | undefined, reason: Uint8Array): void {
    if (this.isCloseAsked) return;
    this.isCloseAsked = true;
    const { order } = this;
    if (order === null) this.sendClose(code, reason);
    else order.afterAll(() => this.sendClose(code, reason));
  }

  private sendClose(code: number | undefined, reason: Uint8Array): void {
    if (!this.closing.send(nowMs())) return;
    let payload: Uint8Array = noBytes;
    if (code !== undefined) {
      payload = Buffer.allocUnsafe(2 + reason.length);
      payload[0] = code >>> 8;
      payload[1] = code & 0xff;
      payload.set(reason, 2);
    }
    this.sendControl(opcodes.close, payload, !this.options.isServer);
    this.endIfClosed();
    this.wakeAt(this.closing.deadlineMs);
  }

  pause(): void {
    this.isPaused = true;
    this.connection.hold();
    this.socket.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.connection.release(nowMs());
    if (!this.connection.isBusy) this.readOn();
  }

  destroy(): void {
    this.isEnding = true;
    this.connection.stop();
    this.socket.destroy();
  }

  // What the socket says.

  onChunk(bytes: Buffer, start: number, end: number): void {
    const now = nowMs();
    this.heartbeat?.heard(now);
    const { connection } = this;
    connection.receive(bytes, start, end, now);
    if (!this.isReadingStopped && (connection.isBusy || this.isBehind)) {
      this.isReadingStopped = true;
      this.socket.pause();
    }
    if (connection.startedMs >= 0)
      this.wakeAt(connection.startedMs + this.options.messageTimeoutMs);
  }

  onSocketEnd(): void {
    this.isEnding = true;
    this.outbox.finish();
  }

  onSocketClose(): void {
    this.isEnding = true;
    this.isLost = true;
    this.closing.lose();
    wheel.cancel(this);
    this.outbox.close(null);
    this.events.lost(this.owner);
    if (!this.connection.isBusy) this.finish();
  }

  /** Everything received was delivered and the socket is gone. */
  private finish(): void {
    if (this.isFinished) return;
    this.isFinished = true;
    this.connection.stop();
    this.events.close(this.owner, this.closing.code, this.closeReason);
  }

  /**
   * A peer that does not read is not read from, so that a fast asker of large answers
   * slows itself down instead of filling its queue.
   */
  private get isBehind(): boolean {
    return (
      this.outbox.isBlocked && this.outbox.queuedBytes > this.options.maxQueuedBytes * STOP_SHARE
    );
  }

  private readOn(): void {
    if (this.isPaused || this.isLost || this.connection.isBusy) return;
    if (this.isReadingStopped) this.connection.restartClock(nowMs());
    this.isReadingStopped = false;
    this.socket.resume();
  }

  // What the connection machine says.

  onMessage(
    bytes: Uint8Array,
    start: number,
    end: number,
    isBinary: boolean,
    isOwned: boolean,
    fragmentEnds: readonly number[] | null,
  ): void {
    if (!this.options.allowSynchronousEvents) this.holdForATurn();
    this.events.message(this.owner, bytes, start, end, isBinary, isOwned, fragmentEnds);
  }

  onPing(bytes: Uint8Array, start: number, end: number): void {
    const data = toBuffer(bytes, start, end, false);
    if (!this.options.allowSynchronousEvents) this.holdForATurn();
    if (this.options.autoPong && this.isOpen) this.answer(data);
    this.events.ping(this.owner, data);
  }

  onPong(bytes: Uint8Array, start: number, end: number): void {
    const data = toBuffer(bytes, start, end, false);
    if (!this.options.allowSynchronousEvents) this.holdForATurn();
    this.events.pong(this.owner, data);
  }

  onClose(code: number, bytes: Uint8Array, start: number, end: number): void {
    const reason = Buffer.from(bytes.subarray(start, end));
    this.closeReason = reason;
    this.closing.receive(code, nowMs());
    if (this.closing.hasSent) this.endIfClosed();
    else this.close(code === closeCodes.noStatus ? undefined : code, reason);
    // Whatever follows is read and ignored, so that the peer's FIN is seen.
    this.isPaused = false;
    this.readOn();
    this.wakeAt(this.closing.deadlineMs);
  }

  onFault(error: PeerError): void {
    this.sendClose(error.closeCode, noBytes);
    this.isEnding = true;
    this.outbox.finish();
    this.isPaused = false;
    this.readOn();
    this.events.error(this.owner, error);
    // A message that was still being inflated when the connection went: nothing else follows.
    if (this.isLost) this.finish();
  }

  onIdle(): void {
    if (this.isLost) this.finish();
    else if (this.isReadingStopped) this.readOn();
  }

  // What the outbox says.

  onDrain(): void {
    this.pendingPongs = 0;
    if (this.isReadingStopped) this.readOn();
    this.events.drain(this.owner);
  }

  onEnd(): void {
    // Ending it twice would make Node build an error with a stack (5 % of a handshake and close).
    if (this.socket.writable) this.socket.end();
  }

  // What time says.

  expire(now: number): void {
    this.scheduledMs = -1;
    if (this.isLost) return;
    const closing = this.closingOrNull;
    if (closing?.isExpired(now)) {
      this.socket.destroy();
      return;
    }
    const { startedMs } = this.connection;
    if (startedMs >= 0) {
      const dueMs = startedMs + this.options.messageTimeoutMs;
      if (now >= dueMs && !this.isPaused && !this.isReadingStopped) {
        this.connection.stop();
        this.onFault(new PeerError("MESSAGE_TIMEOUT"));
        return;
      }
      this.wakeAt(dueMs > now ? dueMs : now + RECHECK_MS);
    }
    if (closing !== null && closing.deadlineMs >= 0) this.wakeAt(closing.deadlineMs);
    this.beat(now);
  }

  private beat(now: number): void {
    const { heartbeat } = this;
    if (heartbeat === null || !this.isOpen) return;
    // A paused reader cannot hear the answer.
    if (this.isPaused) heartbeat.heard(now);
    if (now >= heartbeat.deadlineMs) {
      const step = heartbeat.expire(now);
      if (step === "lost") {
        this.destroy();
        return;
      }
      if (step === "ping") this.sendControl(opcodes.ping, noBytes, !this.options.isServer);
    }
    this.wakeAt(heartbeat.deadlineMs);
  }

  private wakeAt(dueMs: number): void {
    if (this.isLost || dueMs === Number.POSITIVE_INFINITY) return;
    if (this.scheduledMs >= 0 && dueMs >= this.scheduledMs) return;
    wheel.cancel(this);
    this.scheduledMs = dueMs;
    wheel.schedule(this, Math.max(0, dueMs - nowMs()));
  }

  /** Pongs that a peer does not read are not piled up: it floods us with pings. */
  private answer(data: Buffer): void {
    if (this.outbox.isBlocked) {
      this.pendingPongs += 1;
      const { maxPendingAutoPongs } = this.options;
      if (maxPendingAutoPongs > 0 && this.pendingPongs > maxPendingAutoPongs) {
        this.destroy();
        this.events.error(this.owner, new PeerError("TOO_MANY_PENDING_PONGS"));
        return;
      }
    }
    this.sendControl(opcodes.pong, data, !this.options.isServer);
  }

  private endIfClosed(): void {
    if (this.closing.state === "done" || this.isEnding) this.outbox.finish();
  }

  /** ws without allowSynchronousEvents: at most one event a turn. */
  private holdForATurn(): void {
    this.connection.hold();
    setImmediate(() => {
      if (!this.isPaused) this.connection.release(nowMs());
    });
  }
}

function onSocketChunk(socket: Socket, bytes: Buffer, start: number, end: number): void {
  (socket as LinkedSocket)[linkKey].onChunk(bytes, start, end);
}

function onSocketError(this: Socket): void {
  // 'close' follows and tells the user: 1006.
  (this as LinkedSocket)[linkKey].isEnding = true;
}

function onSocketEnd(this: Socket): void {
  (this as LinkedSocket)[linkKey].onSocketEnd();
}

function onSocketClose(this: Socket): void {
  (this as LinkedSocket)[linkKey].onSocketClose();
}

function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  return isUtf8Bytes(bytes.subarray(start, end));
}

/** The machine's options, made once for all connections of a server. */
function receivingOptions(options: LinkOptions): ConnectionOptions {
  let made = connectionOptions.get(options);
  if (made === undefined) {
    made = {
      role: options.isServer ? "server" : "client",
      maxPayload: options.maxPayload,
      maxFragments: options.maxFragments,
      maxBufferedChunks: options.maxBufferedChunks,
      skipUtf8Validation: options.skipUTF8Validation,
      allocate: (byteLength) => Buffer.allocUnsafeSlow(byteLength),
      isUtf8,
    };
    connectionOptions.set(options, made);
  }
  return made;
}
