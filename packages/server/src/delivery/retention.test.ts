import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Log, Retention } from "../log/log.ts";
import { memoryLog } from "../log/memory-log.ts";
import { Trimmer } from "./retention.ts";

const startMs = 1_700_000_000_000;
const trimmers: Trimmer[] = [];

beforeEach(() => {
  // Not setImmediate: between steps it lets others have their turn, at once.
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
  });
  vi.setSystemTime(startMs);
});

afterEach(async () => {
  await Promise.all(trimmers.splice(0).map((trimmer) => trimmer.close()));
  vi.useRealTimers();
});

interface Setup {
  readonly log: Log;
  readonly trimmer: Trimmer;
  readonly errors: unknown[];
}

/** A log and what trims it, by the rule of each room. */
async function setUp(
  rules: Record<string, Retention>,
  change = (log: Log): Log => log,
): Promise<Setup> {
  const log = change(await memoryLog().open("/"));
  const errors: unknown[] = [];
  const trimmer = new Trimmer(log, {
    retentionOf: (room) => rules[room] ?? rules[room.replace(/\d+$/, "*")] ?? null,
    reportError: (error) => void errors.push(error),
  });
  trimmers.push(trimmer);
  return { log, trimmer, errors };
}

/** Appends messages of 10 bytes, which are as old as the clock says. */
async function append(log: Log, room: string, count: number): Promise<void> {
  const payload = new Uint8Array(10);
  const entry = { room, id: null, timeMs: Date.now(), payload };
  await log.append(Array<typeof entry>(count).fill(entry), "process");
}

async function offsets(log: Log, room: string): Promise<[first: number, last: number]> {
  const { firstOffset, lastOffset } = await log.describe(room);
  return [firstOffset, lastOffset];
}

describe("a sweep", () => {
  test.each<[string, Retention]>([
    ["count", { maxMessages: 2 }],
    ["bytes", { maxBytes: 20 }],
    ["age", { maxAgeMs: 60_000 }],
  ])("removes the oldest by %s", async (_name, retention) => {
    const { log, trimmer } = await setUp({ room: retention });
    await append(log, "room", 3);
    vi.setSystemTime(startMs + 59_000);
    await append(log, "room", 2);
    vi.setSystemTime(startMs + 60_001);
    await trimmer.sweep();
    expect(await offsets(log, "room")).toEqual([4, 5]);
  });

  test("goes on until nothing is left to remove, however much it is", async () => {
    const { log, trimmer } = await setUp({ room: { maxMessages: 1 } });
    await append(log, "room", 3_001);
    await trimmer.sweep();
    expect(await offsets(log, "room")).toEqual([3_001, 3_001]);
  });

  test("looks at every room, more than are read at once", async () => {
    const { log, trimmer } = await setUp({ "room*": { maxMessages: 1 } });
    for (let index = 0; index < 600; index += 1) await append(log, `room${index}`, 2);
    await trimmer.sweep();
    for (let index = 0; index < 600; index += 1) {
      expect(await offsets(log, `room${index}`)).toEqual([2, 2]);
    }
  });

  test("leaves rooms alone that have no rule", async () => {
    const { log, trimmer } = await setUp({ b: { maxMessages: 1 } });
    for (const room of ["a", "b", "c"]) await append(log, room, 2);
    await trimmer.sweep();
    expect(await offsets(log, "a")).toEqual([1, 2]);
    expect(await offsets(log, "b")).toEqual([2, 2]);
    expect(await offsets(log, "c")).toEqual([1, 2]);
  });

  test("removes all sessions that have expired, and no others", async () => {
    const limits: number[] = [];
    const { log, trimmer } = await setUp({}, (inner) => {
      const { sessions } = inner;
      const sweep = (nowMs: number, limit: number): Promise<number> => {
        limits.push(limit);
        return sessions.sweep(nowMs, limit);
      };
      const counted = {
        put: sessions.put.bind(sessions),
        get: sessions.get.bind(sessions),
        delete: sessions.delete.bind(sessions),
        sweep,
      };
      return changed(inner, "sessions", counted);
    });
    const record = new Uint8Array(1);
    for (let index = 0; index < 2_000; index += 1) {
      await log.sessions.put(`old${index}`, record, startMs + 1, "process");
    }
    await log.sessions.put("new", record, startMs + 10, "process");
    vi.setSystemTime(startMs + 2);
    await trimmer.sweep();
    expect(await log.sessions.get("old1999", startMs)).toBeNull();
    expect(await log.sessions.get("old0", startMs)).toBeNull();
    expect(await log.sessions.get("new", startMs)).not.toBeNull();
    // Two that were full, and one that found nothing more.
    expect(limits).toEqual([1_000, 1_000, 1_000]);
  });

  test("comes by itself each minute", async () => {
    const { log } = await setUp({ room: { maxMessages: 1 } });
    await append(log, "room", 2);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(await offsets(log, "room")).toEqual([1, 2]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await offsets(log, "room")).toEqual([2, 2]);
    await append(log, "room", 2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await offsets(log, "room")).toEqual([4, 4]);
  });
});

describe("a room that has grown", () => {
  test("is trimmed a quarter of a second later, and once for all that came", async () => {
    const trims: string[] = [];
    const { log, trimmer } = await setUp(
      { a: { maxMessages: 1 }, b: { maxMessages: 1 } },
      (inner) =>
        changed(inner, "trim", (room: string, ...rest: [Retention, number, number]) => {
          trims.push(room);
          return inner.trim(room, ...rest);
        }),
    );
    for (const room of ["a", "b", "a", "c"]) {
      await append(log, room, 1);
      trimmer.grew(room);
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(trims).toEqual([]);
    await vi.advanceTimersByTimeAsync(50);
    expect(trims).toEqual(["a", "b"]);
    expect(await offsets(log, "a")).toEqual([2, 2]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(trims).toEqual(["a", "b"]);
    trimmer.grew("b");
    await vi.advanceTimersByTimeAsync(250);
    expect(trims).toEqual(["a", "b", "b"]);
  });

  test("is trimmed again after a failure, which is reported", async () => {
    let isBroken = true;
    const { log, trimmer, errors } = await setUp({ room: { maxMessages: 1 } }, (inner) =>
      changed(inner, "trim", (...args: Parameters<Log["trim"]>) =>
        isBroken ? Promise.reject(new Error("disk")) : inner.trim(...args),
      ),
    );
    await append(log, "room", 2);
    trimmer.grew("room");
    await vi.advanceTimersByTimeAsync(250);
    expect(errors).toEqual([new Error("disk")]);
    isBroken = false;
    trimmer.grew("room");
    await vi.advanceTimersByTimeAsync(250);
    expect(errors).toHaveLength(1);
    expect(await offsets(log, "room")).toEqual([2, 2]);
  });
});

describe("one that is closed", () => {
  test("waits for the step that it is at, and does no other", async () => {
    let trims = 0;
    let finish = (): void => {};
    const { log, trimmer } = await setUp({ "room*": { maxMessages: 1 } }, (inner) =>
      changed(inner, "trim", async (...args: Parameters<Log["trim"]>) => {
        trims += 1;
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return inner.trim(...args);
      }),
    );
    for (const room of ["room1", "room2"]) {
      await append(log, room, 1_500);
      trimmer.grew(room);
    }
    await vi.advanceTimersByTimeAsync(250);
    let isClosed = false;
    const closed = trimmer.close().then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([trims, isClosed]).toEqual([1, false]);
    finish();
    await closed;
    expect(trims).toBe(1);
    expect(await offsets(log, "room1")).toEqual([1_001, 1_500]);
    expect(await offsets(log, "room2")).toEqual([1, 1_500]);
  });

  test("has no timer, whatever grows", async () => {
    const { log, trimmer } = await setUp({ room: { maxMessages: 1 } });
    await append(log, "room", 2);
    trimmer.grew("room");
    await trimmer.close();
    trimmer.grew("room");
    expect(vi.getTimerCount()).toBe(0);
    expect(await offsets(log, "room")).toEqual([1, 2]);
  });
});

/** The same log, but for one of its parts. */
function changed<Name extends keyof Log>(log: Log, name: Name, part: Log[Name]): Log {
  return new Proxy(log, {
    get: (target, key) => {
      if (key === name) return part;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
