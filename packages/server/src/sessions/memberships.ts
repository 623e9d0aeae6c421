import type { Point } from "./cursor.ts";

/** A time in which a session was in a room: what came after `since`, up to `until`. */
export interface Interval {
  readonly room: string;
  readonly since: Point;
  /** Null: it still is. */
  until: Point | null;
  /** Its client has joined it as a channel: messages tell it of their room and their place. */
  isChannel?: boolean;
}

/** Rooms that were left and are remembered, a session. */
const MAX_LEFT = 64;

/**
 * When a session was in which room: what it shall get of a room is what came in these times, and
 * nothing else.
 */
export class Memberships {
  /** Cursors before it cannot be served: what was left earlier is forgotten. */
  floor = 0;
  /** The rooms that it is in as channels; null: none. */
  channels: Set<string> | null = null;
  private readonly current = new Map<string, Interval>();
  private left: Interval[] = [];

  /** The rooms that it is in. */
  get rooms(): string[] {
    return [...this.current.keys()];
  }

  /** All that are remembered. */
  get intervals(): readonly Interval[] {
    return [...this.left, ...this.current.values()];
  }

  has(room: string): boolean {
    return this.current.has(room);
  }

  /** False if it was in it already. */
  join(room: string, since: Point): boolean {
    if (this.current.has(room)) return false;
    const isChannel = this.channels?.has(room) === true;
    this.current.set(room, { room, since, until: null, isChannel });
    return true;
  }

  /**
   * From now on, what comes in a room comes as to a channel. True if it is in the room already and
   * that is new.
   */
  setChannel(room: string): boolean {
    this.channels ??= new Set();
    this.channels.add(room);
    const interval = this.current.get(room);
    if (interval === undefined || interval.isChannel === true) return false;
    interval.isChannel = true;
    return true;
  }

  /** False if it was not in it. */
  leave(room: string, until: Point): boolean {
    const interval = this.current.get(room);
    this.unsetChannel(room);
    if (interval === undefined) return false;
    this.current.delete(room);
    interval.until = until;
    // Nothing came while it was there.
    if (!isAfter(until, interval.since)) return true;
    this.left.push(interval);
    if (this.left.length > MAX_LEFT) {
      const forgotten = this.left.shift();
      this.floor = Math.max(this.floor, forgotten?.until?.sequence ?? 0);
    }
    return true;
  }

  private unsetChannel(room: string): void {
    this.channels?.delete(room);
    if (this.channels?.size === 0) this.channels = null;
  }

  /** The client has everything up to `point`: what was left before is of no interest any more. */
  settle(point: Point): void {
    if (this.left.length === 0) return;
    this.left = this.left.filter(({ until }) => until !== null && isAfter(until, point));
  }

  /** Whether it was in `room` when something happened. */
  wasIn(room: string, point: Point): boolean {
    const interval = this.current.get(room);
    if (interval !== undefined && isAfter(point, interval.since)) return true;
    return this.left.some(
      ({ room: other, since, until }) =>
        other === room && isAfter(point, since) && until !== null && !isAfter(point, until),
    );
  }

  /** One of the rooms that it was in, as in a channel, when something happened. */
  channelAt(rooms: Iterable<string>, point: Point): string | null {
    for (const room of rooms) {
      if (this.intervals.some((each) => each.room === room && isChannelAt(each, point)))
        return room;
    }
    return null;
  }

  /** Puts back what was stored. */
  restore(intervals: readonly Interval[], floor: number): void {
    this.floor = floor;
    for (const interval of intervals) {
      if (interval.until === null) {
        this.current.set(interval.room, interval);
        if (interval.isChannel === true) this.setChannel(interval.room);
      } else this.left.push(interval);
    }
  }
}

function isChannelAt({ since, until, isChannel }: Interval, point: Point): boolean {
  if (isChannel !== true || !isAfter(point, since)) return false;
  return until === null || !isAfter(point, until);
}

/** Whether `a` comes after `b`. */
export function isAfter(a: Point, b: Point): boolean {
  return a.sequence > b.sequence || (a.sequence === b.sequence && a.event > b.event);
}
