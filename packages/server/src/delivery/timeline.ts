import { nowMs } from "@openline/websocket/link";
import { endOf, epochTag } from "../log/epochs.ts";
import type { Log } from "../log/log.ts";
import type { EncodedMessage } from "../messages/encoded-message.ts";
import { CursorWriter, type Point, readCursor } from "../sessions/cursor.ts";
import { RecoveryBuffer } from "../sessions/recovery-buffer.ts";
import type { GapReason } from "./gap.ts";
import { LogMessages, type PacketEncoding } from "./log-messages.ts";

/** A place that a client has reached; everything after the message if `event` is null. */
export interface Place {
  readonly sequence: number;
  readonly event: number | null;
}

/** How long, and how many of, the events that are not logged are kept. */
export interface TimelineOptions {
  /** 0: none is. */
  readonly bufferMs: number;
  readonly bufferBytes: number;
}

/**
 * The one order of all that a namespace sends: the messages of its log, and between them the events
 * that are not logged.
 */
export class Timeline {
  readonly log: Log;
  readonly messages: LogMessages;
  readonly cursors: CursorWriter;
  readonly buffer: RecoveryBuffer | null;
  private event = 0;

  constructor(log: Log, encoding: PacketEncoding, { bufferMs, bufferBytes }: TimelineOptions) {
    this.log = log;
    this.cursors = new CursorWriter(log.epoch);
    this.messages = new LogMessages(encoding, this.cursors);
    this.buffer = bufferMs > 0 ? new RecoveryBuffer(bufferMs, bufferBytes) : null;
  }

  /** What stands for this opening of the log. */
  get epoch(): string {
    return epochTag(this.log.epoch);
  }

  /** Behind everything that was sent. */
  get now(): Point {
    return { sequence: this.log.head, event: this.event };
  }

  /** The place of an event that is about to be sent. */
  next(): Point {
    this.event += 1;
    return { sequence: this.log.head, event: this.event };
  }

  /** What a client is to send back that has everything up to `point`. */
  cursorAt(point: Point): string {
    // Without a buffer, events have no places.
    return this.buffer === null
      ? this.cursors.behindMessage(point.sequence)
      : this.cursors.behindEvent(point);
  }

  /** Keeps an event for those who come back soon. */
  remember(
    { sequence, event }: Point,
    rooms: ReadonlySet<string> | null,
    except: ReadonlySet<string> | null,
    message: EncodedMessage,
    compress: boolean | undefined,
  ): void {
    this.buffer?.add({ sequence, event, timeMs: nowMs(), rooms, except, message, compress });
  }

  /** Whether a cursor was written in an epoch before another one. */
  isOlder(offset: string, epoch: string): boolean {
    const cursor = readCursor(offset);
    if (cursor === null) return false;
    const tags = this.log.epochs.map(({ id }) => epochTag(id));
    const index = tags.lastIndexOf(cursor.tag);
    return index !== -1 && index < tags.lastIndexOf(epoch);
  }

  /**
   * Where a client is, by the cursor that it sent; a reason if nobody can tell; "foreign" if the
   * cursor was not written by this log.
   */
  place(offset: string): Place | GapReason | "foreign" {
    const cursor = readCursor(offset);
    if (cursor === null) return "cursor";
    const { log } = this;
    const end = endOf(log.epochs, log.head, (id) => epochTag(id) === cursor.tag);
    if (end === null) return "foreign";
    // Past the end of its epoch: that end was lost, and others have its places now.
    if (cursor.sequence > end) return "epoch";
    const isOurs = cursor.tag === this.epoch;
    if (isOurs && cursor.event !== null && cursor.event > this.event) return "cursor";
    return { sequence: cursor.sequence, event: isOurs ? cursor.event : null };
  }
}
