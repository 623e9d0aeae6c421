import type { Durability, SessionStore } from "openline";
import type { Batch } from "./batch.ts";
import type { Tables } from "./environment.ts";
import { expiryKey, nameKey, sessionKeyOf, withNumber } from "./keys.ts";
import type { Writer } from "./writer.ts";

const EXPIRES_BYTES = 8;
const nothing: Buffer = Buffer.alloc(0);

/** What a session will be when all that is on its way is stored. */
interface Pending {
  /** Null: it was deleted. */
  readonly expiresMs: number | null;
  readonly batch: Batch;
}

/**
 * Sessions, each by its key with when it expires in front of its record; and by when they expire, so
 * that a sweep reads none that lives.
 */
export class LmdbSessions implements SessionStore {
  private readonly namespace: number;
  private readonly tables: Tables;
  private readonly writer: Writer;
  private readonly pending = new Map<string, Pending>();

  constructor(namespace: number, tables: Tables, writer: Writer) {
    this.namespace = namespace;
    this.tables = tables;
    this.writer = writer;
  }

  put(key: string, record: Uint8Array, expiresMs: number, durability: Durability): Promise<void> {
    if (this.writer.refusal !== null) return Promise.reject(this.writer.refusal);
    const { bytes } = nameKey(this.namespace, key);
    const value = Buffer.allocUnsafeSlow(EXPIRES_BYTES + record.length);
    value.writeDoubleLE(expiresMs);
    value.set(record, EXPIRES_BYTES);
    const batch = this.replace(bytes, expiresMs);
    batch.put(this.tables.sessions, bytes, value);
    batch.put(this.tables.expiries, expiryKey(this.namespace, expiresMs, bytes), nothing);
    return this.writer.store(durability === "disk");
  }

  get(key: string, nowMs: number): Promise<Uint8Array | null> {
    return this.tables.guard(() => {
      const value = this.tables.sessions.getBinary(nameKey(this.namespace, key).bytes);
      if (value === undefined || value.readDoubleLE() <= nowMs) return null;
      return value.subarray(EXPIRES_BYTES);
    });
  }

  async delete(key: string): Promise<void> {
    if (this.writer.refusal !== null) throw this.writer.refusal;
    const { bytes } = nameKey(this.namespace, key);
    if (this.expiresMs(bytes) === null) return;
    this.replace(bytes, null).remove(this.tables.sessions, bytes);
    await this.writer.store(false);
  }

  async sweep(nowMs: number, limit: number): Promise<number> {
    if (this.writer.refusal !== null) throw this.writer.refusal;
    const start = withNumber(this.namespace, nothing);
    const end = withNumber(this.namespace + 1, nothing);
    const expired: Buffer[] = [];
    for (const key of this.tables.expiries.getKeys({ start, end })) {
      if (expired.length >= limit || key.readDoubleBE(start.length) > nowMs) break;
      // What is on its way may have given it a new life.
      const session = sessionKeyOf(key);
      if (!this.pending.has(session.toString("latin1"))) expired.push(session);
    }
    if (expired.length === 0) return 0;
    for (const key of expired) this.replace(key, null).remove(this.tables.sessions, key);
    await this.writer.store(false);
    return expired.length;
  }

  /** What can be read is not remembered. */
  committed(batch: Batch): void {
    for (const key of batch.sessions) {
      if (this.pending.get(key)?.batch === batch) this.pending.delete(key);
    }
  }

  /** Nothing is on its way any more. */
  restore(): void {
    this.pending.clear();
  }

  /** Notes what becomes of a session, and removes its old place among those that expire. */
  private replace(key: Buffer, expiresMs: number | null): Batch {
    const batch = this.writer.gathering;
    const old = this.expiresMs(key);
    if (old !== null) batch.remove(this.tables.expiries, expiryKey(this.namespace, old, key));
    const name = key.toString("latin1");
    this.pending.set(name, { expiresMs, batch });
    batch.sessions.push(name);
    return batch;
  }

  /** When a session expires, once all is stored; null if there will be none. */
  private expiresMs(key: Buffer): number | null {
    const pending = this.pending.get(key.toString("latin1"));
    if (pending !== undefined) return pending.expiresMs;
    return this.tables.sessions.getBinaryFast(key)?.readDoubleLE() ?? null;
  }
}
