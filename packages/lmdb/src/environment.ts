import { existsSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { type Database, open, type RootDatabase } from "lmdb";
import { closed, corrupt, fromThrown } from "./errors.ts";

/** A table of bytes by bytes. */
export type Table = Database<Buffer, Buffer>;

/** What becomes of a transaction: `failed` at any time, or `committed` and then `flushed`. */
export interface CommitListener {
  /** Every read sees it, and it survives the death of the process. */
  committed(): void;
  /** It is on the disk, with all that were committed before it. */
  flushed(): void;
  /** @param code LMDB's, or the system's */
  failed(code: number): void;
}

/** The tables of a log. */
export interface Tables {
  readonly path: string;
  readonly meta: Table;
  readonly rooms: Table;
  readonly entries: Table;
  /** Two generations. */
  readonly ids: readonly [Table, Table];
  readonly sessions: Table;
  readonly expiries: Table;
  guard<T>(act: () => T | Promise<T>): Promise<T>;
}

const statusCommitted = 1;
const statusDone = 0;

/** What `lmdb` does not declare: the native environment below a database. */
interface Native {
  startWriting(address: number, callback: (status: number) => unknown): void;
}

interface WithNative {
  readonly env: Native;
}

interface Stats {
  /** Of the whole environment. */
  readonly lastPageNumber: number;
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

export interface EnvironmentOptions {
  readonly isReadOnly: boolean;
  /** Goes back to what was flushed last, whatever the page cache holds. */
  readonly isRestored: boolean;
}

/**
 * An LMDB environment with the tables of a log, and transactions that say when they are visible and
 * when they are on the disk.
 *
 * The promises of `lmdb` cannot tell these two apart: in 3.5 that of a write resolves with its flush.
 * The native callback below them can, and it has the code of an error, which the promises lose.
 * All is written by LMDB's thread; nothing here waits for a disk but reads of cold pages.
 */
export class Environment implements Tables {
  readonly path: string;
  readonly meta: Table;
  readonly rooms: Table;
  readonly entries: Table;
  readonly ids: readonly [Table, Table];
  readonly sessions: Table;
  readonly expiries: Table;
  private readonly root: RootDatabase<Buffer, Buffer>;
  /** Its one entry has the number of the opening that may write. */
  private readonly fence: Table;
  private opening = 0;
  private starting: CommitListener | null = null;
  private isClosed = false;

  /**
   * Opens what is in the folder `path`, or makes it.
   *
   * @throws LogError if it is not a log
   */
  constructor(path: string, { isReadOnly, isRestored }: EnvironmentOptions) {
    this.path = path;
    const kind = { encoding: "binary", keyEncoding: "binary" } as const;
    const table = (name: string): Table => {
      const found = this.root.openDB({ name, ...kind }) as Table | undefined;
      if (found === undefined) throw corrupt(path, `it has no table ${name}`);
      return found;
    };
    try {
      this.root = open({
        path,
        ...kind,
        readOnly: isReadOnly,
        // Transactions are handed over whole: nothing is gained by waiting for the turn's end.
        eventTurnBatching: false,
        batchStartThreshold: Number.MAX_SAFE_INTEGER,
        ...{ safeRestore: isRestored },
      } as Parameters<typeof open>[0] & { path: string }) as RootDatabase<Buffer, Buffer>;
    } catch (error) {
      throw fromThrown(error, path);
    }
    try {
      if (!isForUs(this.root)) throw corrupt(path, "it is a database of another program");
      this.meta = table("meta");
      this.rooms = table("rooms");
      this.entries = table("entries");
      this.ids = [table("ids-0"), table("ids-1")];
      this.sessions = table("sessions");
      this.expiries = table("expiries");
      this.fence = this.root.openDB({ name: "fence", ...kind, useVersions: true }) as Table;
    } catch (error) {
      void this.root.close();
      throw fromThrown(error, path);
    }
    if (!isReadOnly) this.intercept();
  }

  /** Makes this opening the one that may write: whoever could before cannot any more. */
  raiseFence(): void {
    this.fence.transactionSync(() => {
      this.opening = (this.fence.getEntry(fenceKey)?.version ?? 0) + 1;
      this.fence.putSync(fenceKey, fenceKey, this.opening);
    });
  }

  holdsFence(): boolean {
    return this.fence.getEntry(fenceKey)?.version === this.opening;
  }

  /**
   * Commits all that `write` puts and removes, or nothing; nothing, too, if the fence is another's.
   * One at a time until `committed`.
   */
  commit(write: () => void, listener: CommitListener): void {
    this.starting = listener;
    // Its outcome is told by the native callback.
    this.fence.ifVersion(fenceKey, this.opening, write).then(ignore, ignore);
  }

  /** Lets the next read see the newest commit. */
  refresh(): void {
    this.root.resetReadTxn();
  }

  isShortOf(bytes: number): boolean {
    const { bavail, bsize } = statfsSync(this.path);
    // Of the pages that are free within the file, some are still read or not yet flushed.
    return bavail * bsize < bytes && this.freeBytes < 2 * bytes;
  }

  /** Pages in use, in bytes; the file is never smaller, since it does not shrink. */
  get usedBytes(): number {
    const { meta, rooms, entries, ids, sessions, expiries } = this;
    let pages = 0;
    let pageSize = 0;
    for (const table of [meta, rooms, entries, ...ids, sessions, expiries]) {
      const stats = table.getStats() as Stats;
      pages += stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages;
      pageSize = stats.pageSize;
    }
    return pages * pageSize;
  }

  /** Pages of the file that are free, in bytes. */
  private get freeBytes(): number {
    const { lastPageNumber, pageSize } = this.meta.getStats() as Stats;
    return (lastPageNumber + 1) * pageSize - this.usedBytes;
  }

  /** Looks at all that is there. @throws LogError if some of it cannot be read */
  check(): void {
    const { meta, rooms, entries, ids, sessions, expiries } = this;
    try {
      for (const table of [meta, rooms, entries, ...ids, sessions, expiries]) {
        for (const { value } of table.getRange({})) if (value === undefined) break;
      }
    } catch (error) {
      throw fromThrown(error, this.path);
    }
  }

  /** What LMDB throws in `act`, as the error that it means. */
  async guard<T>(act: () => T | Promise<T>): Promise<T> {
    if (this.isClosed) throw closed(this.path);
    try {
      return await act();
    } catch (error) {
      throw this.isClosed ? closed(this.path) : fromThrown(error, this.path);
    }
  }

  /** Waits for what is being written. */
  close(): Promise<void> {
    this.isClosed = true;
    return this.root.close();
  }

  private intercept(): void {
    const native = (this.root as unknown as WithNative).env;
    const startWriting = native.startWriting;
    Object.defineProperty(native, "startWriting", {
      value: (address: number, callback: (status: number) => unknown): void => {
        const listener = this.starting;
        this.starting = null;
        if (listener === null) startWriting.call(native, address, callback);
        else startWriting.call(native, address, told(listener, callback));
      },
    });
  }
}

/** A callback of LMDB's that tells the listener, too. */
function told(
  listener: CommitListener,
  callback: (status: number) => unknown,
): (status: number) => unknown {
  let isCommitted = false;
  const commit = (): void => {
    if (!isCommitted) listener.committed();
    isCommitted = true;
  };
  return (status) => {
    if (status === statusCommitted) {
      const result = callback(status);
      commit();
      return result;
    }
    // It has seen errors in the transaction already, would print this one, and never end to wait.
    const result = callback(statusDone);
    if (status === statusDone) {
      commit();
      listener.flushed();
    } else listener.failed(status);
    return result;
  };
}

/** True if there is anything of LMDB's in the folder. */
export function hasData(path: string): boolean {
  return existsSync(join(path, dataFile));
}

/** What LMDB calls its file. */
export const dataFile = "data.mdb";

const fenceKey: Buffer = Buffer.from("opening");

/** True if it is empty, or has our tables. */
function isForUs(root: RootDatabase<Buffer, Buffer>): boolean {
  const names = [...root.getKeys({ limit: 20 })].map((key) => key.toString("latin1"));
  return names.length === 0 || names.some((name) => name.replace("\0", "") === "meta");
}

function ignore(): void {}
