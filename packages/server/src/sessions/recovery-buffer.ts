import type { EncodedMessage } from "../messages/encoded-message.ts";
import type { Point } from "./cursor.ts";

/** An event that was sent and is not logged. */
export interface RecentEvent extends Point {
  readonly timeMs: number;
  /** For whom: null for all. */
  readonly rooms: ReadonlySet<string> | null;
  readonly except: ReadonlySet<string> | null;
  readonly message: EncodedMessage;
  readonly compress: boolean | undefined;
}

/** Where reading begins: behind a message of the log if `event` is null. */
export interface PlaceAfter {
  readonly sequence: number;
  readonly event: number | null;
}

interface Kept extends RecentEvent {
  readonly bytes: number;
}

/** What an event takes beside its text, in bytes: measured, 0.3 KB. */
const OVERHEAD_BYTES = 300;

/** The events of the last minutes, for those who come back soon; bounded by time and by bytes. */
export class RecoveryBuffer {
  /** When the newest event was sent that is gone though it is not too old. */
  evictedMs: number = Number.NEGATIVE_INFINITY;
  private readonly maxAgeMs: number;
  private readonly maxBytes: number;
  private events: Kept[] = [];
  private start = 0;
  private bytes = 0;

  constructor(maxAgeMs: number, maxBytes: number) {
    this.maxAgeMs = maxAgeMs;
    this.maxBytes = maxBytes;
  }

  get size(): number {
    return this.events.length - this.start;
  }

  add(event: RecentEvent): void {
    let bytes = OVERHEAD_BYTES;
    for (const part of event.message.parts) bytes += part.length;
    this.events.push({ ...event, bytes });
    this.bytes += bytes;
    this.trim(event.timeMs);
  }

  /** At most `limit` events that come after an event, or after a message of the log. */
  after({ sequence, event }: PlaceAfter, limit: number): readonly RecentEvent[] {
    const index = this.find(sequence, event);
    return this.events.slice(index, index + limit);
  }

  /** Lets go of what is too old, or too much. */
  trim(nowMs: number): void {
    const oldestMs = nowMs - this.maxAgeMs;
    while (this.start < this.events.length) {
      const first = this.events[this.start] as Kept; // in bounds
      const isOld = first.timeMs < oldestMs;
      if (!isOld && this.bytes <= this.maxBytes) break;
      if (!isOld) this.evictedMs = first.timeMs;
      this.bytes -= first.bytes;
      this.start += 1;
    }
    // Moving the rest costs as much as it frees.
    if (this.start * 2 > this.events.length) {
      this.events = this.events.slice(this.start);
      this.start = 0;
    }
  }

  private find(sequence: number, event: number | null): number {
    let low = this.start;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = this.events[middle] as Kept; // in bounds
      const isLater = event === null ? found.sequence >= sequence : found.event > event;
      if (isLater) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
