import type {
  Appended,
  Durability,
  Log,
  LogEntry,
  LogStore,
  NewEntry,
  ReadRange,
  Retention,
} from "openline";
import type { PlantName } from "./control.ts";

/** Often enough for a process that is killed every few seconds, and counts anew. */
const oneIn = 25;
const oneSessionIn = 10;
const earlyMs = 200;

/** The store, with a bug in it; the same one if there is none to be planted. */
export function plantBug(store: LogStore, plant: PlantName | null): LogStore {
  return plant === null ? store : new PlantedStore(store, plant);
}

class PlantedStore implements LogStore {
  readonly durability: Durability;
  readonly isPersistent: boolean;
  private readonly store: LogStore;
  private readonly plant: PlantName;
  private readonly logs: Map<string, Promise<Log>> = new Map();

  constructor(store: LogStore, plant: PlantName) {
    this.durability = store.durability;
    this.isPersistent = store.isPersistent;
    this.store = store;
    this.plant = plant;
  }

  get onFailure(): LogStore["onFailure"] {
    return this.store.onFailure;
  }

  set onFailure(listener: LogStore["onFailure"]) {
    this.store.onFailure = listener;
  }

  open(namespace: string): Promise<Log> {
    let log = this.logs.get(namespace);
    if (log === undefined) {
      log = this.store.open(namespace).then((opened) => new PlantedLog(opened, this.plant));
      this.logs.set(namespace, log);
    }
    return log;
  }

  close(): Promise<void> {
    return this.store.close();
  }
}

/** Does what a log must not do, now and then. */
class PlantedLog implements Log {
  private readonly log: Log;
  private readonly plant: PlantName;
  private count = 0;
  private heldBack: LogEntry | null = null;
  /** What was promised, and is not yet appended. */
  private readonly promised: Map<string, number> = new Map();

  constructor(log: Log, plant: PlantName) {
    this.log = log;
    this.plant = plant;
  }

  get epoch(): Log["epoch"] {
    return this.log.epoch;
  }

  get epochs(): Log["epochs"] {
    return this.log.epochs;
  }

  get head(): number {
    return this.log.head;
  }

  get sessions(): Log["sessions"] {
    const { sessions } = this.log;
    if (this.plant !== "false-gap") return sessions;
    return {
      put: (...args) => sessions.put(...args),
      get: (...args) => (this.isTurn(oneSessionIn) ? Promise.resolve(null) : sessions.get(...args)),
      delete: (key) => sessions.delete(key),
      sweep: (...args) => sessions.sweep(...args),
    };
  }

  async append(entries: readonly NewEntry[], durability: Durability): Promise<readonly Appended[]> {
    if (this.plant === "early-acknowledgement") return this.appendLater(entries, durability);
    const appended = await this.log.append(entries, durability);
    if (this.plant !== "reused-offset" || !this.isTurn(oneIn)) return appended;
    return appended.map((each) => ({ ...each, offset: Math.max(1, each.offset - 1) }));
  }

  tail(listener: (entries: readonly LogEntry[]) => void): () => void {
    return this.log.tail((entries) => listener(this.changed(entries)));
  }

  read(room: string, range: ReadRange): Promise<readonly LogEntry[]> {
    return this.log.read(room, range);
  }

  readAfter(room: string, sequence: number, limit: number): Promise<readonly LogEntry[]> {
    return this.log.readAfter(room, sequence, limit);
  }

  describe(room: string): ReturnType<Log["describe"]> {
    return this.log.describe(room);
  }

  rooms(after: string, limit: number): Promise<readonly string[]> {
    return this.log.rooms(after, limit);
  }

  trim(room: string, retention: Retention, nowMs: number, limit: number): Promise<number> {
    return this.log.trim(room, retention, nowMs, limit);
  }

  private isTurn(every: number): boolean {
    this.count += 1;
    return this.count % every === 0;
  }

  private changed(entries: readonly LogEntry[]): readonly LogEntry[] {
    switch (this.plant) {
      case "drop":
        return entries.filter(() => !this.isTurn(oneIn));
      case "duplicate":
        return entries.flatMap((entry) => (this.isTurn(oneIn) ? [entry, entry] : [entry]));
      case "swap":
        return entries.flatMap((entry) => this.swapped(entry));
      default:
        return entries;
    }
  }

  /** Keeps one back until the room's next has gone. */
  private swapped(entry: LogEntry): readonly LogEntry[] {
    const { heldBack } = this;
    if (heldBack?.room === entry.room) {
      this.heldBack = null;
      return [entry, heldBack];
    }
    if (heldBack !== null || !this.isTurn(oneIn)) return [entry];
    this.heldBack = entry;
    return [];
  }

  /** Answers at once what would come of it if all went well. */
  private async appendLater(
    entries: readonly NewEntry[],
    durability: Durability,
  ): Promise<readonly Appended[]> {
    const answers: Appended[] = [];
    for (const { room } of entries) {
      const known = this.promised.get(room) ?? (await this.log.describe(room)).lastOffset;
      this.promised.set(room, known + 1);
      answers.push({ sequence: this.log.head + 1, offset: known + 1, isDuplicate: false });
    }
    setTimeout(() => void this.log.append(entries, durability), earlyMs);
    return answers;
  }
}
