import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import type { Durability, Epoch, Log, LogStore } from "openline";
import type { Batch } from "./batch.ts";
import { checkDataFile } from "./data-file.ts";
import { EntryEncoder } from "./entry-codec.ts";
import { dataFile, Environment, hasData } from "./environment.ts";
import { corrupt, fromThrown, full, isNoSpace } from "./errors.ts";
import { LmdbLog } from "./lmdb-log.ts";
import {
  type Counters,
  checkFormat,
  encodeCounters,
  encodeEpochs,
  encodeFormat,
  encodeNamespace,
  readCounters,
  readEpochs,
  readNamespace,
  readSequence,
} from "./meta.ts";
import { type LmdbLogOptions, lmdbLogDefaults } from "./options.ts";
import { RecentIds } from "./recent-ids.ts";
import { RoomCache } from "./room-cache.ts";
import { Writer } from "./writer.ts";
import { WriterLock } from "./writer-lock.ts";

/** Left in the folder when a flush has failed: the page cache may hold what the disk does not. */
const UNSYNCED = "unsynced";
const EPOCH_BYTES = 16;
const MAX_NUMBER = 0xffff_ffff;

/**
 * Keeps logs in a folder, on LMDB.
 *
 * @throws LogError if another process writes there, or what is there is not a log
 */
export function lmdbLog(options: LmdbLogOptions): LogStore {
  return new LmdbStore(options);
}

class LmdbStore implements LogStore {
  readonly durability: Durability;
  readonly isPersistent = true;
  onFailure: ((error: Error) => void) | null = null;
  private readonly path: string;
  private readonly lock: WriterLock;
  private readonly tables: Environment;
  private readonly writer: Writer;
  private readonly ids: RecentIds;
  private readonly encoder: EntryEncoder = new EntryEncoder();
  private readonly maxSizeBytes: number;
  private readonly opening = new Map<string, Promise<LmdbLog>>();
  private readonly opened: LmdbLog[] = [];
  private counters: Counters;
  private closing: Promise<void> | null = null;

  constructor({ path, durability, maxSizeBytes, idRetentionMs }: LmdbLogOptions) {
    this.path = resolve(path);
    this.durability = durability ?? lmdbLogDefaults.durability;
    this.maxSizeBytes = maxSizeBytes ?? lmdbLogDefaults.maxSizeBytes;
    this.lock = takeFolder(this.path);
    try {
      this.tables = openTables(this.path);
    } catch (error) {
      this.lock.release();
      throw error;
    }
    this.writer = new Writer(this.tables);
    this.writer.onCommitted = (batch) => this.committed(batch);
    this.writer.onRestore = () => this.restore();
    this.writer.onFailure = (error) => this.failed(error);
    this.ids = new RecentIds(
      this.tables,
      idRetentionMs ?? lmdbLogDefaults.idRetentionMs,
      this.encoder,
    );
    this.counters = readCounters(this.tables);
  }

  open(namespace: string): Promise<Log> {
    let log = this.opening.get(namespace);
    if (log === undefined) {
      log = this.openLog(namespace);
      this.opening.set(namespace, log);
      log.catch(() => this.opening.delete(namespace));
    }
    return log;
  }

  close(): Promise<void> {
    this.closing ??= this.shut();
    return this.closing;
  }

  private async openLog(name: string): Promise<LmdbLog> {
    const { tables, writer } = this;
    if (writer.refusal !== null) throw writer.refusal;
    const batch = writer.gathering;
    const known = readNamespace(tables, name);
    const namespace = known ?? this.nextNumber("namespaces", batch);
    if (known === undefined) batch.putMeta(tables, encodeNamespace(name, namespace));
    const epoch: Epoch = {
      id: randomBytes(EPOCH_BYTES).toString("base64url"),
      after: readSequence(tables, namespace),
    };
    const epochs = [...readEpochs(tables, namespace), epoch];
    batch.putMeta(tables, encodeEpochs(namespace, epochs));
    // No cursor may name an epoch that a power failure could take away.
    await writer.store(true);
    const nextRoom = (using: Batch): number => this.nextNumber("rooms", using);
    const log = new LmdbLog(
      namespace,
      epochs,
      new RoomCache(tables, namespace, nextRoom),
      this.shared,
    );
    this.opened.push(log);
    writer.logs.add(log);
    return log;
  }

  private get shared(): ConstructorParameters<typeof LmdbLog>[3] {
    const { tables, writer, ids, encoder, maxSizeBytes } = this;
    return { tables, writer, ids, encoder, maxSizeBytes };
  }

  /** A number that nothing of this kind has. */
  private nextNumber(kind: keyof Counters, batch: Batch): number {
    const number = this.counters[kind] + 1;
    if (number > MAX_NUMBER) throw full(this.path);
    this.counters = { ...this.counters, [kind]: number };
    batch.putMeta(this.tables, encodeCounters(this.counters));
    return number;
  }

  private committed(batch: Batch): void {
    this.ids.committed(batch);
    for (const { sessions } of this.opened) sessions.committed(batch);
  }

  private restore(): void {
    this.ids.restore();
    for (const { sessions } of this.opened) sessions.restore();
  }

  private failed(error: Error): void {
    try {
      writeFileSync(join(this.path, UNSYNCED), "");
    } catch {
      // The disk may take nothing at all any more.
    }
    this.onFailure?.(error);
  }

  private async shut(): Promise<void> {
    this.writer.close();
    await this.writer.idle();
    // After a failure LMDB may wait for itself for ever; the lock then stays until the process ends.
    if (this.writer.hasFailed) return;
    await this.tables.close();
    this.lock.release();
  }
}

/** Opens or makes the tables of a log, and makes this process the one that writes to them. */
function openTables(path: string): Environment {
  const unsynced = join(path, UNSYNCED);
  const isRestored = existsSync(unsynced);
  if (!hasData(path)) createTables(path);
  const isSuspect = checkDataFile(path);
  const tables = new Environment(path, { isReadOnly: false, isRestored });
  try {
    if (!checkFormat(tables)) throw corrupt(path, "it is an empty database of LMDB");
    if (isSuspect) tables.check();
    tables.raiseFence();
    tables.refresh();
  } catch (error) {
    void tables.close();
    throw fromThrown(error, path);
  }
  rmSync(unsynced, { force: true });
  return tables;
}

/** Makes an empty log beside its place and moves it there: a crash leaves all of it, or nothing. */
function createTables(path: string): void {
  const beside = join(path, "new");
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(beside);
  const tables = new Environment(beside, { isReadOnly: false, isRestored: false });
  const { key, value } = encodeFormat();
  tables.meta.putSync(key, value);
  void tables.close();
  flush(join(beside, dataFile));
  renameSync(join(beside, dataFile), join(path, dataFile));
  rmSync(beside, { recursive: true, force: true });
  // Windows cannot flush folders, and need not.
  if (process.platform !== "win32") flush(path);
}

function flush(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** @throws LogError if there is no room for as much as a lock, or another writes there */
function takeFolder(path: string): WriterLock {
  try {
    mkdirSync(path, { recursive: true });
    return new WriterLock(path);
  } catch (error) {
    throw isNoSpace(error) ? full(path, error) : error;
  }
}
