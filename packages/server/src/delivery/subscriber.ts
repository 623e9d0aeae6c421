import { type Packet, packetTypes } from "@openline/protocol/socket";
import type { ChannelForms } from "../messages/channel-forms.ts";
import type { EncodedMessage } from "../messages/encoded-message.ts";
import type { BroadcastFlags } from "../rooms/adapter.ts";
import type { Point } from "../sessions/cursor.ts";
import { neverReached, type Session } from "../sessions/session.ts";
import { GAP_EVENT, type Gap } from "./gap.ts";
import { Gate, type OpenBarrier } from "./gate.ts";
import type { LatestValue } from "./latest-rooms.ts";
import { bytesOf, type LiveEvent } from "./live-event.ts";
import type { ReplayTarget } from "./replay.ts";
import type { Place } from "./timeline.ts";

/** The connection of a client. */
export interface SubscriberLine {
  readonly readyState: "open" | "closing" | "closed";
  /** Whether what is sent now would have to wait. */
  readonly isBlocked: boolean;
  readonly queuedBytes: number;
  readonly pressure: { drained(): Promise<void>; drop(bytes: number): void };
  /** Ends it without a word. */
  abort(): void;
}

/** What sends to a client. */
export interface SubscriberClient {
  readonly conn: SubscriberLine;
  send(packet: Packet, flags: BroadcastFlags | undefined): void;
  sendShared(message: EncodedMessage, flags: BroadcastFlags): void;
  /** Sends what nobody else gets. */
  sendAlone(message: EncodedMessage, flags: BroadcastFlags): void;
}

/** What a subscriber needs of its namespace. */
export interface SubscriberHost {
  readonly name: string;
  /** Behind everything that was sent. */
  readonly now: Point;
  /** What a client is to send back that has all that. */
  readonly cursor: string;
  encodeForAll(packet: Packet): EncodedMessage;
  /** Adds the cursor of a place to an event. */
  encodeAt(data: readonly unknown[], point: Point, room: string | null): EncodedMessage;
  readonly channelForms: ChannelForms;
  /** Sends a session what it has missed. */
  replay(subscriber: Subscriber, from: Place): void;
  /** Values of its "latest" rooms that have changed since. */
  valuesSince(session: Session, from: Place): readonly LatestValue[];
}

/** How a session was found again. */
export interface Resumption {
  /** What its client has. */
  readonly from: Place;
}

/** All values have changed since. */
const theBeginning: Place = { sequence: 0, event: null };
/** What may be held for one client, in bytes: past it the client has to come back. */
const MAX_HELD_BYTES = 1_048_576;
/** Emits that may wait for the end of a replay. */
const MAX_AWAITING = 1_000;
/** Events that may be waiting for a client that is behind, each the newest of its key. */
const MAX_CONFLATED = 10_000;

/**
 * A client's end of the one order of its namespace: decides for each event whether it is sent now,
 * held, left to a replay, or replaced by a newer one.
 */
export class Subscriber implements ReplayTarget {
  readonly session: Session;
  readonly isRecovered: boolean;
  readonly gap: Gap | null;
  /** It is over, or another connection has taken over. */
  isGone = false;
  private readonly host: SubscriberHost;
  private readonly client: SubscriberClient;
  private readonly gate = new Gate();
  private readonly resumption: Resumption | null;
  /** A replay will read from the log what is sent now. */
  private isSkipping = false;
  private conflated: Map<string, LiveEvent> | null = null;
  /** Something was left out of them, and the client was not told. */
  private lossyRooms: Set<string> | null = null;
  /** Something of them waits to be the newest: it is lost if the line breaks behind later events. */
  private waitingRooms: Set<string> | null = null;
  private isAwaitingDrain = false;
  /** What a replay has queued: a client must not be dropped for what it came back for. */
  private leewayBytes = 0;
  /** Values that have changed since then are sent behind a replay. */
  private valuesFrom: Place = theBeginning;
  /** Emits that come behind a replay. */
  private awaiting: { data: readonly unknown[]; flags: BroadcastFlags | undefined }[] = [];
  private isReplaying = false;
  private replaying: Promise<void> = Promise.resolve();
  private endReplaying: () => void = () => {};

  constructor(
    host: SubscriberHost,
    client: SubscriberClient,
    session: Session,
    resumption: Resumption | null,
    gap: Gap | null,
  ) {
    this.host = host;
    this.client = client;
    this.session = session;
    this.resumption = resumption;
    this.isRecovered = resumption !== null;
    this.gap = gap;
  }

  /** Sends what has no place in the order: it comes behind all that was sent before. */
  send(packet: Packet, flags: BroadcastFlags | undefined): void {
    if (this.gate.isOpen) {
      this.tellLosses();
      this.client.send(packet, flags);
    } else {
      // As it is now: users may change it.
      this.hold(this.host.encodeForAll(packet), flags ?? {});
    }
  }

  /** The same for what others get too. */
  pass(message: EncodedMessage, flags: BroadcastFlags): void {
    if (this.gate.isOpen) this.transmit(message, flags);
    else this.hold(message, flags);
  }

  /** Sends an event that is not kept: it comes behind all that has its place in the order by now. */
  emit(data: readonly unknown[], flags: BroadcastFlags | undefined): void {
    if (this.isSkipping) {
      this.await(data, flags);
      return;
    }
    // What has no cursor must not look as if it had one.
    const all = typeof data.at(-1) === "string" ? [...data, this.host.cursor] : data;
    this.send({ type: packetTypes.event, nsp: this.host.name, data: all as unknown[] }, flags);
  }

  /** Sends an event that has its place in the order. */
  deliver(event: LiveEvent): void {
    if (this.isSkipping) return;
    if (this.gate.isOpen) this.sendLive(event);
    else if (this.admits(event.bytes)) this.gate.hold(() => this.sendLive(event), event.bytes);
  }

  /** Tells a channel of a message that is not for it, in its turn. */
  skip(message: EncodedMessage): void {
    if (!this.isSkipping) this.pass(message, {});
  }

  /** Holds what is sent from now on; see {@link Gate}. */
  hold(message: EncodedMessage, flags: BroadcastFlags): void {
    const bytes = bytesOf(message);
    if (this.admits(bytes)) {
      this.gate.hold(() => this.transmit(message, flags), bytes);
    }
  }

  /** What is sent from now on waits until the barrier is opened. */
  close(): OpenBarrier {
    return this.gate.close();
  }

  /**
   * Sends the last that the client gets of its session, behind all that waits for the session to be
   * stored: that is of no interest any more. What waits for a replay is left out with the replay.
   */
  sendLast(packet: Packet): void {
    if (this.isReplaying) this.gate.clear();
    else this.gate.flush();
    this.client.send(packet, undefined);
  }

  /** Sends the client what it has missed, or tells it that it cannot be had: after its CONNECT. */
  begin(): void {
    if (this.gap !== null) this.tellGap(this.gap);
    const { resumption } = this;
    if (resumption === null) return;
    // What is replayed brings the client past values that it is sent behind all of that.
    this.valuesFrom = this.session.lacksValues(resumption.from) ? theBeginning : resumption.from;
    this.session.valuesUntil = neverReached;
    this.isSkipping = true;
    this.isReplaying = true;
    this.replaying = new Promise((resolve) => {
      this.endReplaying = resolve;
    });
    // Behind the CONNECT, which may be held.
    this.gate.hold(() => this.host.replay(this, resumption.from), 0);
  }

  /** Resolves when it has been sent what it has missed, or is gone. */
  get caughtUp(): Promise<void> {
    return this.replaying;
  }

  tellGap(gap: Gap): void {
    this.send({ type: packetTypes.event, nsp: this.host.name, data: [GAP_EVENT, gap] }, undefined);
  }

  /** Sends the current values of a room, in the place in which it is now. */
  sendValues(values: readonly LatestValue[]): void {
    const { now } = this.host;
    for (const { data, room } of values) this.pass(this.host.encodeAt(data, now, room), {});
    if (values.length > 0) this.sentValues(now);
  }

  /** Values were sent that no cursor will tell of, unless others are still to be sent. */
  private sentValues(now: Point): void {
    if (this.conflated === null && !this.isSkipping) this.session.valuesUntil = now;
  }

  /** Its connection is lost, or it was never let in. */
  end(): void {
    this.isGone = true;
    this.endReplaying();
    this.gate.clear();
    this.conflated = null;
    this.lossyRooms = null;
    this.waitingRooms = null;
  }

  // What a replay does.

  holdLive(): () => void {
    const open = this.gate.close();
    this.isSkipping = false;
    const { host, resumption, awaiting } = this;
    const { now } = host;
    this.awaiting = [];
    // They are not replayed: only the newest count.
    const values = resumption === null ? [] : host.valuesSince(this.session, this.valuesFrom);
    return () => {
      this.isReplaying = false;
      this.endReplaying();
      if (this.isGone) return;
      this.leewayBytes = this.client.conn.queuedBytes + this.gate.heldBytes;
      open(() => {
        for (const { data, room } of values) {
          this.client.sendShared(this.formOf(host.encodeAt(data, now, room)), {});
        }
        this.session.valuesUntil = values.length > 0 ? now : null;
        for (const { data, flags } of awaiting) {
          this.client.sendShared(host.encodeAt(data, now, null), flags ?? {});
        }
      });
    };
  }

  sendReplayed(message: EncodedMessage, flags: BroadcastFlags): void {
    this.client.sendShared(message, flags);
  }

  async ready(): Promise<void> {
    const { conn } = this.client;
    while (!this.isGone && conn.isBlocked) await conn.pressure.drained();
  }

  abort(): void {
    this.client.conn.abort();
  }

  private await(data: readonly unknown[], flags: BroadcastFlags | undefined): void {
    if (flags?.volatile === true) return;
    if (this.awaiting.length < MAX_AWAITING) this.awaiting.push({ data, flags });
    else this.abort();
  }

  private admits(bytes: number): boolean {
    if (this.isGone) return false;
    if (this.gate.heldBytes + bytes <= MAX_HELD_BYTES) return true;
    this.client.conn.pressure.drop(bytes);
    this.abort();
    return false;
  }

  private sendLive(event: LiveEvent): void {
    const { conn } = this.client;
    if (!conn.isBlocked) this.leewayBytes = 0;
    else if (!this.isTaken(event)) return;
    if (event.isSingle) {
      this.tellLosses();
      this.client.sendAlone(event.message, event.flags);
    } else this.transmit(event.message, event.flags);
  }

  private transmit(message: EncodedMessage, flags: BroadcastFlags): void {
    this.tellLosses();
    this.client.sendShared(this.formOf(message), flags);
  }

  /** As this client has joined the rooms of the message. */
  private formOf(message: EncodedMessage): EncodedMessage {
    const { channels } = this.session.memberships;
    return channels === null ? message : this.host.channelForms.of(message, channels);
  }

  /** What the rule says of a message for a client that is behind. */
  private isTaken(event: LiveEvent): boolean {
    const { rule, bytes } = event;
    const { conn } = this.client;
    if (rule === null || event.flags.volatile === true) return true;
    // One that waits already must not be overtaken by a newer one.
    if (this.conflated !== null && rule.backpressure === "latest") {
      this.conflate(event);
      return false;
    }
    if (conn.queuedBytes + bytes <= rule.maxQueuedBytes + this.leewayBytes) return true;
    if (rule.backpressure === "disconnect") {
      conn.pressure.drop(bytes);
      this.abort();
    } else if (rule.backpressure === "latest") this.conflate(event);
    else {
      conn.pressure.drop(bytes);
      this.lose(event);
    }
    return false;
  }

  private conflate(event: LiveEvent): void {
    this.conflated ??= new Map();
    const key = `${event.room ?? ""}\n${event.key}`;
    if (this.conflated.delete(key)) {
      this.client.conn.pressure.drop(event.bytes);
      if (!event.isValue) this.lose(event);
    } else if (this.conflated.size >= MAX_CONFLATED) {
      this.abort();
      return;
    }
    this.conflated.set(key, event);
    if (event.isValue) this.session.valuesUntil = neverReached;
    else if (event.room !== null) {
      this.waitingRooms ??= new Set();
      this.waitingRooms.add(event.room);
    }
    this.awaitDrain();
  }

  /** Left out: the client is told once it can be, or before anything else is sent. */
  private lose({ room }: LiveEvent): void {
    this.lossyRooms ??= new Set();
    if (room !== null) this.lossyRooms.add(room);
    this.awaitDrain();
  }

  private awaitDrain(): void {
    if (this.isAwaitingDrain) return;
    this.isAwaitingDrain = true;
    void this.client.conn.pressure.drained().then(() => {
      this.isAwaitingDrain = false;
      if (!this.isGone) this.catchUp();
    });
  }

  /**
   * Tells of what was left out before something is sent behind it: with that the client's cursor
   * passes the gap, and nobody would know of it any more if the line broke then.
   */
  private tellLosses(): void {
    const { lossyRooms, waitingRooms } = this;
    if (lossyRooms === null && waitingRooms === null) return;
    this.lossyRooms = null;
    this.waitingRooms = null;
    const rooms = [...new Set([...(lossyRooms ?? []), ...(waitingRooms ?? [])])];
    this.tellGap({ reason: "backpressure", rooms });
  }

  /** Sends what has waited, in the place in which the client is now. */
  private catchUp(): void {
    const { conflated } = this;
    this.conflated = null;
    // One alone arrives with its cursor, or not at all.
    const isAlone = this.lossyRooms === null && (conflated?.size ?? 0) <= 1;
    if (isAlone && this.gate.isOpen) this.waitingRooms = null;
    // What is held already is sent behind it, and tells of it before.
    this.gate.hold(() => this.tellLosses(), 0);
    if (conflated === null) return;
    const { now } = this.host;
    for (const event of conflated.values()) {
      this.pass(this.host.encodeAt(event.data(), now, event.room), event.flags);
    }
    this.sentValues(now);
  }
}
