import type { LogEntry, ReadRange, Retention, RoomState } from "openline";

/** The messages of one room, as a disk holds them at some time. */
export class RoomImage {
  entries: LogEntry[] = [];
  lastOffset = 0;
  lastSequence = 0;
  trimmedSequence = 0;

  get state(): RoomState {
    const { lastOffset, lastSequence, trimmedSequence } = this;
    return {
      firstOffset: this.firstOffset,
      lastOffset,
      lastSequence,
      trimmedSequence,
      bytes: this.bytes,
    };
  }

  add(entry: LogEntry): void {
    this.entries.push(entry);
    this.lastOffset = entry.offset;
    this.lastSequence = entry.sequence;
  }

  read({ after = 0, before = Number.POSITIVE_INFINITY, limit, reverse }: ReadRange): LogEntry[] {
    const found = this.entries.filter(({ offset }) => offset > after && offset < before);
    if (reverse === true) found.reverse();
    return found.slice(0, Math.max(0, limit));
  }

  readAfter(sequence: number, limit: number): LogEntry[] {
    return this.entries.filter((entry) => entry.sequence > sequence).slice(0, limit);
  }

  /** How many of the oldest messages the room does not keep. */
  countToTrim({ maxMessages, maxAgeMs, maxBytes }: Retention, nowMs: number): number {
    let { bytes } = this;
    let count = 0;
    for (const { payload, timeMs } of this.entries) {
      const left = this.entries.length - count;
      const isTooMany = left > (maxMessages ?? Number.POSITIVE_INFINITY);
      const isTooMuch = bytes > (maxBytes ?? Number.POSITIVE_INFINITY);
      const isTooOld = maxAgeMs !== undefined && timeMs < nowMs - maxAgeMs;
      if (!isTooMany && !isTooMuch && !isTooOld) break;
      bytes -= payload.length;
      count += 1;
    }
    return count;
  }

  /** Removes all up to an offset. */
  trimTo(offset: number): void {
    for (const entry of this.entries) {
      if (entry.offset <= offset) this.trimmedSequence = entry.sequence;
    }
    this.entries = this.entries.filter((entry) => entry.offset > offset);
  }

  clone(): RoomImage {
    return Object.assign(new RoomImage(), this, { entries: [...this.entries] });
  }

  private get firstOffset(): number {
    return this.lastOffset - this.entries.length + 1;
  }

  private get bytes(): number {
    return this.entries.reduce((sum, { payload }) => sum + payload.length, 0);
  }
}
