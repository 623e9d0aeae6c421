import {
  type Appended,
  type Durability,
  type Epoch,
  type Log,
  type LogEntry,
  LogError,
  type LogErrorCode,
  type NewEntry,
  type ReadRange,
  type Retention,
  type RoomState,
  type SessionStore,
} from "openline";
import type { Disk } from "./disk.ts";

/** What the store of a log knows. */
export interface StoreState {
  /** Why nothing can be stored; null if it can. */
  readonly trouble: LogErrorCode | null;
  /** The process is dead: nothing is ever answered. */
  readonly isDead: boolean;
}

interface Waiting {
  readonly entries: readonly LogEntry[];
  readonly answer: readonly Appended[];
  isDurable: boolean;
  readonly resolve: (appended: readonly Appended[]) => void;
  readonly reject: (error: Error) => void;
}

/** A namespace's log on a simulated disk, as one process has opened it. */
export class SimulatedLog implements Log {
  readonly epoch: string;
  readonly epochs: readonly Epoch[];
  readonly sessions: SessionStore;
  head: number;
  private readonly disk: Disk;
  private readonly store: StoreState;
  private readonly listeners = new Set<(entries: readonly LogEntry[]) => void>();
  /** Appends in the order in which they are told. */
  private queue: Waiting[] = [];

  constructor(disk: Disk, store: StoreState, epoch: string) {
    this.disk = disk;
    this.store = store;
    this.epoch = epoch;
    this.head = disk.submitted.sequence;
    this.epochs = [...disk.submitted.epochs];
    this.sessions = new SimulatedSessions(disk, store, (work) => this.read_(work));
  }

  append(entries: readonly NewEntry[], durability: Durability): Promise<readonly Appended[]> {
    return new Promise((resolve, reject) => {
      const { trouble, isDead } = this.store;
      if (isDead) return;
      if (trouble !== null) {
        this.disk.afterReading(() => this.unlessDead(() => reject(troubleError(trouble))));
        return;
      }
      const { added, answer } = this.place(entries);
      const waiting: Waiting = { entries: added, answer, isDurable: false, resolve, reject };
      this.queue.push(waiting);
      this.disk.submit({ kind: "append", entries: added }, durability, () => {
        waiting.isDurable = true;
        this.tell();
      });
    });
  }

  tail(listener: (entries: readonly LogEntry[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  read(room: string, range: ReadRange): Promise<readonly LogEntry[]> {
    return this.read_(() => this.disk.written.room(room).read(range));
  }

  readAfter(room: string, sequence: number, limit: number): Promise<readonly LogEntry[]> {
    return this.read_(() => this.disk.written.room(room).readAfter(sequence, limit));
  }

  describe(room: string): Promise<RoomState> {
    return this.read_(() => this.disk.written.room(room).state);
  }

  rooms(after: string, limit: number): Promise<readonly string[]> {
    return this.read_(() =>
      [...this.disk.written.rooms]
        .filter(([name, { entries }]) => name > after && entries.length > 0)
        .map(([name]) => name)
        .sort((a, b) => (a < b ? -1 : 1))
        .slice(0, limit),
    );
  }

  trim(room: string, retention: Retention, nowMs: number, limit: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const { trouble, isDead } = this.store;
      if (isDead) return;
      if (trouble !== null && trouble !== "OPENLINE_LOG_FULL") {
        reject(troubleError(trouble));
        return;
      }
      const image = this.disk.submitted.room(room);
      const count = Math.min(limit, image.countToTrim(retention, nowMs));
      const last = image.entries[count - 1];
      if (last === undefined) {
        resolve(0);
        return;
      }
      const done = (): void => this.unlessDead(() => resolve(count));
      this.disk.submit({ kind: "trim", room, offset: last.offset }, "process", done);
    });
  }

  /** Nobody is told any more: the disk has failed. */
  fail(error: Error): void {
    for (const { reject } of this.queue.splice(0)) reject(error);
  }

  private read_<Value>(work: () => Value): Promise<Value> {
    const { disk, store } = this;
    return new Promise((resolve, reject) => {
      // What is read may be what is there now, or what will be there when it arrives.
      const isEarly = disk.scheduler.random.chance(0.5);
      const early = isEarly ? work() : null;
      disk.afterReading(() =>
        this.unlessDead(() => {
          if (store.trouble === "OPENLINE_LOG_CLOSED") reject(troubleError(store.trouble));
          else resolve(isEarly ? (early as Value) : work());
        }),
      );
    });
  }

  private unlessDead(act: () => void): void {
    if (!this.store.isDead) act();
  }

  private place(entries: readonly NewEntry[]): { added: LogEntry[]; answer: Appended[] } {
    const { submitted } = this.disk;
    const added: LogEntry[] = [];
    const answer = entries.map((entry): Appended => {
      const { room, id } = entry;
      const known = id === null ? undefined : submitted.find(room, id);
      const twin = added.find((other) => id !== null && other.room === room && other.id === id);
      if (known !== undefined) return known;
      if (twin !== undefined) {
        return { sequence: twin.sequence, offset: twin.offset, isDuplicate: true };
      }
      const before = added.filter((other) => other.room === room).length;
      const sequence = submitted.sequence + added.length + 1;
      const offset = submitted.room(room).lastOffset + before + 1;
      added.push({ ...entry, sequence, offset });
      return { sequence, offset, isDuplicate: false };
    });
    return { added, answer };
  }

  private tell(): void {
    if (this.store.isDead || this.store.trouble === "OPENLINE_LOG_FAILED") return;
    while (this.queue[0]?.isDurable === true) {
      const { entries, answer, resolve } = this.queue.shift() as Waiting; // it is there
      const last = entries.at(-1);
      if (last !== undefined) {
        this.head = last.sequence;
        for (const listener of this.listeners) listener(entries);
      }
      resolve(answer);
    }
  }
}

class SimulatedSessions implements SessionStore {
  private readonly disk: Disk;
  private readonly store: StoreState;
  private readonly read: <Value>(work: () => Value) => Promise<Value>;

  constructor(disk: Disk, store: StoreState, read: <Value>(work: () => Value) => Promise<Value>) {
    this.disk = disk;
    this.store = store;
    this.read = read;
  }

  put(key: string, given: Uint8Array, expiresMs: number, durability: Durability): Promise<void> {
    const record = Uint8Array.from(given);
    return new Promise((resolve, reject) => {
      const { trouble, isDead } = this.store;
      if (isDead) return;
      if (trouble !== null) {
        this.disk.afterReading(() => this.unlessDead(() => reject(troubleError(trouble))));
        return;
      }
      this.disk.submit({ kind: "put", key, record, expiresMs }, durability, () => {
        // Not all that is stored together is answered together.
        this.disk.afterReading(() =>
          this.unlessDead(() => {
            if (this.store.trouble === "OPENLINE_LOG_FAILED")
              reject(troubleError(this.store.trouble));
            else resolve();
          }),
        );
      });
    });
  }

  get(key: string, nowMs: number): Promise<Uint8Array | null> {
    return this.read(() => {
      const found = this.disk.written.sessions.get(key);
      return found === undefined || found.expiresMs <= nowMs ? null : found.record;
    });
  }

  delete(key: string): Promise<void> {
    return this.remove([key]);
  }

  async sweep(nowMs: number, limit: number): Promise<number> {
    const keys = [...this.disk.submitted.sessions]
      .filter(([, { expiresMs }]) => expiresMs <= nowMs)
      .map(([key]) => key)
      .slice(0, limit);
    if (keys.length > 0) await this.remove(keys);
    return keys.length;
  }

  private remove(keys: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const { trouble, isDead } = this.store;
      if (isDead) return;
      if (trouble !== null && trouble !== "OPENLINE_LOG_FULL") {
        reject(troubleError(trouble));
        return;
      }
      this.disk.submit({ kind: "delete", keys }, "process", () => this.unlessDead(resolve));
    });
  }

  private unlessDead(act: () => void): void {
    if (!this.store.isDead) act();
  }
}

const messages: Partial<Record<LogErrorCode, string>> = {
  OPENLINE_LOG_FULL: "The simulated disk is full",
  OPENLINE_LOG_FAILED: "The simulated disk has failed",
  OPENLINE_LOG_CLOSED: "The log is closed",
};

export function troubleError(code: LogErrorCode): LogError {
  return new LogError(code, messages[code] ?? code);
}
