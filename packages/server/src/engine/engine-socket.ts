import { EventEmitter } from "node:events";
import {
  type EnginePacketType,
  enginePackets,
  Session,
  type SessionTimes,
} from "@openline/protocol/engine";
import { type Flushable, flushLater, nowMs, WheelEntry, wheel } from "@openline/websocket/link";
import type { EngineIncomingMessage } from "../http/handshake-request.ts";
import type { EncodedMessage, MessagePart } from "../messages/encoded-message.ts";
import type { Traffic } from "../observe/traffic.ts";
import type { PollingTransport } from "../transports/polling-transport.ts";
import type { SendFlags, Transport, TransportOwner } from "../transports/transport.ts";
import { showCreated, showMessage, showReceived } from "./packet-events.ts";
import type { Place } from "./places.ts";
import { Pressure, type PressureLimits } from "./pressure.ts";

/** Why a session ended, as Socket.IO says it. */
export type EngineCloseReason =
  | "transport error"
  | "transport close"
  | "forced close"
  | "ping timeout"
  | "parse error"
  | "server shutting down";

/** Reasons for which the transport was closed before. */
const hasTakenLeave: ReadonlySet<EngineCloseReason> = new Set([
  "forced close",
  "server shutting down",
]);

/** The WebSocket close code of a server that restarts: come back, after a short while. */
const SERVICE_RESTART = 1012;

/** Takes the messages of a session, instead of listeners: what is built upon it. */
export interface MessageReceiver {
  onText(text: string): void;
  onBytes(bytes: Buffer): void;
  onClose(reason: EngineCloseReason, description: Error | undefined): void;
}

/** What a session needs of the server that it belongs to. */
export interface EngineHost {
  readonly times: SessionTimes;
  readonly pressureLimits: PressureLimits<EngineSocket>;
  readonly traffic: Traffic;
  emit(event: "flush" | "drain", ...args: unknown[]): boolean;
  /** Somebody listens to `flush` or `drain` of all sessions. */
  readonly isWatched: boolean;
  /** The session is over. */
  forget(socket: EngineSocket): void;
  /** Its connection waits for the client to close it, too. */
  linger(transport: Transport): void;
  /** It does no longer. */
  endLingering(transport: Transport): void;
}

export interface EngineSocketDetails {
  readonly id: string;
  readonly version: 3 | 4;
  readonly request: EngineIncomingMessage;
  readonly remoteAddress: string | undefined;
  readonly place: Place;
}

// biome-ignore lint/suspicious/noExplicitAny: as Node types the arguments of listeners
type AnyArguments = any[];

/** How long a poll waits in vain while the client changes to another transport. */
const RELEASE_INTERVAL_MS = 100;
const PROBE = "probe";
/** What `4` is in a packet. */
const MESSAGE = String(enginePackets.message);

/** Wakes a session when its machine wants to be woken. */
class SessionAlarmClock extends WheelEntry {
  private readonly socket: EngineSocket;

  constructor(socket: EngineSocket) {
    super();
    this.socket = socket;
  }

  expire(nowMs: number): void {
    this.socket.onAlarm(nowMs);
  }
}

/**
 * One Engine.IO session: a line to a client that outlives its transports.
 *
 * Events: `open`, `packet`, `packetCreate`, `message` and `data`, `flush`, `drain`, `heartbeat`,
 * `upgrading`, `upgrade`, `error`, `close` (reason, description).
 */
export class EngineSocket extends EventEmitter implements TransportOwner, Flushable {
  readonly id: string;
  /** The Engine.IO version that the client speaks. */
  readonly protocol: 3 | 4;
  /** What is left of the request that opened the session. */
  request: EngineIncomingMessage;
  readonly remoteAddress: string | undefined;
  /** Takes the messages; without it they are events. */
  receiver: MessageReceiver | null = null;
  private readonly host: EngineHost;
  private readonly session: Session<Transport>;
  private readonly place: Place;
  private readonly clock: SessionAlarmClock = new SessionAlarmClock(this);
  /** What waits for a transport that can take it. */
  private queue: MessagePart[] | null = null;
  private queueFlags: SendFlags | undefined = undefined;
  private waitingBytes = 0;
  private pressureOrNull: Pressure<EngineSocket> | null = null;
  private callbacks: (() => void)[] | null = null;
  private isFlushScheduled = false;
  private isReleasing = false;
  /** Somebody has listened to an event of its own: nothing is made for nobody. */
  private isWatched = false;

  constructor(host: EngineHost, transport: Transport, details: EngineSocketDetails) {
    super();
    this.host = host;
    this.id = details.id;
    this.protocol = details.version;
    this.request = details.request;
    this.remoteAddress = details.remoteAddress;
    this.place = details.place;
    this.session = new Session(transport, details.version, host.times, nowMs());
    transport.owner = this;
    this.wake();
  }

  override on(event: string | symbol, listener: (...args: AnyArguments) => void): this {
    this.isWatched = true;
    return super.on(event, listener);
  }

  override addListener(event: string | symbol, listener: (...args: AnyArguments) => void): this {
    return this.on(event, listener);
  }

  override prependListener(
    event: string | symbol,
    listener: (...args: AnyArguments) => void,
  ): this {
    this.isWatched = true;
    return super.prependListener(event, listener);
  }

  get readyState(): "open" | "closing" | "closed" {
    const { state } = this.session;
    return state === "closing" || state === "closed" ? state : "open";
  }

  get transport(): Transport {
    return this.session.line;
  }

  get upgrading(): boolean {
    return this.session.isUpgrading;
  }

  get upgraded(): boolean {
    return this.session.hasUpgraded;
  }

  /** Bytes that were sent and have not left the process. */
  get queuedBytes(): number {
    return this.waitingBytes + this.transport.queuedBytes;
  }

  /** How far behind the client is, and what that cost. */
  get pressure(): Pressure<EngineSocket> {
    this.pressureOrNull ??= new Pressure<EngineSocket>(
      this,
      this.host.pressureLimits,
      this.host.traffic,
    );
    return this.pressureOrNull;
  }

  /** Whether what is sent now would have to wait for a peer that is slow, or between two polls. */
  get isBlocked(): boolean {
    return !this.transport.writable;
  }

  /** Sends a message. The callback runs when the transport has taken it. */
  send(
    data: string | ArrayBuffer | ArrayBufferView,
    options?: SendFlags | (() => void) | null,
    callback?: () => void,
  ): this {
    const done = typeof options === "function" ? options : callback;
    const flags = typeof options === "object" && options !== null ? options : undefined;
    if (done !== undefined && this.session.isOpen) {
      this.callbacks ??= [];
      this.callbacks.push(done);
    }
    this.sendPart(typeof data === "string" ? MESSAGE + data : bytesOf(data), flags);
    if (done !== undefined) this.schedule();
    return this;
  }

  /** The same as {@link send}. */
  write(
    data: string | ArrayBuffer | ArrayBufferView,
    options?: SendFlags | (() => void) | null,
    callback?: () => void,
  ): this {
    return this.send(data, options, callback);
  }

  /** Sends a packet that is encoded: text with its type in front, or the bytes of a message. */
  sendPart(part: MessagePart, flags: SendFlags | undefined): void {
    const { line } = this.session;
    if (!this.session.isOpen || !(line.writable || this.pressure.admits(part.length))) return;
    const { traffic } = this.host;
    traffic.sentMessages += 1;
    traffic.sentBytes += part.length;
    if (this.isWatched) showCreated(this, part, flags);
    if (line.queues) {
      line.send(part, flags);
      this.showFlushed();
    } else {
      this.enqueue(part, flags);
    }
  }

  /** Sends a packet that others get too. */
  sendShared(message: EncodedMessage, flags: SendFlags | undefined): void {
    if (!this.session.isOpen) return;
    const { parts } = message;
    const { line } = this.session;
    if (!line.writable && !this.pressure.admits(totalLength(parts))) return;
    const { traffic } = this.host;
    for (const part of parts) {
      traffic.sentMessages += 1;
      traffic.sentBytes += part.length;
    }
    if (this.isWatched) for (const part of parts) showCreated(this, part, flags);
    if (line.queues) {
      line.sendShared(message, flags);
      this.showFlushed();
    } else {
      for (const part of parts) this.enqueue(part, flags);
    }
  }

  /** It is known who is at the other end. */
  identify(): void {
    this.place.identify();
  }

  /** Ends the session and its connection at once, of a client that takes nothing any more. */
  abort(): void {
    if (this.session.state === "closed") return;
    this.session.line.discard();
    this.onLost("forced close");
  }

  /** Ends the session behind what was sent; with `discard` without what waits for a poll. */
  close(discard = false): void {
    const { session } = this;
    if (session.state === "closed") return;
    if (discard) {
      this.leave();
      this.onLost("forced close");
      return;
    }
    if (session.state === "closing") return;
    if (session.state === "probing") this.closeProbe();
    this.flush();
    session.askClose();
    session.line.close(() => this.onLost("forced close"));
  }

  /**
   * Ends the session behind what was sent, of a server that goes away, so that the client comes back
   * by itself. Calls back when the transport has taken leave.
   */
  depart(done: (transport: Transport) => void, reason?: string): void {
    const { session } = this;
    if (session.state === "closed" || session.state === "closing") return;
    if (session.state === "probing") this.closeProbe();
    this.flush();
    session.askClose();
    const { line } = session;
    const leave = (): void => {
      this.onLost("server shutting down");
      done(line);
    };
    line.close(leave, SERVICE_RESTART, reason);
  }

  /** Ends the session behind what was sent, and says why by the code of a WebSocket's close. */
  dismiss(code: number, reason?: string): void {
    const { session } = this;
    if (session.state === "closed" || session.state === "closing") return;
    if (session.state === "probing") this.closeProbe();
    this.flush();
    session.askClose();
    session.line.close(() => this.onLost("forced close"), code, reason);
  }

  /** A WebSocket has opened for this session: it may take over. False if it must be closed. */
  openProbe(transport: Transport): boolean {
    if (!this.session.openProbe(transport, nowMs())) return false;
    transport.owner = this;
    this.wake();
    return true;
  }

  // What the transports say.

  onText(transport: Transport, type: EnginePacketType, text: string): void {
    const { session, host } = this;
    host.traffic.receivedMessages += 1;
    host.traffic.receivedBytes += text.length + 1;
    if (type === enginePackets.message && !session.wantsTime && transport === session.line) {
      // As all but a few packets are. Reading the clock was 4 % of an echo.
      if (!session.isOpen) return;
      if (this.isWatched) showReceived(this, type, text);
      this.deliver(text);
      return;
    }
    const previous = session.line;
    const action = session.receive(transport, type, text === PROBE, nowMs());
    if (action === "ignore") return;
    if (this.isWatched && transport === session.line && action !== "switch") {
      showReceived(this, type, text);
    }
    switch (action) {
      case "deliver":
        this.deliver(text);
        return;
      case "beat":
        this.wake();
        this.emit("heartbeat");
        return;
      case "pong":
        this.sendPart(`${enginePackets.pong}${text}`, undefined);
        this.wake();
        this.emit("heartbeat");
        return;
      case "answerProbe":
        transport.send(`${enginePackets.pong}${PROBE}`, { compress: false });
        this.emit("upgrading", transport);
        this.releasePolls();
        return;
      case "switch":
        this.switchTo(transport, previous);
        return;
      case "dropProbe":
        closeQuietly(transport);
        this.wake();
        return;
      case "close":
        this.onLost("transport close");
        return;
      case "badHeartbeat":
        this.onLost("transport error", new Error("invalid heartbeat direction"));
        return;
    }
  }

  onBytes(transport: Transport, bytes: Buffer): void {
    const { session, host } = this;
    host.traffic.receivedMessages += 1;
    host.traffic.receivedBytes += bytes.length;
    const action = session.receive(transport, enginePackets.message, false, nowMs());
    if (action === "dropProbe") {
      closeQuietly(transport);
      this.wake();
    }
    if (action !== "deliver") return;
    if (this.isWatched) this.emit("packet", { type: "message", data: bytes });
    if (this.receiver !== null) this.receiver.onBytes(bytes);
    if (this.isWatched) showMessage(this, bytes);
  }

  onGarbage(transport: Transport): void {
    if (transport === this.session.probe) this.loseProbe(transport);
    else if (transport === this.session.line) this.onLost("parse error");
  }

  onWritable(transport: Transport): void {
    if (transport !== this.session.line) return;
    if (this.queue !== null) this.flush();
    else if (this.session.state === "probed") this.releasePolls();
    this.pressureOrNull?.relieve();
  }

  onFailure(transport: Transport, error: Error): void {
    if (transport === this.session.probe) this.loseProbe(transport);
    else if (transport === this.session.line) this.onLost("transport error", error);
  }

  onClosed(transport: Transport): void {
    this.host.endLingering(transport);
    if (transport === this.session.probe) this.loseProbe(transport);
    else if (transport === this.session.line) this.onLost("transport close");
  }

  // What time says.

  onAlarm(now: number): void {
    const { session } = this;
    if (this.isReleasing) {
      this.isReleasing = false;
      if (session.state === "probed") release(session.line);
    }
    const { probe } = session;
    const alarm = session.expire(now);
    if (alarm === "ping") this.sendPart(String(enginePackets.ping), undefined);
    else if (alarm === "dropProbe" && probe !== null) closeQuietly(probe);
    else if (alarm === "lost") {
      this.onLost("ping timeout");
      return;
    }
    this.wake();
  }

  // What waits.

  /** Gives the transport what waits, if it can take it. */
  flush(): void {
    this.isFlushScheduled = false;
    const { session, queue } = this;
    if (session.state === "closed") return;
    if (queue !== null && session.line.writable) {
      session.line.sendAll(queue, this.emptyQueue());
      this.showFlushed();
    }
    if (this.callbacks !== null && this.queue === null) {
      const { callbacks } = this;
      this.callbacks = null;
      for (const callback of callbacks) callback();
    }
  }

  private enqueue(part: MessagePart, flags: SendFlags | undefined): void {
    // One body holds many packets: it is compressed if one of them may be.
    if (this.queue === null || this.queueFlags?.compress === false) this.queueFlags = flags;
    this.queue ??= [];
    this.queue.push(part);
    this.waitingBytes += part.length;
    if (this.session.line.writable) this.schedule();
  }

  private schedule(): void {
    if (this.isFlushScheduled) return;
    this.isFlushScheduled = true;
    flushLater(this);
  }

  private deliver(text: string): void {
    if (this.receiver !== null) this.receiver.onText(text);
    if (this.isWatched) showMessage(this, text);
  }

  /** Begins a new queue; returns how the old one is sent. */
  private emptyQueue(): SendFlags | undefined {
    const { queueFlags } = this;
    this.queue = null;
    this.queueFlags = undefined;
    this.waitingBytes = 0;
    return queueFlags;
  }

  private switchTo(transport: Transport, previous: Transport): void {
    previous.owner = null;
    previous.discard();
    // What waited comes before what listeners send.
    const { queue } = this;
    if (queue !== null) transport.sendAll(queue, this.emptyQueue());
    this.flush();
    this.emit("upgrade", transport);
    this.pressureOrNull?.relieve();
    if (this.session.state === "closing") transport.close(() => this.onLost("forced close"));
    this.wake();
  }

  /** Lets a poll that waits go, now and until the client has changed over. */
  private releasePolls(): void {
    if (this.session.state !== "probed") return;
    if (this.isReleasing) return;
    release(this.session.line);
    this.isReleasing = true;
    wheel.schedule(this.clock, RELEASE_INTERVAL_MS);
  }

  private loseProbe(transport: Transport): void {
    this.session.loseProbe();
    closeQuietly(transport);
    this.wake();
  }

  private closeProbe(): void {
    const { probe } = this.session;
    if (probe === null) return;
    this.session.loseProbe();
    closeQuietly(probe);
  }

  private onLost(reason: EngineCloseReason, description?: Error): void {
    const { session } = this;
    if (session.state === "closed") return;
    this.closeProbe();
    session.lose();
    wheel.cancel(this.clock);
    this.place.leave();
    if (reason === "transport close") session.line.discard();
    else if (!hasTakenLeave.has(reason)) this.leave();
    this.host.forget(this);
    this.emptyQueue();
    this.callbacks = null;
    this.pressureOrNull?.relieve();
    this.receiver?.onClose(reason, description);
    this.emit("close", reason, description);
  }

  /** Tells the client, if it is there to be told: a poll that is yet to come would find no session. */
  private leave(): void {
    const { line } = this.session;
    if (line.queues) this.host.linger(line);
    if (line.queues || line.writable) line.close(noop);
    else line.discard();
  }

  private wake(): void {
    if (this.session.state === "closed") return;
    const dueMs = this.isReleasing ? nowMs() + RELEASE_INTERVAL_MS : this.session.deadlineMs;
    wheel.schedule(this.clock, Math.max(0, dueMs - nowMs()));
  }

  private showFlushed(): void {
    if (this.isWatched) this.emit("flush");
    if (this.host.isWatched) this.host.emit("flush", this);
    if (this.isWatched) this.emit("drain");
    if (this.host.isWatched) this.host.emit("drain", this);
  }
}

function release(transport: Transport): void {
  if (transport.name === "polling") (transport as PollingTransport).release();
}

/** A transport that is not the session's: whatever becomes of it concerns nobody. */
function closeQuietly(transport: Transport): void {
  transport.owner = null;
  transport.close(noop);
}

function totalLength(parts: readonly MessagePart[]): number {
  let total = 0;
  for (const part of parts) total += part.length;
  return total;
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function noop(): void {}
