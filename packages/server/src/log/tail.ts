import type { LogEntry } from "./log.ts";

type Listener = (entries: readonly LogEntry[]) => void;

/**
 * Whoever follows the end of a log, for those who write one: what {@link Log.tail} promises.
 *
 * Entries are told in their order, even if a listener appends more. A listener that throws is not
 * in the way of others: its error goes to the process, where uncaught errors are heard of.
 */
export class LogTail {
  /** The newest sequence that was told. */
  head: number;
  private readonly listeners = new Set<Listener>();
  private readonly waiting: (readonly LogEntry[])[] = [];
  private isTelling = false;

  /** The log's newest sequence, by default that of an empty one. */
  constructor(head = 0) {
    this.head = head;
  }

  /** Returns what takes the listener away. */
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
