import type { LogEntry, ReadRange } from "openline";
import { decodeEntry, sequenceOf } from "./entry-codec.ts";
import type { Tables } from "./environment.ts";
import { corrupt } from "./errors.ts";
import { ENTRY_KEY_BYTES, writeEntryKey } from "./keys.ts";
import type { Room } from "./room.ts";

/** So many are read before others in the process get their turn. */
const TURN_COUNT = 512;

/** Reads messages of rooms, of what is shown of them. */
export class EntryReader {
  private readonly tables: Tables;
  private readonly key: Buffer = Buffer.alloc(ENTRY_KEY_BYTES);

  constructor(tables: Tables) {
    this.tables = tables;
  }

  /** Reads page by page: `room` must be the one whose trimming this process decides. */
  async read(room: Room, range: ReadRange): Promise<LogEntry[]> {
    const { first, count, step } = spanOf(room, range);
    const found: LogEntry[] = [];
    for (let index = 0; index < count; index += 1) {
      if (index > 0 && index % TURN_COUNT === 0) await turn();
      const offset = first + index * step;
      // Trimmed since this began.
      if (offset < room.firstOffset) continue;
      found.push(this.get(room, offset));
    }
    return found;
  }

  /** Reads all at once, from one snapshot. */
  readNow(room: Room, range: ReadRange): LogEntry[] {
    const { first, count, step } = spanOf(room, range);
    return Array.from({ length: count }, (_, index) => this.get(room, first + index * step));
  }

  /** The value of a message that is there; only until the next read, and only its beginning. */
  peek(room: Room, offset: number): Buffer {
    writeEntryKey(this.key, room.number, offset);
    const value = this.tables.entries.getBinaryFast(this.key);
    return value ?? this.missing(room, offset);
  }

  /** The last offset whose sequence is not greater; the one before the first if none is. */
  lastUpTo(room: Room, sequence: number): number {
    let low = room.firstOffset - 1;
    let high = room.shownOffset;
    if (sequence >= room.shownSequence) return high;
    if (sequence <= room.trimmedSequence) return low;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (sequenceOf(this.peek(room, middle)) <= sequence) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private get(room: Room, offset: number): LogEntry {
    writeEntryKey(this.key, room.number, offset);
    const value = this.tables.entries.getBinary(this.key) ?? this.missing(room, offset);
    return decodeEntry(value, room.name, offset);
  }

  private missing(room: Room, offset: number): never {
    throw corrupt(this.tables.path, `message ${offset} of room ${room.number} is missing`);
  }
}

/** Which offsets a range stands for, of those that are there. */
function spanOf(
  room: Room,
  { after = 0, before = Number.POSITIVE_INFINITY, limit, reverse = false }: ReadRange,
): { first: number; count: number; step: 1 | -1 } {
  const from = Math.max(after + 1, room.firstOffset);
  const to = Math.min(before - 1, room.shownOffset);
  const count = Math.max(0, Math.min(limit, to - from + 1));
  return reverse ? { first: to, count, step: -1 } : { first: from, count, step: 1 };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
