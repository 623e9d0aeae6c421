import type { Appended } from "openline";
import type { Batch } from "./batch.ts";
import type { EntryEncoder } from "./entry-codec.ts";
import type { Tables } from "./environment.ts";
import { idKey } from "./keys.ts";
import { encodeIdGenerations, type IdGenerations, readIdGenerations } from "./meta.ts";

const POSITION_BYTES = 16;

/**
 * Which ids rooms have seen, and where their messages stand: for at least `retentionMs` and at most
 * twice as long, in two generations of which the older is dropped whole.
 */
export class RecentIds {
  private readonly tables: Tables;
  private readonly retentionMs: number;
  private readonly encoder: EntryEncoder;
  private generations: IdGenerations;
  /** Those that no read can see yet. */
  private readonly pending = new Map<string, Appended>();

  constructor(tables: Tables, retentionMs: number, encoder: EntryEncoder) {
    this.tables = tables;
    this.retentionMs = retentionMs;
    this.encoder = encoder;
    this.generations = readIdGenerations(tables);
  }

  get(room: number, id: string): Appended | undefined {
    const pending = this.pending.get(pendingKey(room, id));
    if (pending !== undefined) return pending;
    const { current } = this.generations;
    const key = idKey(room, id);
    const { ids } = this.tables;
    const found = ids[current].getBinaryFast(key) ?? ids[other(current)].getBinaryFast(key);
    if (found === undefined) return undefined;
    const sequence = found.readDoubleLE(0);
    return { sequence, offset: found.readDoubleLE(8), isDuplicate: true };
  }

  set(room: number, id: string, appended: Appended, nowMs: number, batch: Batch): void {
    const { turnsMs } = this.generations;
    if (turnsMs === null || nowMs >= turnsMs) this.turn(nowMs, batch);
    const value = this.encoder.take(POSITION_BYTES);
    value.writeDoubleLE(appended.sequence, 0);
    value.writeDoubleLE(appended.offset, 8);
    batch.put(this.tables.ids[this.generations.current], idKey(room, id), value);
    const pending = pendingKey(room, id);
    this.pending.set(pending, appended);
    batch.ids.push(pending);
  }

  /** They can be read now. */
  committed({ ids }: Batch): void {
    for (const pending of ids) this.pending.delete(pending);
  }

  /** Goes back to what is stored. */
  restore(): void {
    this.pending.clear();
    this.generations = readIdGenerations(this.tables);
  }

  private turn(nowMs: number, batch: Batch): void {
    const { current, turnsMs } = this.generations;
    const next = other(current);
    batch.clear(this.tables.ids[next]);
    // After a long rest both are too old.
    const isRecent = turnsMs !== null && nowMs < turnsMs + this.retentionMs;
    if (!isRecent && turnsMs !== null) batch.clear(this.tables.ids[current]);
    this.generations = { current: next, turnsMs: nowMs + this.retentionMs };
    batch.putMeta(this.tables, encodeIdGenerations(this.generations));
  }
}

function pendingKey(room: number, id: string): string {
  return `${room}:${id}`;
}

function other(generation: 0 | 1): 0 | 1 {
  return generation === 0 ? 1 : 0;
}
