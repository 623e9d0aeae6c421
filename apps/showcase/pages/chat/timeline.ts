import type { ChatMessage } from "../../protocol/chat.ts";

/** What a message means for a page that follows a room. */
export type Arrival = "next" | "known" | "gap";

/** How far this page has read a room: which messages are new, which came before. */
export class Timeline {
  private epoch: string | undefined;
  private last = 0;
  /** Ids of what is shown: the server's numbers start anew when it does, ids do not. */
  private readonly ids = new Set<string>();

  /** What to ask for when joining: undefined for everything that is kept. */
  get position(): { epoch: string; after: number } | undefined {
    return this.epoch === undefined ? undefined : { epoch: this.epoch, after: this.last };
  }

  get lastSeq(): number {
    return this.last;
  }

  /** Begins or resumes; true if this is another run of the server than the one before. */
  resume(epoch: string): boolean {
    const isOther = this.epoch !== undefined && this.epoch !== epoch;
    if (this.epoch !== epoch) this.last = 0;
    this.epoch = epoch;
    return isOther;
  }

  /** Takes what the server gave on joining: all of it is the next part, whatever its numbers. */
  takeMissed(messages: readonly ChatMessage[]): ChatMessage[] {
    const fresh = messages.filter((message) => !this.ids.has(message.id));
    for (const message of messages) this.note(message);
    return fresh;
  }

  /** Takes one message; nothing changes unless it is the next. */
  take(message: ChatMessage): Arrival {
    if (this.epoch === undefined) return "gap";
    if (message.seq <= this.last || this.ids.has(message.id)) return "known";
    if (message.seq !== this.last + 1) return "gap";
    this.note(message);
    return "next";
  }

  private note(message: ChatMessage): void {
    this.last = Math.max(this.last, message.seq);
    this.ids.add(message.id);
  }
}
