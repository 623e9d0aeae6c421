import type { Batch } from "./batch.ts";
import type { Tables } from "./environment.ts";
import { nameKey } from "./keys.ts";
import { Room } from "./room.ts";
import { loadRoom } from "./room-table.ts";

/** Rooms that are kept in memory; an idle one more than that is read again when it is asked for. */
const MAX_ROOMS = 50_000;
/** How many of the oldest are looked at to find idle ones. */
const LOOK_COUNT = 64;

/** The rooms of a namespace that are in use: the only place where their next offsets are known. */
export class RoomCache {
  private readonly tables: Tables;
  private readonly namespace: number;
  private readonly nextNumber: (batch: Batch) => number;
  private readonly byName = new Map<string, Room>();

  /** @param nextNumber gives a number that no room has, and stores that it did */
  constructor(tables: Tables, namespace: number, nextNumber: (batch: Batch) => number) {
    this.tables = tables;
    this.namespace = namespace;
    this.nextNumber = nextNumber;
  }

  find(name: string): Room | undefined {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    const room = loadRoom(this.tables, this.namespace, name);
    if (room !== undefined) this.keep(room);
    return room;
  }

  /** Finds the room, or makes it: whoever does so stores it with `batch`. */
  make(name: string, batch: Batch): Room {
    const known = this.find(name);
    if (known !== undefined) return known;
    const { bytes, isWhole } = nameKey(this.namespace, name);
    const room = new Room(name, bytes, isWhole, this.nextNumber(batch));
    this.keep(room);
    return room;
  }

  /** Goes back to what is stored of a room. */
  restore(room: Room): void {
    const record = this.tables.rooms.getBinary(room.key);
    if (record === undefined) this.byName.delete(room.name);
    else room.decode(record);
  }

  private keep(room: Room): void {
    if (this.byName.size >= MAX_ROOMS) this.forgetSome();
    this.byName.set(room.name, room);
  }

  private forgetSome(): void {
    let looked = 0;
    for (const [name, room] of this.byName) {
      this.byName.delete(name);
      // The busy ones move to the end.
      if (!room.isIdle) this.byName.set(name, room);
      looked += 1;
      if (looked === LOOK_COUNT) break;
    }
  }
}
