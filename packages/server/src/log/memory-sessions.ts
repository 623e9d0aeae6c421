import type { SessionStore } from "./log.ts";

interface Kept {
  readonly record: Uint8Array;
  readonly expiresMs: number;
}

/** Sessions in memory. */
export class MemorySessions implements SessionStore {
  private readonly byKey = new Map<string, Kept>();

  put(key: string, record: Uint8Array, expiresMs: number): Promise<void> {
    this.byKey.set(key, { record: Uint8Array.from(record), expiresMs });
    return Promise.resolve();
  }

  get(key: string, nowMs: number): Promise<Uint8Array | null> {
    const kept = this.byKey.get(key);
    return Promise.resolve(kept === undefined || kept.expiresMs <= nowMs ? null : kept.record);
  }

  delete(key: string): Promise<void> {
    this.byKey.delete(key);
    return Promise.resolve();
  }

  sweep(nowMs: number, limit: number): Promise<number> {
    let count = 0;
    for (const [key, { expiresMs }] of this.byKey) {
      if (count >= limit) break;
      if (expiresMs > nowMs || !this.byKey.delete(key)) continue;
      count += 1;
    }
    return Promise.resolve(count);
  }
}
