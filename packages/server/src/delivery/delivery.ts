import { type Packet, packetLimits, packetTypes } from "@openline/protocol/socket";
import type { Durability, Log, LogEntry, LogStore } from "../log/log.ts";
import { ChannelForms } from "../messages/channel-forms.ts";
import type { EncodedMessage } from "../messages/encoded-message.ts";
import { readStored, toStored } from "../messages/stored-event.ts";
import type {
  Adapter,
  AdapterSocket,
  BroadcastFlags,
  BroadcastOptions,
  RoomPacket,
} from "../rooms/adapter.ts";
import { DeliveryError } from "../rooms/delivery-error.ts";
import type { RoomRules, SettledRule } from "../rooms/rules.ts";
import type { Point } from "../sessions/cursor.ts";
import { LatestRooms } from "./latest-rooms.ts";
import { bytesOf, type LiveEvent } from "./live-event.ts";
import type { Members } from "./presence.ts";
import type { NumberedMessage } from "./producers.ts";
import { type Published, Publishing } from "./publishing.ts";
import { recoveryDefaults, type SettledRecovery } from "./recovery-options.ts";
import { Requests } from "./requests.ts";
import { Trimmer } from "./retention.ts";
import { type History, type HistoryQuery, RoomReader } from "./room-reader.ts";
import type { Subscriber } from "./subscriber.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Timeline } from "./timeline.ts";

/** An event's name, and its arguments. */
type Message = readonly [string, ...unknown[]];

/** What delivery needs of its namespace. */
export interface DeliveryHost {
  readonly name: string;
  /** Whether packets are encoded in Socket.IO's own way. */
  readonly isStandard: boolean;
  readonly adapter: Adapter;
  /** How long a connection may be dead before anybody notices. */
  readonly heartbeatMs: number;
  /** Rooms that one client may have joined by itself. */
  readonly maxRooms: number;
  encodeForAll(packet: Packet): EncodedMessage;
  /** The packet that a message was made of. */
  decode(message: EncodedMessage): Packet;
  /**
   * An event that is published in a room, as the contract makes it.
   *
   * @throws DeliveryError if it is not what the room takes
   */
  admit(room: string, data: Message): Message | Promise<Message>;
  reportError(error: unknown, event: string): void;
}

/** A log that is open, and what stands on it. */
interface Opened {
  readonly timeline: Timeline;
  readonly subscriptions: Subscriptions;
  readonly reader: RoomReader;
  readonly trimmer: Trimmer;
}

/**
 * Delivers a namespace's events by the rules of its rooms: in one order, with a place for each, so
 * that a client that comes back gets what it has missed and nothing else.
 */
export class Delivery {
  readonly rules: RoomRules<never>;
  readonly recovery: SettledRecovery;
  /** Resolves when the log is open. */
  readonly ready: Promise<void>;
  readonly requests: Requests;
  private readonly host: DeliveryHost;
  private readonly store: LogStore;
  private readonly latest = new LatestRooms();
  private readonly publishing: Publishing;
  private readonly channelForms: ChannelForms;
  private openedOrNull: Opened | null = null;

  constructor(
    host: DeliveryHost,
    store: LogStore,
    rules: RoomRules<never>,
    recovery: SettledRecovery,
  ) {
    this.host = host;
    this.store = store;
    this.rules = rules;
    this.recovery = recovery;
    this.publishing = new Publishing(host.name);
    this.channelForms = new ChannelForms(host);
    this.requests = new Requests(this.requestHost());
    this.ready = store.open(host.name).then((log) => this.open(log));
    // Whoever needs the log is told; nobody else shall be.
    this.ready.catch((error: unknown) => host.reportError(error, "log"));
  }

  get isOpen(): boolean {
    return this.openedOrNull !== null;
  }

  /** What is known of clients; null until the log is open. */
  get subscriptions(): Subscriptions | null {
    return this.openedOrNull?.subscriptions ?? null;
  }

  /** Sends an event as the rules of its rooms say. */
  broadcast(packet: RoomPacket, options: BroadcastOptions): void {
    const { rooms, flags } = options;
    if (rooms.size === 0 || this.rules.size === 0 || flags?.volatile === true) {
      this.send(packet, options, null);
      return;
    }
    if (rooms.size === 1) {
      const [room = ""] = rooms;
      this.sendTo(room, this.rules.of(room), packet, options);
      return;
    }
    this.broadcastToSeveral(packet, options);
  }

  /** Lets the sessions, too, join rooms whose clients are away. */
  joinAway(options: BroadcastOptions, rooms: readonly string[]): void {
    this.changeAway((subscriptions) => subscriptions.joinAway(options, rooms));
  }

  leaveAway(options: BroadcastOptions, rooms: readonly string[]): void {
    this.changeAway((subscriptions) => subscriptions.leaveAway(options, rooms));
  }

  endAway(options: BroadcastOptions): void {
    this.changeAway((subscriptions) => subscriptions.endAway(options));
  }

  /** Ends the sessions of a principal whose clients are away. */
  endPrincipal(id: string): void {
    this.changeAway((subscriptions) => subscriptions.endPrincipal(id));
  }

  /** Sends an event to one client. */
  emitTo(socket: AdapterSocket, packet: Packet, flags: BroadcastFlags | undefined): void {
    const opened = this.openedOrNull;
    const subscriber = socket.subscriber as Subscriber | null; // ours
    if (subscriber === null || opened === null) return;
    const { timeline } = opened;
    const data = packet.data as readonly unknown[]; // an event's
    if (!this.recovery.isBufferingEmits) {
      subscriber.emit(data, flags);
      return;
    }
    const message = this.place(timeline, data, new Set([socket.id]), null, flags);
    subscriber.deliver(liveEvent(message, flags ?? {}, null, null, data, true));
  }

  /**
   * Publishes an event in a room.
   *
   * @throws DeliveryError if it was refused; LogError if nobody knows whether it is logged
   */
  async publish(room: string, data: Message, id: string | null): Promise<Published> {
    const admitted = this.admit(room, data);
    return this.write(room, admitted instanceof Promise ? await admitted : admitted, id);
  }

  /**
   * What is to be logged of a message, as the contract makes it.
   *
   * @throws DeliveryError, at once or later, for what the contract does not have
   */
  admit(room: string, data: Message): Promise<Message> | Message {
    return this.host.admit(room, data);
  }

  /** Publishes what was admitted; throws as `publish` does. */
  async write(room: string, data: Message, id: string | null): Promise<Published> {
    const { timeline } = await this.opened();
    const { epoch } = timeline.log;
    if (this.rules.of(room)?.delivery !== "durable") {
      this.broadcast({ type: packetTypes.event, data: [...data] }, { rooms: new Set([room]) });
      return { epoch, offset: null, duplicate: false };
    }
    const [appended] = await this.append([room], data, null, id);
    if (appended === undefined) throw new Error("The log answered for no message");
    return { epoch, offset: appended.offset, duplicate: appended.isDuplicate };
  }

  /**
   * Publishes events of durable rooms that were admitted, in their order, all of them or none; or one of
   * another room.
   *
   * @throws DeliveryError if they were refused; LogError if nobody knows whether they are logged
   */
  async publishAll(messages: readonly NumberedMessage[]): Promise<readonly Published[]> {
    const [first] = messages;
    if (first === undefined) return [];
    if (messages.length === 1) return [await this.write(first.room, first.data, first.id)];
    const { log, messages: encoded } = (await this.opened()).timeline;
    const outgoing = messages.map(({ room, data, id }) => ({
      room,
      id,
      stored: toStored(data, null),
    }));
    const durability = this.durabilityOf(messages.map(({ room }) => room));
    const appended = await this.publishing.append(log, encoded, outgoing, durability);
    return appended.map(({ offset, isDuplicate }) => ({
      epoch: log.epoch,
      offset,
      duplicate: isDuplicate,
    }));
  }

  /** @throws DeliveryError for a query that cannot be meant, or a room that keeps no history */
  async history(
    room: string,
    query: HistoryQuery,
    untilSequence?: number,
    maxAttachments?: number,
  ): Promise<History> {
    if (this.rules.of(room)?.delivery !== "durable") {
      throw new DeliveryError("OPENLINE_NOT_DURABLE", `The room "${room}" keeps no history`);
    }
    const { reader } = await this.opened();
    return reader.read(room, query, untilSequence, maxAttachments);
  }

  /** Who is in a room, if its rule says that this may be known. */
  members(room: string): Members {
    return this.subscriptions?.presence.of(room) ?? { members: [], count: 0 };
  }

  /** Refuses what is published from now on; resolves when nothing is on its way to the log. */
  async finish(): Promise<void> {
    await this.publishing.close();
  }

  /** Lets the log go, once all clients are gone. */
  async close(): Promise<void> {
    await this.publishing.close();
    await this.openedOrNull?.subscriptions.close();
    await this.openedOrNull?.trimmer.close();
  }

  /** Sessions of an earlier process are away before the log is open. */
  private changeAway(change: (subscriptions: Subscriptions) => void): void {
    const { openedOrNull } = this;
    if (openedOrNull !== null) change(openedOrNull.subscriptions);
    // Whoever needs a log that does not open is told elsewhere.
    else this.opened().then(({ subscriptions }) => change(subscriptions), noop);
  }

  private open(log: Log): void {
    const { host, recovery, rules } = this;
    const { name, isStandard } = host;
    const encoding = {
      name,
      isStandard,
      encodeForAll: (packet: Packet) => host.encodeForAll(packet),
    };
    const { maxDisconnectionDuration: bufferMs = recoveryDefaults.maxDisconnectionDuration } =
      recovery;
    const timeline = new Timeline(log, encoding, {
      // Of a connection that is lost late, events are missed before it is.
      bufferMs: recovery.isBuffering ? bufferMs + host.heartbeatMs : 0,
      bufferBytes: recovery.maxBufferedBytes,
    });
    const subscriptions = new Subscriptions(
      {
        ...encoding,
        encodeAt: (data, point, room) =>
          this.encodeAt(timeline, data, point, room === null ? null : [room]),
        channelForms: this.channelForms,
        rules,
        latest: this.latest,
        recovery,
        heartbeatMs: host.heartbeatMs,
        isPersistent: this.store.isPersistent,
        reportError: (error) => host.reportError(error, "session"),
      },
      timeline,
      this.store.durability,
    );
    const trimmer = new Trimmer(log, {
      retentionOf: (room) => durableRule(rules, room)?.history ?? null,
      reportError: (error) => host.reportError(error, "retention"),
    });
    const reader = new RoomReader(log, timeline.messages);
    this.openedOrNull = { timeline, subscriptions, reader, trimmer };
    log.tail((entries) => {
      for (const entry of entries) {
        trimmer.grew(entry.room);
        this.fanOut(timeline, entry);
      }
    });
  }

  private async opened(): Promise<Opened> {
    if (this.openedOrNull === null) await this.ready;
    return this.openedOrNull as Opened; // since then
  }

  private broadcastToSeveral(packet: RoomPacket, options: BroadcastOptions): void {
    const durable: string[] = [];
    const others = new Set<string>();
    const ruled: string[] = [];
    for (const room of options.rooms) {
      const delivery = this.rules.of(room)?.delivery;
      if (delivery === "durable") durable.push(room);
      else if (delivery === "latest" || delivery === "volatile") ruled.push(room);
      else others.add(room);
    }
    // Who is in several of them gets it once: by the first.
    const except = new Set(options.except);
    if (durable.length > 0) this.log(durable, packet, options);
    for (const room of durable) except.add(room);
    for (const room of ruled) {
      this.sendTo(room, this.rules.of(room), packet, {
        ...options,
        rooms: new Set([room]),
        except: new Set(except),
      });
      except.add(room);
    }
    if (others.size > 0) this.send(packet, { ...options, rooms: others, except }, null);
  }

  private sendTo(
    room: string,
    rule: SettledRule<never> | null,
    packet: RoomPacket,
    options: BroadcastOptions,
  ): void {
    switch (rule?.delivery) {
      case "durable":
        this.log([room], packet, options);
        return;
      case "volatile":
        this.send(packet, { ...options, flags: { ...options.flags, volatile: true } }, rule);
        return;
      default:
        this.send(packet, options, rule ?? null);
    }
  }

  /** Sends what is not logged. */
  private send(
    packet: RoomPacket,
    options: BroadcastOptions,
    rule: SettledRule<never> | null,
  ): void {
    const { adapter, name } = this.host;
    const opened = this.openedOrNull;
    if (opened === null) {
      // Nobody is connected yet who could resume.
      adapter.broadcast(packet, options);
      return;
    }
    const { timeline } = opened;
    const { rooms, except, flags = {} } = options;
    packet.nsp = name;
    const named = packet as Packet; // it has all its fields now
    const data = named.data as readonly unknown[]; // an event's
    const everywhere = rooms.size === 0 ? null : rooms;
    const isValue = rule?.delivery === "latest";
    const kept = flags.volatile === true || isValue ? { ...flags, volatile: true } : flags;
    const message = this.place(timeline, data, everywhere, except ?? null, kept);
    const [room = null] = rooms;
    const event = liveEvent(message, flags, rule, room, data);
    if (isValue && rule !== null && room !== null) {
      const { now } = timeline;
      this.latest.set({ room, key: event.key, data, point: now }, rule.maxKeys);
    }
    this.fanOutTo(options, event, named);
  }

  /** Gives an event its place, and keeps it for those who come back soon. */
  private place(
    timeline: Timeline,
    data: readonly unknown[],
    rooms: ReadonlySet<string> | null,
    except: ReadonlySet<string> | null,
    flags: BroadcastFlags | undefined,
  ): EncodedMessage {
    const point = timeline.next();
    const message = this.encodeAt(timeline, data, point, rooms);
    if (flags?.volatile !== true) {
      timeline.remember(point, rooms, except, message, flags?.compress);
    }
    return message;
  }

  /** Logs an event; it is sent when the log tells of it. */
  private log(rooms: readonly string[], packet: RoomPacket, options: BroadcastOptions): void {
    const data = packet.data as readonly unknown[]; // an event's
    const { except } = options;
    this.append(rooms, data, except, null).catch((error: unknown) =>
      this.host.reportError(error, String(data[0])),
    );
  }

  private append(
    rooms: readonly string[],
    data: readonly unknown[],
    except: ReadonlySet<string> | null | undefined,
    id: string | null,
  ): ReturnType<Publishing["append"]> {
    const leftOut = except === null || except === undefined ? [] : [...except];
    const outgoing = rooms.map((room, index) => {
      // Who is in several rooms gets it once: by the first.
      const all = [...leftOut, ...rooms.slice(0, index)];
      return { room, id, stored: toStored(data, all.length === 0 ? null : all) };
    });
    const durability = this.durabilityOf(rooms);
    const opened = this.openedOrNull;
    if (opened !== null) {
      const { log, messages } = opened.timeline;
      return this.publishing.append(log, messages, outgoing, durability);
    }
    return this.opened().then(({ timeline: { log, messages } }) =>
      this.publishing.append(log, messages, outgoing, durability),
    );
  }

  /** The strictest of the rooms. */
  private durabilityOf(rooms: readonly string[]): Durability {
    const all = rooms.map((room) => this.rules.of(room)?.durability ?? this.store.durability);
    return all.includes("disk") ? "disk" : "process";
  }

  /** Sends a message of the log to those who are there. */
  private fanOut(timeline: Timeline, entry: LogEntry): void {
    const { adapter, name } = this.host;
    const { room } = entry;
    if (!adapter.rooms.has(room)) return;
    const { stored, message, bytes } = timeline.messages.of(entry);
    let decoded: readonly unknown[] | null = null;
    const data = (): readonly unknown[] => {
      decoded ??= readStored(stored);
      return decoded;
    };
    const rule = this.rules.of(room);
    const event = {
      message,
      flags: noFlags,
      rule,
      room,
      key: "",
      isSingle: false,
      isValue: false,
      bytes,
      data,
    };
    const packet = {
      type: packetTypes.event,
      nsp: name,
      get data() {
        return data();
      },
    };
    const rooms = new Set([room]);
    const except = stored.except === null ? undefined : new Set(stored.except);
    this.fanOutTo({ rooms, except }, event, packet);
    if (except !== undefined) this.skipIn(timeline, entry, except);
  }

  /** Channels count on over a message that is not for them. */
  private skipIn(timeline: Timeline, entry: LogEntry, except: ReadonlySet<string>): void {
    const { room, offset, sequence } = entry;
    let skip: EncodedMessage | null = null;
    // Mostly it is one socket that is left out, of many.
    this.host.adapter.visit({ rooms: new Set(except) }, (socket) => {
      const subscriber = socket.subscriber as Subscriber | null; // ours
      if (subscriber?.session.memberships.channels?.has(room) !== true) return;
      if (this.host.adapter.sids.get(socket.id)?.has(room) !== true) return;
      skip ??= this.channelForms.skip(room, offset, timeline.cursors.behindMessage(sequence));
      subscriber.skip(skip);
    });
  }

  private fanOutTo(options: BroadcastOptions, event: LiveEvent, packet: Packet): void {
    let plain: EncodedMessage | null = null;
    this.host.adapter.visit(options, (socket) => {
      socket.notifyOutgoingListeners(packet);
      const subscriber = socket.subscriber as Subscriber | null; // ours
      if (subscriber !== null) {
        subscriber.deliver(event);
        return;
      }
      // It cannot resume: its protocol is older, or it came before there were rules.
      plain ??= this.host.encodeForAll(packet);
      socket.client.sendShared(plain, event.flags);
    });
  }

  private encodeAt(
    timeline: Timeline,
    data: readonly unknown[],
    point: Point,
    rooms: Iterable<string> | null,
  ): EncodedMessage {
    const { name } = this.host;
    // What has no cursor must not look as if it had one.
    const lacksCursor = timeline.buffer === null && typeof data.at(-1) !== "string";
    const all = lacksCursor ? data : [...data, timeline.cursorAt(point)];
    const message = this.host.encodeForAll({ type: packetTypes.event, nsp: name, data: all });
    if (rooms !== null) message.origin = { rooms, place: null, lacksCursor };
    return message;
  }

  private requestHost(): ConstructorParameters<typeof Requests>[0] {
    const { host, rules } = this;
    const self = this;
    return {
      rules,
      maxRooms: host.maxRooms,
      get head() {
        return self.openedOrNull?.timeline.log.head ?? 0;
      },
      isPrivate: (room) => host.adapter.sids.has(room),
      publish: (room, data, id) => this.publish(room, data, id),
      admit: (room, data) => host.admit(room, data),
      publishAll: (messages) => this.publishAll(messages),
      // Clients take no more in one packet.
      history: (room, query, until) =>
        this.history(room, query, until, packetLimits.maxAttachments),
      position: (room, until) => this.opened().then(({ reader }) => reader.position(room, until)),
      get presence() {
        return (self.openedOrNull as Opened).subscriptions.presence; // clients come when it is open
      },
      store: (subscriber) => this.subscriptions?.store(subscriber),
      reportError: (error, event) => host.reportError(error, event),
    };
  }
}

const noFlags: BroadcastFlags = {};

function noop(): void {}

function liveEvent(
  message: EncodedMessage,
  flags: BroadcastFlags,
  rule: SettledRule<never> | null,
  room: string | null,
  data: readonly unknown[],
  isSingle = false,
): LiveEvent {
  const name = String(data[0]);
  const key = rule?.key === undefined ? name : String(rule.key(name, data.slice(1)));
  const isValue = rule?.delivery === "latest";
  return {
    message,
    flags,
    rule,
    room,
    key,
    isSingle,
    isValue,
    bytes: bytesOf(message),
    data: () => data,
  };
}

function durableRule(rules: RoomRules<never>, room: string): SettledRule<never> | null {
  const rule = rules.of(room);
  return rule?.delivery === "durable" ? rule : null;
}
