import { EventSlab } from "./event-slab.ts";
import type { RecentEvent } from "./recent-event.ts";

/** Where reading begins: behind a message of the log if `event` is null. */
export interface PlaceAfter {
  readonly sequence: number;
  readonly event: number | null;
}

/** Of a slab, in bytes; half of what may be kept if that is less. */
const SLAB_BYTES = 262_144;

/** The events of the last minutes, for those who come back soon; bounded by time and by bytes. */
export class RecoveryBuffer {
  /** When the newest event was sent that is gone though it is not too old. */
  evictedMs: number = Number.NEGATIVE_INFINITY;
  private readonly maxAgeMs: number;
  private readonly maxBytes: number;
  /** The oldest first. */
  private slabs: EventSlab[] = [];
  private bytes = 0;

  constructor(maxAgeMs: number, maxBytes: number) {
    this.maxAgeMs = maxAgeMs;
    this.maxBytes = maxBytes;
  }

  get size(): number {
    return this.slabs.reduce((sum, { count }) => sum + count, 0);
  }

  add(event: RecentEvent): void {
    const bound = EventSlab.boundOf(event);
    if (bound > this.maxBytes) {
      // It would push out all others, and find no room itself.
      this.evictedMs = event.timeMs;
      return;
    }
    let slab = this.slabs.at(-1);
    if (slab === undefined || !slab.takes(bound)) {
      slab = new EventSlab(Math.max(bound, Math.min(SLAB_BYTES, this.maxBytes >>> 1)));
      this.slabs.push(slab);
      this.bytes += slab.byteLength;
      this.trim(event.timeMs);
    }
    slab.add(event);
  }

  /** At most `limit` events that come after an event, or after a message of the log. */
  after({ sequence, event }: PlaceAfter, limit: number): readonly RecentEvent[] {
    const found: RecentEvent[] = [];
    for (const slab of this.slabs) {
      if (!slab.endsAfter(sequence, event)) continue;
      let index = found.length > 0 ? 0 : slab.find(sequence, event);
      for (; index < slab.count; index += 1) {
        if (found.length === limit) return found;
        found.push(slab.read(index));
      }
    }
    return found;
  }

  /** Lets go of what is too old, or too much. */
  trim(nowMs: number): void {
    const oldestMs = nowMs - this.maxAgeMs;
    let gone = 0;
    for (const { lastMs, count, byteLength } of this.slabs) {
      // The last one, which is empty, is about to be written to.
      if (count === 0) break;
      const isOld = lastMs < oldestMs;
      if (!isOld && this.bytes <= this.maxBytes) break;
      if (!isOld) this.evictedMs = Math.max(this.evictedMs, lastMs);
      this.bytes -= byteLength;
      gone += 1;
    }
    if (gone > 0) this.slabs = this.slabs.slice(gone);
  }
}
