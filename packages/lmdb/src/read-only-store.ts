import { resolve } from "node:path";
import type { Durability, Epoch, Log, LogEntry, LogStore, ReadRange, RoomState } from "openline";
import { checkDataFile } from "./data-file.ts";
import { EntryReader } from "./entry-reader.ts";
import { Environment, hasData } from "./environment.ts";
import { corrupt, readOnly } from "./errors.ts";
import { checkFormat, readEpochs, readNamespace, readSequence } from "./meta.ts";
import { emptyRoom, type Room } from "./room.ts";
import { listRooms, loadRoom } from "./room-table.ts";
import { WriterLock } from "./writer-lock.ts";

/**
 * Opens a log to look at, also while another process writes to it: each call sees what is stored by
 * then. Whatever would change it rejects with OPENLINE_LOG_READ_ONLY.
 *
 * @throws LogError if there is no log
 */
export async function openLmdbLog(path: string, _: { readonly readOnly: true }): Promise<LogStore> {
  const folder = resolve(path);
  if (!hasData(folder)) throw corrupt(folder, "there is none");
  await recover(folder);
  const tables = new Environment(folder, { isReadOnly: true, isRestored: false });
  try {
    if (!checkFormat(tables)) throw corrupt(folder, "it is empty");
  } catch (error) {
    await tables.close();
    throw error;
  }
  return new ReadOnlyStore(tables);
}

/**
 * Lets LMDB go back to what was flushed last, if the machine has stopped in between: it does so only
 * when it is opened to be written. A writer, if there is one, has seen to it already.
 */
async function recover(folder: string): Promise<void> {
  let lock: WriterLock;
  try {
    lock = new WriterLock(folder);
  } catch {
    return; // There is a writer, or the folder cannot be written.
  }
  try {
    checkDataFile(folder);
    await new Environment(folder, { isReadOnly: false, isRestored: false }).close();
  } finally {
    lock.release();
  }
}

class ReadOnlyStore implements LogStore {
  readonly durability: Durability = "disk";
  readonly isPersistent = true;
  onFailure: ((error: Error) => void) | null = null;
  private readonly tables: Environment;
  private readonly logs = new Map<string, ReadOnlyLog>();

  constructor(tables: Environment) {
    this.tables = tables;
  }

  async open(namespace: string): Promise<Log> {
    let log = this.logs.get(namespace);
    if (log === undefined) {
      log = new ReadOnlyLog(this.tables, namespace);
      this.logs.set(namespace, log);
    }
    return log;
  }

  close(): Promise<void> {
    return this.tables.close();
  }
}

class ReadOnlyLog implements Log {
  readonly sessions: Log["sessions"];
  private readonly tables: Environment;
  private readonly name: string;
  private readonly reader: EntryReader;

  constructor(tables: Environment, name: string) {
    this.tables = tables;
    this.name = name;
    this.reader = new EntryReader(tables);
    const refuse = this.refuse;
    this.sessions = { put: refuse, get: refuse, delete: refuse, sweep: refuse };
  }

  /** The writer's. Empty if nobody has opened it yet. */
  get epoch(): string {
    return this.epochs.at(-1)?.id ?? "";
  }

  get epochs(): readonly Epoch[] {
    this.tables.refresh();
    const { namespace } = this;
    return namespace === undefined ? [] : readEpochs(this.tables, namespace);
  }

  get head(): number {
    this.tables.refresh();
    const { namespace } = this;
    return namespace === undefined ? 0 : readSequence(this.tables, namespace);
  }

  readonly append = (): Promise<never> => this.refuse();

  readonly trim = (): Promise<never> => this.refuse();

  /** @throws LogError always: only the writer knows when something comes */
  tail(): never {
    throw readOnly(this.tables.path);
  }

  read(room: string, range: ReadRange): Promise<readonly LogEntry[]> {
    return this.look(() => {
      const found = this.find(room);
      return found === undefined ? [] : this.reader.readNow(found, range);
    });
  }

  readAfter(room: string, sequence: number, limit: number): Promise<readonly LogEntry[]> {
    return this.look(() => {
      const found = this.find(room);
      if (found === undefined) return [];
      return this.reader.readNow(found, { after: this.reader.lastUpTo(found, sequence), limit });
    });
  }

  describe(room: string): Promise<RoomState> {
    return this.look(() => this.find(room)?.state ?? emptyRoom);
  }

  rooms(after: string, limit: number): Promise<readonly string[]> {
    return this.look(() => {
      const { namespace } = this;
      return namespace === undefined ? [] : listRooms(this.tables, namespace, after, limit);
    });
  }

  /** Sees what is there now, all of it from one moment: `act` must not wait. */
  private look<T>(act: () => T): Promise<T> {
    return this.tables.guard(() => {
      this.tables.refresh();
      return act();
    });
  }

  private get namespace(): number | undefined {
    return readNamespace(this.tables, this.name);
  }

  private find(room: string): Room | undefined {
    const { namespace } = this;
    return namespace === undefined ? undefined : loadRoom(this.tables, namespace, room);
  }

  private readonly refuse = (): Promise<never> => Promise.reject(readOnly(this.tables.path));
}
