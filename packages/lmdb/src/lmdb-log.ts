import {
  type Appended,
  type Durability,
  type Epoch,
  type Log,
  type LogEntry,
  LogTail,
  type NewEntry,
  type ReadRange,
  type Retention,
  type RoomState,
} from "openline";
import type { Batch, BatchLog } from "./batch.ts";
import { type EntryEncoder, payloadBytesOf, sequenceOf, timeOf } from "./entry-codec.ts";
import { EntryReader } from "./entry-reader.ts";
import type { Tables } from "./environment.ts";
import { overBudget } from "./errors.ts";
import { ENTRY_KEY_BYTES, writeEntryKey } from "./keys.ts";
import { LmdbSessions } from "./lmdb-sessions.ts";
import { readSequence } from "./meta.ts";
import type { RecentIds } from "./recent-ids.ts";
import { emptyRoom, type Room } from "./room.ts";
import type { RoomCache } from "./room-cache.ts";
import { listRooms } from "./room-table.ts";
import { isReached, type Writer } from "./writer.ts";

/** What the logs of a store share. */
export interface Shared {
  readonly tables: Tables;
  readonly writer: Writer;
  readonly ids: RecentIds;
  readonly encoder: EntryEncoder;
  readonly maxSizeBytes: number;
}

/** An append that has been given its positions, and waits for its batch. */
interface Pending {
  readonly batch: Batch | null;
  readonly needsFlush: boolean;
  readonly appended: readonly Appended[];
  /** What is new of it, and the room of each. */
  readonly logged: readonly LogEntry[];
  readonly rooms: readonly Room[];
  resolve(appended: readonly Appended[]): void;
  reject(error: Error): void;
}

/** The log of a namespace. */
export class LmdbLog implements Log, BatchLog {
  readonly epoch: string;
  readonly epochs: readonly Epoch[];
  readonly namespace: number;
  readonly sessions: LmdbSessions;
  /** The newest that was given, stored or not. */
  lastSequence: number;
  private readonly shared: Shared;
  private readonly reader: EntryReader;
  private readonly cache: RoomCache;
  private readonly tailing: LogTail;
  /** In the order of the calls. */
  private pending: Pending[] = [];

  /** @param epochs the last is this opening */
  constructor(namespace: number, epochs: readonly Epoch[], cache: RoomCache, shared: Shared) {
    const { id, after } = epochs.at(-1) as Epoch; // there is this one
    this.namespace = namespace;
    this.epoch = id;
    this.epochs = epochs;
    this.shared = shared;
    this.cache = cache;
    this.sessions = new LmdbSessions(namespace, shared.tables, shared.writer);
    this.reader = new EntryReader(shared.tables);
    this.tailing = new LogTail(after);
    this.lastSequence = after;
  }

  get head(): number {
    return this.tailing.head;
  }

  append(entries: readonly NewEntry[], durability: Durability): Promise<readonly Appended[]> {
    const { writer } = this.shared;
    const refusal = writer.refusal ?? this.overBudget(entries);
    if (refusal !== null) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const batch = writer.gathering;
      const logged: LogEntry[] = [];
      const rooms: Room[] = [];
      const appended = entries.map((entry) => this.add(entry, batch, logged, rooms));
      const needsFlush = durability === "disk";
      if (!needsFlush) writer.urge(batch);
      this.pending.push({ batch, needsFlush, appended, logged, rooms, resolve, reject });
    });
  }

  tail(listener: (entries: readonly LogEntry[]) => void): () => void {
    return this.tailing.add(listener);
  }

  read(room: string, range: ReadRange): Promise<readonly LogEntry[]> {
    return this.shared.tables.guard(() => {
      const found = this.cache.find(room);
      return found === undefined ? [] : this.reader.read(found, range);
    });
  }

  readAfter(room: string, sequence: number, limit: number): Promise<readonly LogEntry[]> {
    return this.shared.tables.guard(() => {
      const found = this.cache.find(room);
      if (found === undefined) return [];
      return this.reader.read(found, { after: this.reader.lastUpTo(found, sequence), limit });
    });
  }

  describe(room: string): Promise<RoomState> {
    return this.shared.tables.guard(() => this.cache.find(room)?.state ?? emptyRoom);
  }

  rooms(after: string, limit: number): Promise<readonly string[]> {
    const { tables } = this.shared;
    return tables.guard(() => listRooms(tables, this.namespace, after, limit));
  }

  trim(name: string, retention: Retention, nowMs: number, limit: number): Promise<number> {
    const { tables, writer } = this.shared;
    if (writer.refusal !== null) return Promise.reject(writer.refusal);
    return tables.guard(async () => {
      const room = this.cache.find(name);
      const count = room === undefined ? 0 : this.countToTrim(room, retention, nowMs, limit);
      if (room === undefined || count === 0) return 0;
      const batch = writer.gathering;
      for (let index = 0; index < count; index += 1) {
        const value = this.reader.peek(room, room.firstOffset);
        room.bytes -= payloadBytesOf(value);
        room.trimmedSequence = sequenceOf(value);
        batch.remove(tables.entries, entryKey(room.number, room.firstOffset));
        room.firstOffset += 1;
      }
      batch.touch(this, room);
      await writer.store(false);
      return count;
    });
  }

  drain(): void {
    const { pending } = this;
    let count = 0;
    while (count < pending.length) {
      const { batch, needsFlush } = pending[count] as Pending; // in bounds
      if (!isReached(batch, needsFlush)) break;
      count += 1;
    }
    if (count === 0) return;
    const done = pending.splice(0, count);
    const told: LogEntry[] = [];
    for (const { logged, rooms } of done) {
      for (const [index, entry] of logged.entries()) {
        show(rooms[index] as Room, entry); // as many as entries
        told.push(entry);
      }
    }
    if (told.length > 0) this.tailing.tell(told);
    for (const { resolve, appended } of done) resolve(appended);
  }

  reject(error: Error, isAll: boolean): void {
    const failed = this.pending.filter(({ batch }) => isAll || batch?.progress === "failed");
    this.pending = this.pending.filter((each) => !failed.includes(each));
    for (const { logged, rooms, reject } of failed) {
      for (const [index, { payload }] of logged.entries()) {
        (rooms[index] as Room).hiddenBytes -= payload.length; // as many as entries
      }
      reject(error);
    }
  }

  restore(rooms: ReadonlySet<Room>): void {
    for (const room of rooms) this.cache.restore(room);
    this.lastSequence = readSequence(this.shared.tables, this.namespace);
  }

  private add(entry: NewEntry, batch: Batch, logged: LogEntry[], rooms: Room[]): Appended {
    const { tables, ids, encoder } = this.shared;
    const { id, timeMs, payload } = entry;
    const room = this.cache.make(entry.room, batch);
    const known = id === null ? undefined : ids.get(room.number, id);
    if (known !== undefined) return known.isDuplicate ? known : { ...known, isDuplicate: true };
    this.lastSequence += 1;
    room.lastOffset += 1;
    room.lastSequence = this.lastSequence;
    room.bytes += payload.length;
    room.hiddenBytes += payload.length;
    const { lastSequence: sequence } = this;
    const { lastOffset: offset } = room;
    const key = encoder.take(ENTRY_KEY_BYTES);
    writeEntryKey(key, room.number, offset);
    batch.put(tables.entries, key, encoder.encode(entry, sequence));
    batch.touch(this, room);
    logged.push({ room: room.name, id, timeMs, payload, sequence, offset });
    rooms.push(room);
    const appended: Appended = { sequence, offset, isDuplicate: false };
    if (id !== null) ids.set(room.number, id, appended, timeMs, batch);
    return appended;
  }

  private overBudget(entries: readonly NewEntry[]): Error | null {
    const { writer, maxSizeBytes, tables } = this.shared;
    if (maxSizeBytes === Number.POSITIVE_INFINITY) return null;
    const bytes = entries.reduce((sum, { payload }) => sum + payload.length, writer.usedBytes);
    return bytes > maxSizeBytes ? overBudget(tables.path, writer.usedBytes, maxSizeBytes) : null;
  }

  /** How many of the oldest that are shown go past what is kept. */
  private countToTrim(room: Room, retention: Retention, nowMs: number, limit: number): number {
    const { maxMessages, maxAgeMs, maxBytes } = retention;
    const { firstOffset, shownOffset } = room;
    const most = Math.min(limit, shownOffset - firstOffset + 1);
    const oldestMs = maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : nowMs - maxAgeMs;
    const tooMany = shownOffset - firstOffset + 1 - (maxMessages ?? Number.POSITIVE_INFINITY);
    let bytes = room.state.bytes;
    let count = 0;
    while (count < most) {
      const value = this.reader.peek(room, firstOffset + count);
      const isTooMuch = bytes > (maxBytes ?? Number.POSITIVE_INFINITY);
      if (count >= tooMany && !isTooMuch && timeOf(value) >= oldestMs) break;
      bytes -= payloadBytesOf(value);
      count += 1;
    }
    return count;
  }
}

function show(room: Room, { offset, sequence, payload }: LogEntry): void {
  room.shownOffset = offset;
  room.shownSequence = sequence;
  room.hiddenBytes -= payload.length;
}

function entryKey(room: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(ENTRY_KEY_BYTES);
  writeEntryKey(key, room, offset);
  return key;
}
