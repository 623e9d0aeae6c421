import { endOf, epochTag } from "../log/epochs.ts";
import type { Log, LogEntry, Position } from "../log/log.ts";
import { readStored } from "../messages/stored-event.ts";
import type { LogMessages } from "./log-messages.ts";
import { badRequest } from "./messages-asked.ts";

/** Which messages of a room are asked for. */
export interface HistoryQuery {
  /** The oldest that come after it: an offset, or a position, which also tells if it was lost. */
  readonly after?: number | Position | undefined;
  /** The newest that come before that offset; with `after`, the bound of what comes after. */
  readonly before?: number | undefined;
  /** Default 100, at most 1,000. */
  readonly limit?: number | undefined;
}

/** A message of a room's history. */
export interface HistoryMessage {
  readonly offset: number;
  readonly event: string;
  readonly args: readonly unknown[];
  readonly id: string | null;
  /** When it was published, in milliseconds since 1970. */
  readonly timeMs: number;
}

/** A part of a room's history. */
export interface History {
  /** The oldest first. */
  readonly messages: readonly HistoryMessage[];
  /** Of the room's newest message; offset 0 if it has none. */
  readonly position: Position;
  /** Messages are missing between `after` and the first one here: they are not kept any more. */
  readonly gap: boolean;
  /** There are more, after the last one or, when reading backwards, before the first. */
  readonly hasMore: boolean;
}

/** Where reading begins: behind an offset, or at the first message that is there. */
interface Start {
  readonly offset?: number;
  /** What came behind it was lost, though somebody has seen it. */
  readonly isLost?: boolean;
}

const foreign: Start = { isLost: true };

export const historyLimits = { default: 100, max: 1_000 } as const;

/** Reads rooms of a log, for people who look at them. */
export class RoomReader {
  private readonly log: Log;
  private readonly messages: LogMessages;

  constructor(log: Log, messages: LogMessages) {
    this.log = log;
    this.messages = messages;
  }

  /**
   * Reads messages up to a sequence, and no more than have so many attachments together, but for the
   * first one.
   *
   * @throws DeliveryError for a query that cannot be meant
   */
  async read(
    room: string,
    query: HistoryQuery,
    untilSequence: number = Number.POSITIVE_INFINITY,
    maxAttachments: number = Number.POSITIVE_INFINITY,
  ): Promise<History> {
    const { after, before, limit } = checkQuery(query);
    const start = after === undefined ? null : await this.resolve(room, after);
    const isLost = start?.isLost === true;
    const afterOffset = start?.offset;
    const isReverse = after === undefined;
    const found = await this.log.read(room, {
      after: afterOffset,
      before,
      limit: limit + 1,
      reverse: isReverse,
    });
    const count = this.countUpTo(found.slice(0, limit), maxAttachments);
    const hasMore = found.length > count;
    const entries = found.slice(0, count).filter(({ sequence }) => sequence <= untilSequence);
    if (isReverse) entries.reverse();
    const { epoch, offset } = await this.position(room, untilSequence);
    const first = entries[0]?.offset ?? (await this.log.describe(room)).firstOffset;
    // Asked for last, since the room may be trimmed between any two readings. What comes after `after`
    // and is not there has gone, unless nothing came.
    const hasGone = afterOffset !== undefined && afterOffset + 1 < first && afterOffset !== offset;
    return {
      messages: entries.map((entry) => this.show(entry)),
      position: { epoch, offset: Math.max(offset, entries.at(-1)?.offset ?? afterOffset ?? 0) },
      gap: isLost || hasGone,
      hasMore,
    };
  }

  /** Of the newest message up to a sequence. */
  async position(room: string, untilSequence: number): Promise<Position> {
    return { epoch: this.log.epoch, offset: await this.lastOffset(room, untilSequence) };
  }

  private countUpTo(entries: readonly LogEntry[], maxAttachments: number): number {
    let attachments = 0;
    for (const [index, entry] of entries.entries()) {
      attachments += this.messages.storedOf(entry).attachments?.length ?? 0;
      if (attachments > maxAttachments && index > 0) return index;
    }
    return entries.length;
  }

  private async lastOffset(room: string, untilSequence: number): Promise<number> {
    const { lastOffset, lastSequence } = await this.log.describe(room);
    if (lastSequence <= untilSequence) return lastOffset;
    const [next] = await this.log.readAfter(room, untilSequence, 1);
    const { trimmedSequence } = await this.log.describe(room);
    // The one that came next is not kept any more, and so nobody can tell which came before it. Who
    // asks for what came since the beginning is told of the gap, as with the true offset.
    if (trimmedSequence > untilSequence) return 0;
    return next === undefined ? lastOffset : next.offset - 1;
  }

  /**
   * Which offset a position stands for. Of an end that was lost, where that epoch ended as the log
   * has it: others have the offsets behind it now. None for a position that is not of this log.
   */
  private async resolve(room: string, after: number | Position): Promise<Start> {
    const { lastOffset, trimmedSequence } = await this.log.describe(room);
    if (typeof after === "number") return after > lastOffset ? foreign : { offset: after };
    const { epochs, head } = this.log;
    const { epoch, offset } = after;
    const end = endOf(epochs, head, (id) => id === epoch || epochTag(id) === epoch);
    if (end === null) return foreign;
    if (offset === 0) return { offset };
    const [entry] = await this.log.read(room, { after: offset - 1, limit: 1 });
    // One that is not kept any more was of that epoch, or nobody can tell.
    const isOurs = entry?.offset === offset ? entry.sequence <= end : trimmedSequence <= end;
    if (isOurs && offset <= lastOffset) return { offset };
    return { offset: await this.lastOffset(room, end), isLost: true };
  }

  private show(entry: LogEntry): HistoryMessage {
    const [event, ...args] = readStored(this.messages.storedOf(entry));
    const { offset, id, timeMs } = entry;
    return { offset, event, args, id, timeMs };
  }
}

function checkQuery({ after, before, limit = historyLimits.default }: HistoryQuery): {
  after: number | Position | undefined;
  before: number | undefined;
  limit: number;
} {
  if (after !== undefined && !isOffset(after)) {
    const isPosition =
      typeof after === "object" && typeof after?.epoch === "string" && isOffset(after.offset);
    if (!isPosition) badRequest("`after` takes an offset, or a position { epoch, offset }");
  }
  if (before !== undefined && !isOffset(before))
    badRequest("`before` takes an offset: a whole number");
  if (!isOffset(limit) || limit < 1) badRequest("`limit` takes a whole number from 1 up");
  return { after, before, limit: Math.min(limit, historyLimits.max) };
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
