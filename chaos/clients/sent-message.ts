import type { Answer, Attempt, Content, Kept, Publish } from "../checker/history.ts";
import { nowMs } from "../clock.ts";

/** A message that is being sent, with all that has come of it. */
export class SentMessage implements Publish {
  readonly publisher: string;
  readonly sequence: number;
  readonly room: string;
  readonly id: string;
  readonly by: Publish["by"];
  readonly attempts: Attempt[] = [];
  declare readonly outbox?: Kept;

  constructor(
    { publisher, sequence, room, id }: Content,
    by: Publish["by"],
    outbox: Kept | null = null,
  ) {
    this.publisher = publisher;
    this.sequence = sequence;
    this.room = room;
    this.id = id;
    this.by = by;
    if (outbox !== null) this.outbox = outbox;
  }

  /** Begins an attempt; it counts as not answered until what is returned is called. */
  begin(connection: string): (answer: Answer) => void {
    const startMs = nowMs();
    const unanswered = {
      startMs,
      endMs: Number.POSITIVE_INFINITY,
      connection,
      answer: { kind: "unknown" },
    } as const;
    const index = this.attempts.push(unanswered) - 1;
    return (answer) => {
      this.attempts[index] = { startMs, endMs: nowMs(), connection, answer };
    };
  }
}
