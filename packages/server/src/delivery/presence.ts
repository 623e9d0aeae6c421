import { type Packet, packetTypes } from "@openline/protocol/socket";
import type { EncodedMessage } from "../messages/encoded-message.ts";

/** The event that tells of who comes and goes. */
export const PRESENCE_EVENT = "openline:presence";

/** Somebody who is in a room. */
export interface Member {
  /** The socket's. */
  readonly id: string;
  /** What the room's rule shows of it. */
  readonly data: unknown;
}

/** Who is in a room. */
export interface Members {
  /** The first of them, at most 1,000. */
  readonly members: readonly Member[];
  /** All of them. */
  readonly count: number;
}

/** What has changed in a room. */
export interface PresenceChange {
  readonly room: string;
  /** Who has come, or has other data. */
  readonly entered: readonly Member[];
  /** The ids of those who have gone. */
  readonly left: readonly string[];
  readonly count: number;
}

/** Somebody who is told of changes. */
export interface Follower {
  pass(message: EncodedMessage, flags: object): void;
}

/** What presence needs of its namespace. */
export interface PresenceHost {
  readonly name: string;
  encodeForAll(packet: Packet): EncodedMessage;
  /** How long who has lost its connection is still taken to be there. */
  graceMs(room: string): number;
}

/** Members, and changes, that are told at once. */
const MAX_TOLD = 1_000;
/** Changes of a room within that time are told together, in milliseconds. */
const BATCH_MS = 50;

interface Room {
  readonly members: Map<string, unknown>;
  readonly followers: Set<Follower>;
  /** Whose coming or going has not been told. */
  readonly changed: Set<string>;
}

/**
 * Who is in which room, for those who want to know: who loses its connection is there for a while
 * longer, so that a line that breaks is no leaving and coming back.
 */
export class Presence {
  private readonly host: PresenceHost;
  private readonly rooms = new Map<string, Room>();
  private readonly followed = new Map<Follower, Set<string>>();
  /** Of those who are away: what ends their being there, by their ids. */
  private readonly away = new Map<string, Set<ReturnType<typeof setTimeout>>>();
  private readonly changedRooms = new Set<string>();
  private telling: ReturnType<typeof setTimeout> | undefined;

  constructor(host: PresenceHost) {
    this.host = host;
  }

  /** It has come, or come back. */
  enter(room: string, { id, data }: Member): void {
    const { members } = this.roomOf(room);
    if (members.has(id) && sameData(members.get(id), data)) return;
    members.set(id, data);
    this.change(room, id);
  }

  leave(room: string, id: string): void {
    if (this.rooms.get(room)?.members.delete(id) === true) this.change(room, id);
  }

  /** Its connection is lost: it is gone from these rooms unless it comes back in time. */
  lose(rooms: readonly string[], id: string): void {
    const timers = this.away.get(id) ?? new Set();
    for (const room of rooms) {
      if (this.rooms.get(room)?.members.has(id) !== true) continue;
      const timer = setTimeout(() => {
        timers.delete(timer);
        if (timers.size === 0) this.away.delete(id);
        this.leave(room, id);
      }, this.host.graceMs(room));
      timer.unref();
      timers.add(timer);
    }
    if (timers.size > 0) this.away.set(id, timers);
  }

  /** It is connected again, or is gone for good, as the caller tells by what it does next. */
  settle(id: string): void {
    for (const timer of this.away.get(id) ?? []) clearTimeout(timer);
    this.away.delete(id);
  }

  of(room: string): Members {
    const members = this.rooms.get(room)?.members ?? new Map<string, unknown>();
    const told: Member[] = [];
    for (const [id, data] of members) {
      if (told.length === MAX_TOLD) break;
      told.push({ id, data });
    }
    return { members: told, count: members.size };
  }

  /** How many other rooms somebody follows. */
  followedBy(follower: Follower, room: string): number {
    const rooms = this.followed.get(follower);
    return (rooms?.size ?? 0) - (rooms?.has(room) === true ? 1 : 0);
  }

  /** Tells somebody of changes from now on. */
  follow(room: string, follower: Follower): void {
    this.roomOf(room).followers.add(follower);
    const rooms = this.followed.get(follower) ?? new Set();
    this.followed.set(follower, rooms.add(room));
  }

  unfollow(room: string, follower: Follower): void {
    const rooms = this.followed.get(follower);
    if (rooms?.delete(room) !== true) return;
    if (rooms.size === 0) this.followed.delete(follower);
    this.rooms.get(room)?.followers.delete(follower);
    this.drop(room);
  }

  /** Its connection has ended. */
  unfollowAll(follower: Follower): void {
    for (const room of [...(this.followed.get(follower) ?? [])]) this.unfollow(room, follower);
  }

  close(): void {
    clearTimeout(this.telling);
    for (const timers of this.away.values()) for (const timer of timers) clearTimeout(timer);
    this.away.clear();
  }

  private roomOf(name: string): Room {
    let room = this.rooms.get(name);
    if (room === undefined) {
      room = { members: new Map(), followers: new Set(), changed: new Set() };
      this.rooms.set(name, room);
    }
    return room;
  }

  private drop(name: string): void {
    const room = this.rooms.get(name);
    if (room?.members.size === 0 && room.followers.size === 0) this.rooms.delete(name);
  }

  private change(name: string, id: string): void {
    const room = this.roomOf(name);
    if (room.followers.size === 0) {
      this.drop(name);
      return;
    }
    room.changed.add(id);
    this.changedRooms.add(name);
    this.tellSoon();
  }

  private tellSoon(): void {
    if (this.telling !== undefined) return;
    this.telling = setTimeout(() => this.tell(), BATCH_MS);
    this.telling.unref();
  }

  private tell(): void {
    this.telling = undefined;
    for (const name of this.changedRooms) {
      const room = this.rooms.get(name);
      if (room !== undefined) this.tellRoom(name, room);
      if (room === undefined || room.changed.size === 0) this.changedRooms.delete(name);
      this.drop(name);
    }
    if (this.changedRooms.size > 0) this.tellSoon();
  }

  /** Tells how it is now of everybody who has come or gone since. */
  private tellRoom(name: string, { members, followers, changed }: Room): void {
    const entered: Member[] = [];
    const left: string[] = [];
    for (const id of changed) {
      if (entered.length + left.length === MAX_TOLD) break;
      changed.delete(id);
      if (members.has(id)) entered.push({ id, data: members.get(id) });
      else left.push(id);
    }
    const change: PresenceChange = { room: name, entered, left, count: members.size };
    const data = [PRESENCE_EVENT, change];
    const message = this.host.encodeForAll({ type: packetTypes.event, nsp: this.host.name, data });
    for (const follower of followers) follower.pass(message, {});
  }
}

function sameData(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
