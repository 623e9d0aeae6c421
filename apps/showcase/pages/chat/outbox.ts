import type { RoomName } from "../../protocol/chat.ts";

export interface PendingMessage {
  readonly id: string;
  readonly room: RoomName;
  readonly text: string;
}

/** Unanswered at once: more would only run into the server's limit. */
const maxInFlight = 4;

/**
 * What the user wrote and the server has not acknowledged, in order.
 *
 * After a new connection everything goes out again under its old id: the server takes each once.
 */
export class Outbox {
  private readonly pending = new Map<string, PendingMessage>();
  private readonly inFlight = new Set<string>();

  get size(): number {
    return this.pending.size;
  }

  has(id: string): boolean {
    return this.pending.has(id);
  }

  add(message: PendingMessage): void {
    this.pending.set(message.id, message);
  }

  /** The ones to send now; they count as in flight. */
  takeNext(): PendingMessage[] {
    const next: PendingMessage[] = [];
    for (const message of this.pending.values()) {
      if (this.inFlight.size >= maxInFlight) break;
      if (this.inFlight.has(message.id)) continue;
      this.inFlight.add(message.id);
      next.push(message);
    }
    return next;
  }

  /** The server has it (or will never take it). False if it was settled before. */
  settle(id: string): boolean {
    this.inFlight.delete(id);
    return this.pending.delete(id);
  }

  /** It was not taken now; `takeNext` gives it again. */
  putBack(id: string): void {
    this.inFlight.delete(id);
  }

  /** The line broke: nobody knows what arrived. */
  putAllBack(): void {
    this.inFlight.clear();
  }
}
