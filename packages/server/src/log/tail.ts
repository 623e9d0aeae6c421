import type { LogEntry } from "./log.ts";

/** Tells listeners of entries in their order, even if a listener appends more. */
export class Tail {
  /** The newest sequence that was told. */
  head: number;
  private readonly listeners = new Set<(entries: readonly LogEntry[]) => void>();
  private readonly waiting: (readonly LogEntry[])[] = [];
  private isTelling = false;

  constructor(head = 0) {
    this.head = head;
  }

  add(listener: (entries: readonly LogEntry[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(entries: readonly LogEntry[]): void {
    this.waiting.push(entries);
    if (this.isTelling) return;
    this.isTelling = true;
    try {
      for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
        this.head = next.at(-1)?.sequence ?? this.head;
        for (const listener of this.listeners) listener(next);
      }
    } finally {
      this.isTelling = false;
    }
  }
}
