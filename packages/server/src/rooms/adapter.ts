import { EventEmitter } from "node:events";
import type { Packet } from "@openline/protocol/socket";
import type { EncodedMessage } from "../messages/encoded-message.ts";
import { LazyMap, type LazySource } from "./lazy-map.ts";

export type SocketId = string;
export type Room = string;
/** Known to one client alone, who proves by it that a session is its own. */
export type PrivateSessionId = string;

export interface BroadcastFlags {
  volatile?: boolean | undefined;
  compress?: boolean | undefined;
  local?: boolean | undefined;
  broadcast?: boolean | undefined;
  binary?: boolean | undefined;
  /** In milliseconds. */
  timeout?: number | undefined;
  expectSingleResponse?: boolean | undefined;
}

/** Whom a broadcast is for: without rooms, all. */
export interface BroadcastOptions {
  rooms: Set<Room>;
  except?: Set<Room> | undefined;
  flags?: BroadcastFlags | undefined;
}

export interface SessionToPersist {
  sid: SocketId;
  pid: PrivateSessionId;
  rooms: Room[];
  data: unknown;
}

export interface Session extends SessionToPersist {
  missedPackets: unknown[][];
}

/** A socket of another process, or of this one. */
export interface SocketDetails {
  readonly id: SocketId;
  readonly handshake: unknown;
  readonly rooms: Iterable<Room>;
  readonly data: unknown;
}

/** The end of a client that resumes: what is sent to it has to come in its turn. */
export interface RoomSubscriber {
  pass(message: EncodedMessage, flags: BroadcastFlags): void;
}

/** Sends broadcasts by the rules of rooms. */
export interface RoomDelivery {
  broadcast(packet: RoomPacket, options: BroadcastOptions): void;
  /** The same for clients that are away as for those that are here. */
  joinAway(options: BroadcastOptions, rooms: readonly Room[]): void;
  leaveAway(options: BroadcastOptions, rooms: readonly Room[]): void;
  endAway(options: BroadcastOptions): void;
}

/** What an adapter does with a socket. */
export interface AdapterSocket extends SocketDetails {
  /** Null for one that does not resume. */
  readonly subscriber: RoomSubscriber | null;
  readonly client: { sendShared(message: EncodedMessage, flags: BroadcastFlags): void };
  readonly acks: Map<number, (...args: unknown[]) => void>;
  notifyOutgoingListeners(packet: Packet): void;
  join(rooms: Room | Room[]): Promise<void> | void;
  leave(room: Room): Promise<void> | void;
  disconnect(close?: boolean): unknown;
}

/** What an adapter needs of its namespace. */
export interface AdapterNamespace {
  readonly name: string;
  /** What is sent is held to it, where there is one. */
  readonly contract?: SentContract | null;
  readonly sockets: ReadonlyMap<SocketId, AdapterSocket>;
  /** Broadcasts go through it, where there is one, before they come to the adapter. */
  readonly delivery?: RoomDelivery | null;
  /** The id of the next packet that wants an acknowledgement. */
  nextAckId(): number;
  encodeForAll(packet: Packet): EncodedMessage;
}

/** What a contract says of what is sent. */
export interface SentContract {
  /** @throws Error if the event is not as the contract has it */
  checkSent(event: string | symbol, args: readonly unknown[]): void;
  /** Takes a client's answer to an event, or what is wrong with it. */
  takeAnswer(
    event: string | symbol,
    answer: readonly unknown[],
    done: (error: Error | null, answer: readonly unknown[]) => void,
  ): void;
  reportError(error: unknown, event: string | symbol): void;
}

/** A packet before it has a namespace. */
export type RoomPacket = Omit<Packet, "nsp"> & { nsp?: string };

/**
 * Knows who is in which room, and reaches them. This one knows the process's own sockets; those
 * for several processes extend it, or have its shape.
 *
 * Events: `create-room` (room), `join-room` (room, id), `leave-room` (room, id), `delete-room` (room).
 */
export class Adapter extends EventEmitter {
  readonly nsp: AdapterNamespace;
  readonly rooms: Map<Room, Set<SocketId>>;
  readonly sids: Map<SocketId, Set<Room>>;
  /**
   * Sockets that are in the room of their own name, where nobody else is, and in no other: most of
   * them. Their two sets, 0.6 KB a socket, are made when somebody looks.
   */
  private readonly alone = new Set<SocketId>();
  /**
   * The sockets of rooms that were broadcast to, until somebody joins or leaves: looking up each
   * id again was a tenth of a broadcast.
   */
  private readonly found = new WeakMap<Set<SocketId>, readonly AdapterSocket[]>();

  constructor(nsp: AdapterNamespace) {
    super();
    this.nsp = nsp;
    const rooms = new LazyMap<Room, Set<SocketId>>();
    const sids = new LazyMap<SocketId, Set<Room>>();
    const { alone } = this;
    const settle = (id: SocketId): void => {
      if (!alone.delete(id)) return;
      rooms.set(id, new Set([id]));
      sids.set(id, new Set([id]));
    };
    const source: LazySource<SocketId> = {
      get size() {
        return alone.size;
      },
      has: (id) => alone.has(id),
      settle,
      settleAll: () => {
        for (const id of alone) settle(id);
      },
    };
    rooms.attach(source);
    sids.attach(source);
    this.rooms = rooms;
    this.sids = sids;
  }

  /** Override it to connect to what the adapter stands on. */
  init(): Promise<void> | void {}

  /** Override it to let that go. */
  close(): Promise<void> | void {}

  /** How many servers there are. */
  serverCount(): Promise<number> {
    return Promise.resolve(1);
  }

  addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    if (this.entersAlone(id, rooms)) return;
    let joined = this.sids.get(id);
    if (joined === undefined) {
      joined = new Set();
      this.sids.set(id, joined);
    }
    for (const room of rooms) {
      joined.add(room);
      let members = this.rooms.get(room);
      if (members === undefined) {
        members = new Set();
        this.rooms.set(room, members);
        this.emit("create-room", room);
      }
      if (members.has(id)) continue;
      members.add(id);
      this.found.delete(members);
      this.emit("join-room", room, id);
    }
  }

  del(id: SocketId, room: Room): Promise<void> | void {
    this.sids.get(id)?.delete(room);
    this.removeMember(room, id);
  }

  delAll(id: SocketId): void {
    if (this.alone.delete(id)) {
      this.emit("leave-room", id, id);
      this.emit("delete-room", id);
      return;
    }
    const joined = this.sids.get(id);
    if (joined === undefined) return;
    for (const room of joined) this.removeMember(room, id);
    this.sids.delete(id);
  }

  broadcast(packet: RoomPacket, options: BroadcastOptions): void {
    const flags = options.flags ?? {};
    const named = this.named(packet);
    let message: EncodedMessage | null = null;
    this.visit(options, (socket) => {
      message ??= this.nsp.encodeForAll(named);
      socket.notifyOutgoingListeners(named);
      send(socket, message, flags);
    });
  }

  /**
   * The same, and `acknowledge` is called with each client's answer. `countClients` is called once,
   * with how many will be asked.
   */
  broadcastWithAck(
    packet: RoomPacket,
    options: BroadcastOptions,
    countClients: (count: number) => void,
    acknowledge: (...args: unknown[]) => void,
  ): void {
    const flags = options.flags ?? {};
    const named = this.named(packet);
    // One id for all: it is of the namespace, and so no socket uses it for anything else.
    const id = this.nsp.nextAckId();
    named.id = id;
    packet.id = id;
    const message = this.nsp.encodeForAll(named);
    let count = 0;
    this.visit(options, (socket) => {
      count += 1;
      socket.acks.set(id, acknowledge);
      socket.notifyOutgoingListeners(named);
      send(socket, message, flags);
    });
    countClients(count);
  }

  /** The ids of those in `rooms`; without rooms, of all. */
  sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const ids = new Set<SocketId>();
    this.visit({ rooms }, (socket) => ids.add(socket.id));
    return Promise.resolve(ids);
  }

  socketRooms(id: SocketId): Set<Room> | undefined {
    return this.sids.get(id);
  }

  fetchSockets(options: BroadcastOptions): Promise<SocketDetails[]> {
    const sockets: SocketDetails[] = [];
    this.visit(options, (socket) => sockets.push(socket));
    return Promise.resolve(sockets);
  }

  addSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.visit(options, (socket) => void socket.join(rooms));
  }

  delSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.visit(options, (socket) => {
      for (const room of rooms) void socket.leave(room);
    });
  }

  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    this.visit(options, (socket) => socket.disconnect(close));
  }

  /**
   * Sends to the other servers, of which there are none: an acknowledgement at the end of `packet`
   * is called with no answers.
   */
  serverSideEmit(packet: unknown[]): void {
    const acknowledge = packet.at(-1);
    if (typeof acknowledge === "function") process.nextTick(() => acknowledge(null, []));
  }

  /** Calls `visit` once for each socket that `options` are about, however many rooms it is in. */
  visit(options: BroadcastOptions, visit: (socket: AdapterSocket) => void): void {
    const { rooms } = options;
    const { sockets } = this.nsp;
    const isLeftOut = this.exclusion(options.except);
    if (rooms.size === 0) {
      for (const socket of sockets.values()) if (!isLeftOut?.(socket.id)) visit(socket);
      return;
    }
    if (rooms.size === 1) {
      const [room = ""] = rooms;
      if (this.alone.has(room)) {
        const socket = isLeftOut?.(room) ? undefined : sockets.get(room);
        if (socket !== undefined) visit(socket);
        return;
      }
      const members = this.rooms.get(room);
      if (members === undefined) return;
      for (const socket of this.socketsOf(members)) if (!isLeftOut?.(socket.id)) visit(socket);
      return;
    }
    for (const id of this.union(rooms)) {
      if (isLeftOut?.(id)) continue;
      const socket = sockets.get(id);
      if (socket !== undefined) visit(socket);
    }
  }

  /** Override it to keep the session of a client that may come back. */
  persistSession(_session: SessionToPersist): void {}

  /** Override it to give back what was kept. */
  restoreSession(
    _pid: PrivateSessionId,
    _offset: string,
  ): Promise<Session | null | undefined> | Session | null | undefined {
    return null;
  }

  /** Whether that is all that there is to it: a socket connects, into the room of its own name. */
  private entersAlone(id: SocketId, rooms: Set<Room>): boolean {
    if (rooms.size !== 1 || !rooms.has(id)) return false;
    if (this.alone.has(id)) return true;
    if (this.sids.has(id) || this.rooms.has(id)) return false;
    this.alone.add(id);
    this.emit("create-room", id);
    this.emit("join-room", id, id);
    return true;
  }

  private named(packet: RoomPacket): Packet {
    packet.nsp = this.nsp.name;
    return packet as Packet; // it has all its fields now
  }

  private removeMember(room: Room, id: SocketId): void {
    const members = this.rooms.get(room);
    if (members === undefined) return;
    if (members.delete(id)) {
      this.found.delete(members);
      this.emit("leave-room", room, id);
    }
    if (members.size === 0 && this.rooms.delete(room)) this.emit("delete-room", room);
  }

  /** As they are now: a visitor may let its socket leave. */
  private socketsOf(members: Set<SocketId>): readonly AdapterSocket[] {
    const known = this.found.get(members);
    if (known !== undefined) return known;
    const { sockets } = this.nsp;
    const found: AdapterSocket[] = [];
    for (const id of members) {
      const socket = sockets.get(id);
      if (socket !== undefined) found.push(socket);
    }
    // Those who are not connected yet may be any moment.
    if (found.length === members.size) this.found.set(members, found);
    return found;
  }

  private union(rooms: Set<Room>): Set<SocketId> {
    const ids = new Set<SocketId>();
    for (const room of rooms) {
      if (this.alone.has(room)) ids.add(room);
      else for (const id of this.rooms.get(room) ?? []) ids.add(id);
    }
    return ids;
  }

  /** Tells who is in one of the rooms; null if nobody is. */
  private exclusion(except: Set<Room> | undefined): ((id: SocketId) => boolean) | null {
    if (except === undefined || except.size === 0) return null;
    const [only = ""] = except;
    // One who sends to all others.
    if (except.size === 1 && this.alone.has(only)) return (id) => id === only;
    // As they are now: a visitor may change them.
    const ids = this.union(except);
    if (ids.size === 0) return null;
    return (id) => ids.has(id);
  }
}

function send(socket: AdapterSocket, message: EncodedMessage, flags: BroadcastFlags): void {
  if (socket.subscriber === null) socket.client.sendShared(message, flags);
  else socket.subscriber.pass(message, flags);
}
