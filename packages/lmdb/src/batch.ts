import type { Table, Tables } from "./environment.ts";
import { encodeSequence, type MetaValue } from "./meta.ts";
import type { Room } from "./room.ts";

/** How far a batch has come. Each is reached once, in this order, or `failed`. */
export type Progress = "gathering" | "sealed" | "writing" | "committed" | "flushed" | "failed";

/** What waits for a batch. */
export interface Waiting {
  readonly needsFlush: boolean;
  settle(): void;
  reject(error: Error): void;
}

/** A log, as far as a batch has to do with it. */
export interface BatchLog {
  readonly namespace: number;
  readonly lastSequence: number;
  /** Settles the appends that had to wait for no more than what has been reached. */
  drain(): void;
  /** Undoes what was not stored, of these rooms. */
  restore(rooms: ReadonlySet<Room>): void;
  /** Rejects the appends whose batch has failed, or all that have not been settled. */
  reject(error: Error, isAll: boolean): void;
}

/** In place of a value: the key is removed, or the whole table emptied. */
const removed = Symbol("removed");
const cleared = Symbol("cleared");

/** All that one transaction stores. */
export class Batch {
  progress: Progress = "gathering";
  /** Somebody waits for its commit, and not for its flush. */
  isUrgent = false;
  /** Logs that appended something, with the rooms that have changed. */
  readonly changed: Map<BatchLog, Set<Room>> = new Map();
  /** What waits in no order: what is in order waits in its log. */
  readonly waiting: Waiting[] = [];
  /** Ids that `RecentIds` remembers until the batch can be read. */
  readonly ids: string[] = [];
  /** Keys of sessions, the same. */
  readonly sessions: string[] = [];
  /** Of values, in bytes. */
  bytes = 0;
  private readonly tables: Table[] = [];
  private readonly keys: Buffer[] = [];
  private readonly values: (Buffer | typeof removed | typeof cleared)[] = [];

  /** Puts and removals. */
  get size(): number {
    return this.tables.length;
  }

  get isEmpty(): boolean {
    return this.size === 0 && this.changed.size === 0;
  }

  put(table: Table, key: Buffer, value: Buffer): void {
    this.bytes += value.length;
    this.add(table, key, value);
  }

  putMeta({ meta }: Tables, { key, value }: MetaValue): void {
    this.put(meta, key, value);
  }

  remove(table: Table, key: Buffer): void {
    this.add(table, key, removed);
  }

  /** Empties a table, before what is put from now on. */
  clear(table: Table): void {
    this.add(table, noKey, cleared);
  }

  /** The record of this room will be stored. */
  touch(log: BatchLog, room: Room): void {
    let rooms = this.changed.get(log);
    if (rooms === undefined) {
      rooms = new Set();
      this.changed.set(log, rooms);
    }
    if (rooms.has(room)) return;
    rooms.add(room);
    room.batches += 1;
  }

  /** Ends the gathering: what rooms and logs are now belongs to it, what they become does not. */
  seal(tables: Tables): void {
    for (const [log, rooms] of this.changed) {
      for (const room of rooms) this.put(tables.rooms, room.key, room.encode());
      this.putMeta(tables, encodeSequence(log.namespace, log.lastSequence));
    }
    this.progress = "sealed";
  }

  /** Tells LMDB all of it. */
  write(): void {
    const { tables, keys, values } = this;
    for (let index = 0; index < tables.length; index += 1) {
      const table = tables[index] as Table; // all three are as long
      const value = values[index];
      if (value === removed) table.remove(keys[index] as Buffer);
      else if (value === cleared) table.clearAsync();
      else table.put(keys[index] as Buffer, value as Buffer);
    }
  }

  private add(table: Table, key: Buffer, value: Buffer | typeof removed | typeof cleared): void {
    this.tables.push(table);
    this.keys.push(key);
    this.values.push(value);
  }
}

const noKey: Buffer = Buffer.alloc(0);
