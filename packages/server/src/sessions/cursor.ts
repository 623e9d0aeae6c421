import { epochTag } from "../log/epochs.ts";

/**
 * A place in what a namespace sends: behind the message of the log with that sequence, and behind
 * that event of those which are not logged.
 */
export interface Point {
  readonly sequence: number;
  /** Counts events that are kept in memory alone, in this epoch, from 1 up. */
  readonly event: number;
}

/** A cursor as a client has sent it. */
export interface Cursor {
  /** What stands for the epoch in which it was written. */
  readonly tag: string;
  readonly sequence: number;
  /** Null behind a message of the log: all events that came later than that are missing. */
  readonly event: number | null;
}

const shape = /^([\w-]{8})(\d{1,16})(?:\.(\d{1,16}))?$/;

/**
 * Writes cursors: the strings that Socket.IO's connection state recovery calls offsets, and whose
 * clients send back the last one that they got.
 */
export class CursorWriter {
  private readonly tag: string;
  /** What cursors of the same sequence have in common: most have the one of the cursor before. */
  private prefix = "";
  private prefixSequence = -1;

  constructor(epoch: string) {
    this.tag = epochTag(epoch);
  }

  /** Behind a message of the log. */
  behindMessage(sequence: number): string {
    return this.tag + sequence;
  }

  behindEvent({ sequence, event }: Point): string {
    if (sequence !== this.prefixSequence) {
      this.prefix = `${this.tag}${sequence}.`;
      this.prefixSequence = sequence;
    }
    return this.prefix + event;
  }
}

/** Reads a cursor; null if it is none. */
export function readCursor(text: string): Cursor | null {
  const [, tag, sequence, event] = shape.exec(text) ?? [];
  if (tag === undefined) return null;
  return {
    tag,
    sequence: Number(sequence),
    event: event === undefined ? null : Number(event),
  };
}
