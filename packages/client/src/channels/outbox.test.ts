import { afterEach, describe, expect, test, vi } from "vitest";
import { Outbox, type OutboxLine } from "./outbox.ts";
import type { Outcome } from "./requests.ts";
import { memoryStore, type Storage, type StoredEntry } from "./store.ts";

afterEach(() => {
  vi.useRealTimers();
});

interface Asked {
  readonly fields: { event: string; id: string; sequence: number; epoch: number };
  answer(outcome: Outcome): void;
}

/** An outbox whose line and server are the test. */
function make() {
  const asked: Asked[] = [];
  const line = {
    nowMs: 0,
    isHeld: false,
    givenUp: 0,
    timers: [] as (() => void)[],
  };
  const outboxLine: OutboxLine = {
    ask: (fields, done) => void asked.push({ fields: fields as Asked["fields"], answer: done }),
    giveUp: () => void line.givenUp++,
    isHeld: () => line.isHeld,
    after: (_delayMs, callback) => {
      line.timers.push(callback);
      return () => void line.timers.splice(line.timers.indexOf(callback) >>> 0, 1);
    },
    nowMs: () => line.nowMs,
  };
  const outbox = new Outbox(outboxLine, "owner");
  const events = (): string[] => asked.map(({ fields }) => fields.event);
  return { outbox, asked, events, line };
}

const accept = (offset: number): Outcome => ({
  kind: "answer",
  answer: { epoch: "e", offset, duplicate: false },
});

const stored = (id: string, owner = "gone"): StoredEntry => ({
  id,
  owner,
  room: "r",
  event: `event-${id}`,
  args: [],
});

async function open(): Promise<Storage> {
  return memoryStore().open("s");
}

describe("an outbox", () => {
  test("sends nothing while it is held", async () => {
    const { outbox, events, line } = make();
    outbox.open(null, []);
    outbox.connected();
    line.isHeld = true;
    void outbox.publish("r", "mine", [], "m");
    expect(events()).toEqual([]);
    line.isHeld = false;
    outbox.send();
    expect(events()).toEqual(["mine"]);
  });

  test("sends what it found first, and what it was given meanwhile after that", async () => {
    const { outbox, events, asked } = make();
    outbox.connected();
    const mine = outbox.publish("r", "mine", [], "m");
    expect(events()).toEqual([]);
    const storage = await open();
    for (const id of ["1", "2"]) await storage.addEntry(stored(id));
    outbox.open(storage, await storage.entries());
    await expect.poll(events).toEqual(["event-1", "event-2", "mine"]);
    for (const [at, { answer }] of asked.entries()) answer(accept(at + 1));
    expect(await mine).toMatchObject({ offset: 3 });
    await expect.poll(() => storage.entries()).toEqual([]);
    expect(outbox.shown.get()).toEqual([]);
  });

  test("stores before it sends, and keeps the order of a store that does not", async () => {
    const { outbox, events } = make();
    const storage = await open();
    const kept: (() => void)[] = [];
    outbox.open({ ...storage, addEntry: () => new Promise((done) => kept.push(done)) }, []);
    outbox.connected();
    void outbox.publish("r", "a", [], "1");
    void outbox.publish("r", "b", [], "2");
    kept[1]!();
    await Promise.resolve();
    expect(events()).toEqual([]);
    kept[0]!();
    await expect.poll(events).toEqual(["a", "b"]);
  });

  test("sends what cannot be stored, all the same", async () => {
    const { outbox, events } = make();
    const errors: unknown[] = [];
    const report = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((callback) => {
      try {
        callback();
      } catch (error) {
        errors.push(error);
      }
    });
    const full = new Error("there is no space left");
    outbox.open({ ...(await open()), addEntry: () => Promise.reject(full) }, []);
    outbox.connected();
    void outbox.publish("r", "a", [], "1");
    await expect.poll(events).toEqual(["a"]);
    expect(errors).toEqual([full]);
    report.mockRestore();
  });

  test("sends again on another line, with the same id", () => {
    const { outbox, asked } = make();
    outbox.open(null, []);
    outbox.connected();
    void outbox.publish("r", "a", [], "1");
    outbox.disconnected();
    asked[0]!.answer({ kind: "lost" });
    outbox.connected();
    expect(asked.map(({ fields: { id, epoch, sequence } }) => [id, epoch, sequence])).toEqual([
      ["1", 0, 0],
      ["1", 1, 0],
    ]);
  });

  test("gives up a line on which nothing is answered", () => {
    const { outbox, asked, line } = make();
    outbox.open(null, []);
    outbox.connected();
    void outbox.publish("r", "a", [], "1");
    asked[0]!.answer({ kind: "timeout" });
    expect(line.givenUp).toBe(1);
  });

  test("waits as long as it is told, and says that it waits", async () => {
    const { outbox, asked, line, events } = make();
    outbox.open(null, []);
    outbox.connected();
    const published = outbox.publish("r", "a", [], "1");
    await expect.poll(() => outbox.shown.get()).toMatchObject([{ state: "sent" }]);
    const message = "Too fast";
    const refusal = { code: "OPENLINE_TOO_MANY_MESSAGES", message, retryAfterMs: 100 };
    asked[0]!.answer({ kind: "answer", answer: refusal });
    await expect.poll(() => outbox.shown.get()).toMatchObject([{ state: "waiting" }]);
    expect(events()).toEqual(["a"]);
    line.nowMs = 10_000;
    for (const timer of [...line.timers]) timer();
    expect(events()).toEqual(["a", "a"]);
    asked[1]!.answer(accept(1));
    expect(await published).toMatchObject({ offset: 1 });
  });

  test("settles all who have published the same", async () => {
    const { outbox, asked, events } = make();
    outbox.open(null, []);
    outbox.connected();
    const both = Promise.all([
      outbox.publish("r", "a", [], "1"),
      outbox.publish("r", "a", [], "1"),
    ]);
    expect(events()).toEqual(["a"]);
    asked[0]!.answer(accept(7));
    expect((await both).map(({ offset }) => offset)).toEqual([7, 7]);
  });

  test("takes what a page before has kept, and this one publishes again, for one message", async () => {
    const { outbox, asked, events } = make();
    outbox.connected();
    const again = outbox.publish("r", "event-1", [], "1");
    const storage = await open();
    await storage.addEntry(stored("1"));
    outbox.open(storage, await storage.entries());
    expect(events()).toEqual(["event-1"]);
    asked[0]!.answer(accept(7));
    expect(await again).toMatchObject({ offset: 7 });
    await expect.poll(() => storage.entries()).toEqual([]);
  });

  test("tells of many changes at once", async () => {
    const { outbox } = make();
    let times = 0;
    outbox.open(null, []);
    outbox.shown.subscribe(() => times++);
    for (let id = 0; id < 10_000; id++) void outbox.publish("r", "a", [], String(id));
    await expect.poll(() => outbox.shown.get()).toHaveLength(10_000);
    expect(times).toBe(1);
    const shown = outbox.shown.get();
    expect([Object.isFrozen(shown), Object.isFrozen(shown[0])]).toEqual([true, true]);
  });

  test("leaves to the store what it has not sent when it is closed", async () => {
    const { outbox } = make();
    const storage = await open();
    outbox.open(storage, []);
    const published = outbox.publish("r", "a", [], "1");
    const rejected = expect(published).rejects.toMatchObject({ code: "OPENLINE_CLIENT_CLOSED" });
    outbox.close();
    await rejected;
    expect(await storage.entries()).toMatchObject([{ id: "1", owner: "owner" }]);
  });
});
