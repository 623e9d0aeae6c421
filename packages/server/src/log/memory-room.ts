import type { LogEntry, NewEntry, ReadRange, Retention, RoomState } from "./log.ts";

/** Trimmed entries that may stay in front of the list before it is moved. */
const SLACK = 64;

/** The messages of one room, in memory. */
export class MemoryRoom {
  private entries: LogEntry[] = [];
  /** Where the first that is still there stands in the list. */
  private start = 0;
  private lastOffset = 0;
  private lastSequence = 0;
  private trimmedSequence = 0;
  private bytes = 0;

  get state(): RoomState {
    const { lastOffset, lastSequence, trimmedSequence, bytes } = this;
    return { firstOffset: this.firstOffset, lastOffset, lastSequence, trimmedSequence, bytes };
  }

  add(entry: NewEntry, sequence: number): LogEntry {
    this.lastOffset += 1;
    this.lastSequence = sequence;
    const { room, id, timeMs, payload } = entry;
    const kept: LogEntry = { room, id, timeMs, payload, sequence, offset: this.lastOffset };
    this.entries.push(kept);
    this.bytes += payload.length;
    return kept;
  }

  read({ after = 0, before, limit, reverse = false }: ReadRange): readonly LogEntry[] {
    const { firstOffset, start } = this;
    const from = Math.max(after + 1, firstOffset);
    const to = Math.min((before ?? Number.POSITIVE_INFINITY) - 1, this.lastOffset);
    const count = Math.min(limit, to - from + 1);
    if (count <= 0) return [];
    if (!reverse) {
      const index = start + from - firstOffset;
      return this.entries.slice(index, index + count);
    }
    const end = start + to - firstOffset + 1;
    return this.entries.slice(end - count, end).reverse();
  }

  readAfter(sequence: number, limit: number): readonly LogEntry[] {
    let low = this.start;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.entries[middle] as LogEntry).sequence > sequence) high = middle;
      else low = middle + 1;
    }
    return this.entries.slice(low, low + limit);
  }

  trim({ maxMessages, maxAgeMs, maxBytes }: Retention, nowMs: number, limit: number): number {
    const oldestMs = maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : nowMs - maxAgeMs;
    let count = 0;
    while (count < limit && this.start < this.entries.length) {
      const first = this.entries[this.start] as LogEntry; // in bounds
      const isTooMany =
        this.entries.length - this.start > (maxMessages ?? Number.POSITIVE_INFINITY);
      const isTooMuch = this.bytes > (maxBytes ?? Number.POSITIVE_INFINITY);
      if (!isTooMany && !isTooMuch && first.timeMs >= oldestMs) break;
      this.bytes -= first.payload.length;
      this.trimmedSequence = first.sequence;
      this.start += 1;
      count += 1;
    }
    this.compact();
    return count;
  }

  private get firstOffset(): number {
    return this.lastOffset - (this.entries.length - this.start) + 1;
  }

  /** Lets trimmed entries go: now and then, since it moves all others. */
  private compact(): void {
    if (this.start < SLACK && this.start < this.entries.length) return;
    if (this.start * 2 < this.entries.length) return;
    this.entries = this.entries.slice(this.start);
    this.start = 0;
  }
}
