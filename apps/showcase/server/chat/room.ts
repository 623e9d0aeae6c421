import { type ChatMessage, chatLimits, type RoomName } from "../../protocol/chat.ts";

/** What somebody gets who joins. */
export interface Missed {
  readonly messages: readonly ChatMessage[];
  /** Whether some between `after` and the first of `messages` are no longer kept. */
  readonly hasGap: boolean;
}

/** One room's messages: numbered without gaps, the last ones kept. */
export class Room {
  readonly name: RoomName;
  private readonly kept: ChatMessage[] = [];
  private last = 0;

  constructor(name: RoomName) {
    this.name = name;
  }

  /** The number of the last message; 0 before the first. */
  get lastSeq(): number {
    return this.last;
  }

  append(message: Omit<ChatMessage, "room" | "seq">): ChatMessage {
    this.last += 1;
    const numbered: ChatMessage = { room: this.name, seq: this.last, ...message };
    this.kept.push(numbered);
    if (this.kept.length > chatLimits.historyMessages) this.kept.shift();
    return numbered;
  }

  /** What came after the message numbered `after`; undefined means that nothing is known yet. */
  since(after: number | undefined): Missed {
    if (after === undefined) return { messages: this.kept, hasGap: false };
    // A number from the future is a page's mistake: it gets what is kept.
    if (after > this.last) return { messages: this.kept, hasGap: false };
    const firstKept = this.last - this.kept.length + 1;
    const skipped = Math.max(0, after + 1 - firstKept);
    return { messages: this.kept.slice(skipped), hasGap: after + 1 < firstKept };
  }
}
