/** A place in a room: after the message with that offset, in one opening of its log. */
export interface Position {
  /** The log's, or its first 8 characters. */
  readonly epoch: string;
  readonly offset: number;
}

/** A message of a room as it is delivered. */
// biome-ignore lint/suspicious/noExplicitAny: payloads of every shape
export interface ChannelMessage<Event extends string = string, Data = any> {
  readonly event: Event;
  /** The first of `args`. */
  readonly data: Data;
  readonly args: readonly unknown[];
  /** Its place in the room; null in rooms that are not logged, and for what was sent unlogged. */
  readonly offset: number | null;
  /** What its publisher has named it by. */
  readonly id: string | null;
  /** When it was published, in milliseconds since 1970; null if it is not logged. */
  readonly timeMs: number | null;
}

/** Messages that cannot be had any more: those with the offsets `from` to `to`, both included. */
export interface Gap {
  /**
   * `"retention"`: the room does not keep them any more. `"epoch"`: the log has lost its end, and
   * gives these offsets to other messages, which follow. `"slow"`: who reads a room that is not logged
   * was too far behind.
   */
  readonly reason: "retention" | "epoch" | "slow";
  /** Null in rooms that are not logged. */
  readonly from: number | null;
  readonly to: number | null;
}

/** A message as the server's answers have it. */
export interface HistoryMessage {
  readonly offset: number;
  readonly event: string;
  readonly args: readonly unknown[];
  readonly id: string | null;
  readonly timeMs: number;
}

/** A part of a room's history, the oldest first. */
export interface HistoryAnswer {
  readonly messages: readonly HistoryMessage[];
  /** Of the room's newest message. */
  readonly position: Position;
  /** Some behind the place that was asked for are not kept any more. */
  readonly gap: boolean;
  readonly hasMore: boolean;
}

/** What a client that joins is told; there is no position in rooms that are not logged. */
export interface JoinAnswer extends Omit<HistoryAnswer, "position"> {
  readonly position: Position | null;
}

/** The message that an answer holds, as it is delivered. */
export function toMessage({ offset, event, args, id, timeMs }: HistoryMessage): ChannelMessage {
  return { event, data: args[0], args, offset, id, timeMs };
}
