import assert from "node:assert/strict";
import {
  acrossOpenings,
  type ContractCase,
  oddNames,
  onLog,
  startMs,
} from "./log-contract-tools.ts";

const later = startMs + 1000;

/** What the store of sessions promises. */
export const sessionContract: readonly ContractCase[] = [
  onLog("keeps a session until it expires", async ({ sessions }) => {
    assert.equal(await sessions.get("key", startMs), null);
    await sessions.put("key", Buffer.from("record"), later, "disk");
    assert.equal(text(await sessions.get("key", startMs)), "record");
    assert.equal(text(await sessions.get("key", later - 1)), "record");
    assert.equal(await sessions.get("key", later), null);
    assert.equal(await sessions.get("another", startMs), null);
  }),

  onLog("keeps the last of what is put, and a copy of it", async ({ sessions }) => {
    const record = Buffer.from("first");
    const first = sessions.put("key", record, later, "process");
    record.fill("x");
    await first;
    assert.equal(text(await sessions.get("key", startMs)), "first");
    const puts = Array.from({ length: 20 }, (_, index) => {
      return sessions.put("key", Buffer.from(`${index}`), later + index, "process");
    });
    await Promise.all(puts);
    assert.equal(text(await sessions.get("key", later + 18)), "19");
    assert.equal(await sessions.get("key", later + 19), null);
    await sessions.put("key", Buffer.alloc(0), later, "process");
    assert.equal((await sessions.get("key", startMs))?.length, 0);
  }),

  onLog("forgets a session that is deleted", async ({ sessions }) => {
    await sessions.put("key", Buffer.from("record"), later, "process");
    await sessions.delete("key");
    await sessions.delete("never there");
    assert.equal(await sessions.get("key", startMs), null);
    await Promise.all([
      sessions.put("key", Buffer.from("again"), later, "process"),
      sessions.delete("key"),
    ]);
    assert.equal(await sessions.get("key", startMs), null);
    assert.equal(await sessions.sweep(later, 10), 0);
  }),

  onLog("sweeps what has expired, and no more than it is allowed to", async ({ sessions }) => {
    for (let index = 0; index < 10; index += 1) {
      await sessions.put(`${index}`, Buffer.from(`${index}`), startMs + index, "process");
    }
    // What is put again lives on.
    await sessions.put("0", Buffer.from("0"), later, "process");
    assert.equal(await sessions.sweep(startMs, 10), 0);
    assert.equal(await sessions.sweep(startMs + 5, 3), 3);
    assert.equal(await sessions.sweep(startMs + 5, 3), 2);
    assert.equal(await sessions.sweep(startMs + 5, 3), 0);
    assert.equal(text(await sessions.get("0", startMs)), "0");
    assert.equal(await sessions.get("5", 0), null);
    assert.equal(text(await sessions.get("6", 0)), "6");
    assert.equal(await sessions.sweep(later, 100), 5);
  }),

  onLog("takes every key, and keeps namespaces apart", async ({ sessions }, store) => {
    const others = (await store.open("/other")).sessions;
    for (const [index, key] of oddNames.entries()) {
      await sessions.put(key, Buffer.from(`${index}`), later, "process");
    }
    for (const [index, key] of oddNames.entries()) {
      assert.equal(text(await sessions.get(key, startMs)), `${index}`, JSON.stringify(key));
      assert.equal(await others.get(key, startMs), null);
    }
    assert.equal(await others.sweep(later, 1000), 0);
    assert.equal(await sessions.sweep(later, 1000), oddNames.length);
  }),

  acrossOpenings(
    "remembers sessions when it is opened again",
    async ({ sessions }) => {
      await sessions.put("key", Buffer.from("record"), later, "process");
      await sessions.put("short", Buffer.from("record"), startMs + 1, "disk");
      await sessions.put("deleted", Buffer.from("record"), later, "process");
      await sessions.delete("deleted");
    },
    async ({ sessions }) => {
      assert.equal(text(await sessions.get("key", startMs)), "record");
      assert.equal(await sessions.get("deleted", startMs), null);
      assert.equal(await sessions.sweep(startMs + 1, 10), 1);
      assert.equal(text(await sessions.get("key", startMs)), "record");
    },
  ),
];

function text(record: Uint8Array | null): string | null {
  return record === null ? null : Buffer.from(record).toString();
}
