import assert from "node:assert/strict";
import type { Appended, Durability, Log, LogEntry, LogStore, NewEntry } from "./log.ts";
import type { LogErrorCode } from "./log-error.ts";

/** One promise. */
export interface ContractCase {
  readonly name: string;
  /** @throws AssertionError if the promise is broken */
  run(open: () => Promise<LogStore>): Promise<void>;
}

/** When the stories of these cases begin. */
export const startMs = 1_700_000_000_000;

/** A case that needs one log. */
export function onLog(
  name: string,
  act: (log: Log, store: LogStore) => Promise<void>,
): ContractCase {
  return {
    name,
    async run(open) {
      const store = await open();
      try {
        await act(await store.open("/"), store);
      } finally {
        await store.close();
      }
    },
  };
}

/** A case about what a persistent log remembers when it is opened again. */
export function acrossOpenings(
  name: string,
  ...acts: ((log: Log, store: LogStore) => Promise<void>)[]
): ContractCase {
  return {
    name,
    async run(open) {
      for (const act of acts) {
        const store = await open();
        try {
          await act(await store.open("/"), store);
        } finally {
          await store.close();
        }
        if (!store.isPersistent) return;
      }
    },
  };
}

/** A new message, with what a case says about it. */
export function entry(given: Partial<Omit<NewEntry, "payload">> & { payload?: string }): NewEntry {
  return {
    room: given.room ?? "room",
    id: given.id ?? null,
    timeMs: given.timeMs ?? startMs,
    payload: Buffer.from(given.payload ?? "payload"),
  };
}

/** `count` new messages of a room, with payloads `0`, `1` and so on. */
export function entriesOf(room: string, count: number): NewEntry[] {
  return Array.from({ length: count }, (_, index) => entry({ room, payload: String(index) }));
}

/** Appends one message. */
export async function appendOne(
  log: Log,
  given: Parameters<typeof entry>[0],
  durability: Durability = "process",
): Promise<Appended> {
  const [appended] = await log.append([entry(given)], durability);
  assert.ok(appended, "append resolves to one result for each entry");
  return appended;
}

/** All of a room. */
export function readAll(log: Log, room: string): Promise<readonly LogEntry[]> {
  return log.read(room, { limit: 1_000_000 });
}

export function offsets(entries: readonly LogEntry[]): number[] {
  return entries.map(({ offset }) => offset);
}

export function payloads(entries: readonly LogEntry[]): string[] {
  return entries.map(({ payload }) => Buffer.from(payload).toString());
}

/** Entries as plain values, so that kinds of byte arrays do not matter. */
export function plain(entries: readonly LogEntry[]): unknown[] {
  return entries.map(({ room, id, timeMs, payload, sequence, offset }) => {
    return { room, id, timeMs, payload: Buffer.from(payload).toString("hex"), sequence, offset };
  });
}

/** Checks that something is refused with this code. */
export async function refused(code: LogErrorCode, act: () => Promise<unknown>): Promise<void> {
  await assert.rejects(act, (error: { readonly name?: unknown; readonly code?: unknown }) => {
    assert.equal(error.name, "LogError", String(error));
    assert.equal(error.code, code);
    return true;
  });
}

/** Names that a careless implementation stumbles over. No two of them are the same. */
export const oddNames: readonly string[] = [
  "",
  " ",
  "/",
  "__proto__",
  "constructor",
  "toString",
  "\0",
  "a\0",
  "a\0b",
  "a",
  "a ",
  "A",
  "1:a",
  "é",
  "e\u0301",
  "😀",
  "\ud83d",
  "\ude00",
  "\ufffd",
  "\uffff",
  "房間",
  "x".repeat(511),
  "x".repeat(512),
  "x".repeat(5000),
  `${"x".repeat(5000)}y`,
  `${"x".repeat(4999)}\0`,
];
