import type { LogError } from "openline";
import { Batch, type BatchLog, type Progress } from "./batch.ts";
import type { CommitListener, Tables } from "./environment.ts";
import { closed, failed, fromCode, full, takenOver } from "./errors.ts";
import type { Room } from "./room.ts";

/** What a writer needs of an environment. */
export interface Committer extends Tables {
  commit(write: () => void, listener: CommitListener): void;
  refresh(): void;
  /** True as long as nobody else has taken the log over. */
  holdsFence(): boolean;
  /** True if the disk may not have so much left. */
  isShortOf(bytes: number): boolean;
  readonly usedBytes: number;
}

/**
 * A batch that has so much waits for no more. One transaction must not grow without bounds, and
 * past a thousand messages a flush costs next to nothing each.
 */
const MAX_BATCH_SIZE = 16_384;
const MAX_BATCH_BYTES = 16_777_216;

/**
 * While one batch is flushed another is written, if somebody waits for that alone; otherwise it
 * gathers until the flush is done, which makes fewer and larger ones (324,000 in place of 240,000
 * messages/s). More than two would only wait in LMDB's threads, which are Node's.
 */
const MAX_UNFLUSHED = 2;

const reached: Readonly<Record<Progress, number>> = {
  failed: -1,
  gathering: 0,
  sealed: 1,
  writing: 1,
  committed: 2,
  flushed: 3,
};

/**
 * Gathers what is to be stored while what was gathered before is being stored (group commit), and
 * says when.
 *
 * It is the only one that writes, so that all that is decided here, offsets and sequences above all,
 * is decided in memory and at once.
 */
export class Writer {
  /** Why nothing more is taken. */
  refusal: LogError | null = null;
  /** The logs that are open. */
  readonly logs: Set<BatchLog> = new Set();
  onFailure: ((error: LogError) => void) | null = null;
  /** Called when batches failed, but later ones may succeed. */
  onRestore: (() => void) | null = null;
  /** Called when a batch can be read. */
  onCommitted: ((batch: Batch) => void) | null = null;
  private readonly tables: Committer;
  /** Those that are not flushed, oldest first; the last one is gathering, if any is. */
  private batches: Batch[] = [];
  private isHandScheduled = false;
  /** It has failed. */
  private isOver = false;
  private whenIdle: (() => void)[] = [];
  private cachedUsedBytes: number | null = null;

  constructor(tables: Committer) {
    this.tables = tables;
  }

  /** Where to put what is to be stored next. It is handed over when this turn has ended. */
  get gathering(): Batch {
    const last = this.batches.at(-1);
    if (last?.progress === "gathering") {
      if (last.size < MAX_BATCH_SIZE && last.bytes < MAX_BATCH_BYTES) return last;
      last.seal(this.tables);
    }
    const batch = new Batch();
    this.batches.push(batch);
    this.scheduleHand();
    return batch;
  }

  /** Somebody waits for the commit of what is being gathered, and not for its flush. */
  urge(gathering: Batch): void {
    if (gathering.isUrgent) return;
    gathering.isUrgent = true;
    this.scheduleHand();
  }

  /** Bytes in use, with what is on its way there. */
  get usedBytes(): number {
    this.cachedUsedBytes ??= this.tables.usedBytes;
    let bytes = this.cachedUsedBytes;
    for (const batch of this.batches) {
      if (reached[batch.progress] < reached.committed) bytes += batch.bytes;
    }
    return bytes;
  }

  /** Nothing more will be stored, for another reason than that it was closed. */
  get hasFailed(): boolean {
    return this.isOver;
  }

  /** Resolves when what the gathering batch holds by then is stored. */
  store(needsFlush: boolean): Promise<void> {
    if (this.refusal !== null) return Promise.reject(this.refusal);
    const batch = this.gathering;
    if (!needsFlush) this.urge(batch);
    return new Promise((resolve, reject) => {
      batch.waiting.push({ needsFlush, settle: resolve, reject });
    });
  }

  /** Resolves when nothing is on its way, stored or not. */
  idle(): Promise<void> {
    if (this.batches.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.whenIdle.push(resolve));
  }

  /** Refuses everything new; what has been taken is stored. */
  close(): void {
    this.refusal ??= closed(this.tables.path);
  }

  private scheduleHand(): void {
    if (this.isHandScheduled) return;
    this.isHandScheduled = true;
    // What else has come in with this turn's reads goes along.
    setImmediate(() => {
      this.isHandScheduled = false;
      this.hand();
    });
  }

  /** Hands the next batch to LMDB, if it can take one. */
  private hand(): void {
    const index = this.batches.findIndex(
      ({ progress }) => progress === "gathering" || progress === "sealed",
    );
    const next = this.batches[index];
    if (next === undefined || index >= MAX_UNFLUSHED) return;
    if (this.batches[index - 1]?.progress === "writing") return;
    if (index > 0 && (next.isEmpty || !next.isUrgent)) return;
    if (next.progress === "gathering") next.seal(this.tables);
    if (next.isEmpty) {
      // Only known messages came again, and all that was stored before is on the disk.
      next.progress = "committed";
      this.settle(next, false);
      this.flushed(next);
      return;
    }
    next.progress = "writing";
    // LMDB is not let find out by itself: where a write fails, 3.5.6 notes it in memory that is too
    // short for it, and the process may abort.
    if (this.tables.isShortOf(mostBytesOf(next))) {
      this.restore(next, full(this.tables.path));
      return;
    }
    try {
      this.tables.commit(() => next.write(), {
        committed: () => this.committed(next),
        flushed: () => this.flushed(next),
        failed: (code) => this.failed(next, code),
      });
    } catch (error) {
      this.fail(failed(this.tables.path, String(error), error));
    }
  }

  private committed(batch: Batch): void {
    if (this.isOver) return;
    this.tables.refresh();
    if (!this.tables.holdsFence()) {
      this.fail(takenOver(this.tables.path));
      return;
    }
    batch.progress = "committed";
    this.cachedUsedBytes = null;
    for (const rooms of batch.changed.values()) for (const room of rooms) room.batches -= 1;
    this.onCommitted?.(batch);
    this.settle(batch, false);
    this.hand();
  }

  private flushed(batch: Batch): void {
    if (this.isOver) return;
    // A flush takes all with it that was committed before.
    const upTo = this.batches.indexOf(batch) + 1;
    const done = this.batches.splice(0, upTo);
    for (const each of done) each.progress = "flushed";
    for (const each of done) this.settle(each, true);
    this.hand();
    if (this.batches.length === 0) for (const resolve of this.whenIdle.splice(0)) resolve();
  }

  private settle(batch: Batch, isFlushed: boolean): void {
    for (const log of this.logs) log.drain();
    for (const each of batch.waiting) if (each.needsFlush === isFlushed) each.settle();
  }

  private failed(batch: Batch, code: number): void {
    if (this.isOver) return;
    const { path } = this.tables;
    const error = fromCode(code, path);
    if (batch.progress !== "writing") {
      // Others can read it, and build upon it, but it cannot be flushed.
      this.fail(error.isTemporary ? failed(path, error.message, error) : error);
    } else if (error.isTemporary) this.restore(batch, error);
    // LMDB calls it an error of the disk when it took only a part, which a full one does first.
    else if (this.tables.isShortOf(mostBytesOf(batch))) this.restore(batch, full(path, error));
    else this.fail(error);
  }

  /** Undoes a batch that LMDB has refused, with all that were built upon it. */
  private restore(first: Batch, error: LogError): void {
    const undone = this.batches.splice(this.batches.indexOf(first));
    this.tables.refresh();
    const changed = new Map<BatchLog, Set<Room>>();
    for (const batch of undone) {
      batch.progress = "failed";
      for (const [log, rooms] of batch.changed) {
        const all = changed.get(log) ?? new Set();
        changed.set(log, all);
        for (const room of rooms) {
          room.batches -= 1;
          all.add(room);
        }
      }
    }
    for (const log of this.logs) log.reject(error, false);
    for (const [log, rooms] of changed) log.restore(rooms);
    this.onRestore?.();
    for (const { waiting } of undone) for (const each of waiting) each.reject(error);
    if (this.batches.length === 0) for (const resolve of this.whenIdle.splice(0)) resolve();
    else this.hand();
  }

  /** Nothing is stored any more, and nothing acknowledged. */
  private fail(error: LogError): void {
    if (this.isOver) return;
    this.refusal = error;
    this.isOver = true;
    const batches = this.batches.splice(0);
    for (const batch of batches) batch.progress = "failed";
    for (const log of this.logs) log.reject(error, true);
    for (const { waiting } of batches) for (const each of waiting) each.reject(error);
    for (const resolve of this.whenIdle.splice(0)) resolve();
    this.onFailure?.(error);
  }
}

/** What a batch may need of the disk: each entry a page on each level of a tree of its own. */
function mostBytesOf({ size, bytes }: Batch): number {
  return bytes + size * PAGE_BYTES * TREE_DEPTH + SPARE_BYTES;
}

const PAGE_BYTES = 4096;
const TREE_DEPTH = 3;
const SPARE_BYTES = 1_048_576;

/** True if a batch has come as far as something needs. */
export function isReached(batch: Batch | null, needsFlush: boolean): boolean {
  if (batch === null) return true;
  return reached[batch.progress] >= (needsFlush ? reached.flushed : reached.committed);
}
