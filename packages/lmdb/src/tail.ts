import type { LogEntry } from "openline";

type Listener = (entries: readonly LogEntry[]) => void;

/** Tells listeners of entries in their order, even if a listener appends more. */
export class Tail {
  /** The newest sequence that was told. */
  head: number;
  private readonly listeners = new Set<Listener>();
  private readonly waiting: (readonly LogEntry[])[] = [];
  private isTelling = false;

  constructor(head: number) {
    this.head = head;
  }

  add(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(entries: readonly LogEntry[]): void {
    this.waiting.push(entries);
    if (this.isTelling) return;
    this.isTelling = true;
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      this.head = next.at(-1)?.sequence ?? this.head;
      for (const listener of this.listeners) call(listener, next);
    }
    this.isTelling = false;
  }
}

/** A listener that throws has a bug, which must be heard of; but the log goes on. */
function call(listener: Listener, entries: readonly LogEntry[]): void {
  try {
    listener(entries);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
