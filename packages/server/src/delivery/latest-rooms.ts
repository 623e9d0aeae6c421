import type { Point } from "../sessions/cursor.ts";

/** The newest value of a key. */
export interface LatestValue {
  readonly room: string;
  readonly key: string;
  /** The event's name and arguments. */
  readonly data: readonly unknown[];
  readonly point: Point;
}

/** Rooms whose values are kept; past it the one goes in which nothing has changed for longest. */
const MAX_ROOMS = 100_000;

/** The newest value of each key of each "latest" room: what who joins gets at once. */
export class LatestRooms {
  private readonly rooms = new Map<string, Map<string, LatestValue>>();

  set(value: LatestValue, maxKeys: number): void {
    const { room } = value;
    const values = this.rooms.get(room) ?? new Map<string, LatestValue>();
    // The newest last, so that the oldest is found first.
    this.rooms.delete(room);
    this.rooms.set(room, values);
    if (this.rooms.size > MAX_ROOMS) {
      const [oldest = ""] = this.rooms.keys();
      this.rooms.delete(oldest);
    }
    values.delete(value.key);
    values.set(value.key, value);
    for (const oldest of values.keys()) {
      if (values.size <= maxKeys) return;
      values.delete(oldest);
    }
  }

  /** All values of a room, the one that is unchanged for longest first. */
  of(room: string): readonly LatestValue[] {
    return [...(this.rooms.get(room)?.values() ?? [])];
  }
}
