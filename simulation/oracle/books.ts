import type { LogEntry } from "openline";
import type { Disk } from "../disk/disk.ts";
import { demand, numberOf } from "./facts.ts";

/** What one opening of the log held. */
interface Book {
  readonly epoch: string;
  /** The process that opened it, counted from 1. */
  readonly process: number;
  /** What it held when it was closed; null while it is open. */
  closed: readonly LogEntry[] | null;
  /** The newest sequence that was told of. */
  readonly head: () => number;
}

/** A power failure that cost messages. */
export interface Loss {
  /** The newest sequence that was left. */
  readonly head: number;
  readonly order: number;
}

const TAG_LENGTH = 8;

/** What the log holds, and has held: each opening that clients may still speak of. */
export class Books {
  readonly losses: Loss[] = [];
  private readonly disk: Disk;
  private readonly books: Book[] = [];
  /** The newest message that was trimmed from a room, even if a crash has brought it back. */
  private readonly trimmed = new Map<string, number>();

  constructor(disk: Disk) {
    this.disk = disk;
  }

  /** All messages that are safe at least from the death of the process. */
  get history(): readonly LogEntry[] {
    return this.disk.written.history;
  }

  open(epoch: string, process: number, head: () => number): void {
    this.books.push({ epoch, process, head, closed: null });
  }

  /** What is told of the log before it crashes. */
  beforeCrash(): void {
    const { rooms } = this.disk.written;
    for (const room of rooms.keys()) this.trimmed.set(room, this.trimmedUpTo(room));
    for (const book of this.books) {
      book.closed ??= this.disk.submitted.history.slice(0, book.head());
    }
  }

  afterPowerFailure(order: number): void {
    this.losses.push({ head: this.history.length, order });
  }

  trimmedUpTo(room: string): number {
    return Math.max(this.trimmed.get(room) ?? 0, this.disk.written.room(room).trimmedSequence);
  }

  /** The messages of the opening that wrote a cursor; it must have told of that sequence. */
  behind(cursor: { readonly tag: string; readonly sequence: number }): readonly LogEntry[] {
    const book = this.books.find(({ epoch }) => epoch.slice(0, TAG_LENGTH) === cursor.tag);
    demand(book !== undefined, () => `a cursor of an unknown epoch: ${cursor.tag}`);
    const entries = book.closed ?? this.history;
    const head = book.closed?.length ?? book.head();
    demand(
      cursor.sequence <= head,
      () => `a cursor at ${cursor.sequence}, when the log had told up to ${head}`,
    );
    return entries;
  }

  /** Where an opening put a message. */
  at(epoch: string, room: string, offset: number): LogEntry | undefined {
    const book = this.books.find((each) => each.epoch === epoch);
    demand(book !== undefined, () => `a position in an unknown epoch: ${epoch}`);
    const entries = book.closed ?? this.disk.submitted.history;
    return entries.find((entry) => entry.room === room && entry.offset === offset);
  }

  /** Whether a message is still where it was said to be. */
  holds({ sequence, offset }: LogEntry, n: number): boolean {
    const found = this.history[sequence - 1];
    return found !== undefined && found.offset === offset && numberOf(found) === n;
  }

  /** How many messages a room had up to a sequence. */
  offsetAt(room: string, sequence: number): number {
    let offset = 0;
    for (const entry of this.history) {
      if (entry.room === room && entry.sequence <= sequence) ({ offset } = entry);
    }
    return offset;
  }
}
