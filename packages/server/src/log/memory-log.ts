import { randomId } from "../http/session-ids.ts";
import type {
  Appended,
  Durability,
  Epoch,
  Log,
  LogEntry,
  LogStore,
  NewEntry,
  ReadRange,
  Retention,
  RoomState,
} from "./log.ts";
import { LogError } from "./log-error.ts";
import { MemoryRoom } from "./memory-room.ts";
import { MemorySessions } from "./memory-sessions.ts";
import { RecentIds } from "./recent-ids.ts";
import { roomKey } from "./room-name.ts";
import { LogTail } from "./tail.ts";

export interface MemoryLogOptions {
  /** Payloads of all namespaces together, in bytes; past it publishing is refused. Default 256 MiB. */
  readonly maxBytes?: number | undefined;
  /** How long ids are remembered at least, in milliseconds. Default 24 h. */
  readonly idRetentionMs?: number | undefined;
}

export const memoryLogDefaults = {
  maxBytes: 268_435_456,
  idRetentionMs: 86_400_000,
} as const;

/** Keeps logs in memory: all that a log promises, but for the survival of the process. */
export function memoryLog(options: MemoryLogOptions = {}): LogStore {
  return new MemoryLogStore(options);
}

/** Bytes that all logs of a store share. */
class Budget {
  usedBytes = 0;
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }
}

class MemoryLogStore implements LogStore {
  readonly durability: Durability = "process";
  readonly isPersistent = false;
  onFailure: ((error: Error) => void) | null = null;
  private readonly logs = new Map<string, MemoryLog>();
  private readonly budget: Budget;
  private readonly idRetentionMs: number;

  constructor(options: MemoryLogOptions) {
    this.budget = new Budget(options.maxBytes ?? memoryLogDefaults.maxBytes);
    this.idRetentionMs = options.idRetentionMs ?? memoryLogDefaults.idRetentionMs;
  }

  open(namespace: string): Promise<Log> {
    let log = this.logs.get(namespace);
    if (log === undefined) {
      log = new MemoryLog(this.budget, this.idRetentionMs);
      this.logs.set(namespace, log);
    }
    return Promise.resolve(log);
  }

  close(): Promise<void> {
    for (const log of this.logs.values()) log.isClosed = true;
    return Promise.resolve();
  }
}

class MemoryLog implements Log {
  readonly epoch: string = randomId();
  readonly epochs: readonly Epoch[] = [{ id: this.epoch, after: 0 }];
  readonly sessions: MemorySessions = new MemorySessions();
  isClosed = false;
  private sequence = 0;
  private readonly tailing = new LogTail();
  private readonly byName = new Map<string, MemoryRoom>();
  private readonly ids: RecentIds<Appended>;
  private readonly budget: Budget;

  constructor(budget: Budget, idRetentionMs: number) {
    this.budget = budget;
    this.ids = new RecentIds(idRetentionMs);
  }

  get head(): number {
    return this.tailing.head;
  }

  append(entries: readonly NewEntry[]): Promise<readonly Appended[]> {
    try {
      this.admit(entries);
    } catch (error) {
      return Promise.reject(error);
    }
    const logged: LogEntry[] = [];
    const appended = entries.map((entry) => this.add(entry, logged));
    if (logged.length > 0) this.tailing.tell(logged);
    return Promise.resolve(appended);
  }

  tail(listener: (entries: readonly LogEntry[]) => void): () => void {
    return this.tailing.add(listener);
  }

  read(room: string, range: ReadRange): Promise<readonly LogEntry[]> {
    return Promise.resolve(this.byName.get(room)?.read(range) ?? []);
  }

  readAfter(room: string, sequence: number, limit: number): Promise<readonly LogEntry[]> {
    return Promise.resolve(this.byName.get(room)?.readAfter(sequence, limit) ?? []);
  }

  describe(room: string): Promise<RoomState> {
    return Promise.resolve((this.byName.get(room) ?? new MemoryRoom()).state);
  }

  rooms(after: string, limit: number): Promise<readonly string[]> {
    const names: string[] = [];
    for (const [name, { state }] of this.byName) {
      if (name > after && state.firstOffset <= state.lastOffset) names.push(name);
    }
    return Promise.resolve(names.sort(byCodeUnits).slice(0, limit));
  }

  trim(room: string, retention: Retention, nowMs: number, limit: number): Promise<number> {
    const found = this.byName.get(room);
    if (found === undefined) return Promise.resolve(0);
    const before = found.state.bytes;
    const count = found.trim(retention, nowMs, limit);
    this.budget.usedBytes -= before - found.state.bytes;
    return Promise.resolve(count);
  }

  private admit(entries: readonly NewEntry[]): void {
    if (this.isClosed) throw new LogError("OPENLINE_LOG_CLOSED", "The log is closed");
    const bytes = entries.reduce((sum, { payload }) => sum + payload.length, 0);
    const { usedBytes, maxBytes } = this.budget;
    if (usedBytes + bytes <= maxBytes) return;
    throw new LogError(
      "OPENLINE_LOG_FULL",
      `The log in memory holds ${usedBytes} of at most ${maxBytes} bytes: let rooms keep less ` +
        "(`history`), raise `maxBytes` of memoryLog(), or keep the log on a disk (@openline/lmdb)",
    );
  }

  private add(entry: NewEntry, logged: LogEntry[]): Appended {
    const { room, id, payload } = entry;
    const known = id === null ? undefined : this.ids.get(roomKey(room, id));
    if (known !== undefined) return { ...known, isDuplicate: true };
    let found = this.byName.get(room);
    if (found === undefined) {
      found = new MemoryRoom();
      this.byName.set(room, found);
    }
    this.sequence += 1;
    const kept = found.add(entry, this.sequence);
    this.budget.usedBytes += payload.length;
    logged.push(kept);
    const appended = { sequence: kept.sequence, offset: kept.offset, isDuplicate: false };
    if (id !== null) this.ids.set(roomKey(room, id), appended, entry.timeMs);
    return appended;
  }
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
