import assert from "node:assert/strict";
import type { Log, LogStore, Retention } from "./log.ts";
import {
  acrossOpenings,
  appendOne,
  type ContractCase,
  entriesOf,
  entry,
  offsets,
  onLog,
  plain,
  readAll,
  startMs,
} from "./log-contract-tools.ts";

/** What `trim`, `epochs` and reopening promise. */
export const upkeepContract: readonly ContractCase[] = [
  onLog("trims by count, by age and by bytes, the oldest first", async (log) => {
    const cases: [Retention, number[]][] = [
      [{}, [1, 2, 3, 4, 5]],
      [{ maxMessages: 7 }, [1, 2, 3, 4, 5]],
      [{ maxMessages: 2 }, [4, 5]],
      [{ maxMessages: 0 }, []],
      [{ maxAgeMs: 300 }, [2, 3, 4, 5]],
      [{ maxAgeMs: 299 }, [3, 4, 5]],
      [{ maxAgeMs: -1 }, []],
      [{ maxBytes: 50 }, [1, 2, 3, 4, 5]],
      [{ maxBytes: 49 }, [2, 3, 4, 5]],
      [{ maxBytes: 25 }, [4, 5]],
      [{ maxBytes: 0 }, []],
      [{ maxMessages: 4, maxAgeMs: 299, maxBytes: 45 }, [3, 4, 5]],
    ];
    for (const [index, [retention, expected]] of cases.entries()) {
      const room = `room ${index}`;
      const ages = [400, 300, 200, 100, 0];
      const given = ages.map((ageMs) => {
        return entry({ room, timeMs: startMs - ageMs, payload: "ten bytes!" });
      });
      await log.append(given, "process");
      const count = await log.trim(room, retention, startMs, 100);
      const found = await readAll(log, room);
      assert.deepEqual(offsets(found), expected, JSON.stringify(retention));
      assert.equal(count, 5 - expected.length);
    }
  }),

  onLog("trims at most what it is allowed to, and goes on next time", async (log) => {
    await log.append(entriesOf("room", 10), "process");
    assert.equal(await log.trim("room", { maxMessages: 3 }, startMs, 0), 0);
    assert.equal(await log.trim("room", { maxMessages: 3 }, startMs, 4), 4);
    assert.deepEqual(offsets(await readAll(log, "room")), [5, 6, 7, 8, 9, 10]);
    assert.equal(await log.trim("room", { maxMessages: 3 }, startMs, 4), 3);
    assert.equal(await log.trim("room", { maxMessages: 3 }, startMs, 4), 0);
    assert.equal(await log.trim("nobody", { maxMessages: 0 }, startMs, 4), 0);
    assert.deepEqual(offsets(await readAll(log, "room")), [8, 9, 10]);
  }),

  onLog("says what it trimmed, and gives no offset a second time", async (log) => {
    const appended = await log.append(entriesOf("room", 5), "process");
    await log.trim("room", { maxMessages: 2 }, startMs, 10);
    const sequences = appended.map(({ sequence }) => sequence);
    assert.deepEqual(
      { ...(await log.describe("room")) },
      {
        firstOffset: 4,
        lastOffset: 5,
        lastSequence: sequences[4],
        trimmedSequence: sequences[2],
        bytes: 2,
      },
    );
    await log.trim("room", { maxMessages: 0 }, startMs, 10);
    assert.deepEqual(
      { ...(await log.describe("room")) },
      {
        firstOffset: 6,
        lastOffset: 5,
        lastSequence: sequences[4],
        trimmedSequence: sequences[4],
        bytes: 0,
      },
    );
    assert.deepEqual(await log.readAfter("room", 0, 10), []);
    assert.equal((await appendOne(log, {})).offset, 6);
    assert.deepEqual(offsets(await readAll(log, "room")), [6]);
    assert.deepEqual(offsets(await log.read("room", { after: 2, limit: 10 })), [6]);
  }),

  onLog("trims and appends at the same time", async (log) => {
    await log.append(entriesOf("room", 50), "process");
    const acts: Promise<unknown>[] = [];
    for (let round = 0; round < 50; round += 1) {
      acts.push(log.append(entriesOf("room", 2), round % 2 === 0 ? "process" : "disk"));
      acts.push(log.trim("room", { maxMessages: 20 }, startMs, 3));
    }
    await Promise.all(acts);
    while ((await log.trim("room", { maxMessages: 20 }, startMs, 100)) > 0);
    const found = offsets(await readAll(log, "room"));
    assert.deepEqual(
      found,
      Array.from({ length: 20 }, (_, index) => 131 + index),
    );
    const { firstOffset, bytes } = await log.describe("room");
    const sum = (await readAll(log, "room")).reduce(
      (total, each) => total + each.payload.length,
      0,
    );
    assert.deepEqual([firstOffset, bytes], [131, sum]);
  }),

  {
    name: "has another epoch at each opening",
    async run(open) {
      const seen = new Set<string>();
      for (let opening = 0; opening < 3; opening += 1) {
        const store = await open();
        const log = await store.open("/");
        assert.match(log.epoch, /^[\w-]{22,}$/, "128 random bits, safe in URLs");
        assert.ok(!seen.has(log.epoch));
        seen.add(log.epoch);
        const { id, after } = log.epochs.at(-1) ?? { id: "", after: -1 };
        assert.deepEqual([id, after], [log.epoch, log.head], "this one began with what was there");
        const known = log.epochs.map((epoch) => epoch.id);
        if (store.isPersistent) assert.deepEqual(known, [...seen], "all of them, oldest first");
        await log.append(entriesOf("room", 3), "disk");
        await store.close();
      }
    },
  },

  {
    name: "remembers with which sequence each epoch began",
    async run(open) {
      const heads: number[] = [];
      for (let opening = 0; opening < 3; opening += 1) {
        const store = await open();
        const log = await store.open("/");
        if (store.isPersistent) {
          assert.equal(log.head, heads.at(-1) ?? 0);
          const afters = log.epochs.map(({ after }) => after);
          assert.deepEqual(afters, [0, ...heads]);
        }
        const appended = await log.append(entriesOf("room", 2), "disk");
        heads.push(appended.at(-1)?.sequence ?? Number.NaN);
        assert.equal(log.head, heads.at(-1));
        await store.close();
      }
    },
  },

  remembersAll(),

  acrossOpenings(
    "goes on where it stopped, though all was trimmed",
    async (log) => {
      await log.append(entriesOf("room", 3), "process");
      await log.trim("room", { maxMessages: 0 }, startMs, 10);
    },
    async (log) => {
      assert.deepEqual(await readAll(log, "room"), []);
      const { firstOffset, lastOffset, trimmedSequence } = await log.describe("room");
      assert.deepEqual([firstOffset, lastOffset, trimmedSequence], [4, 3, log.head]);
      assert.equal((await appendOne(log, {})).offset, 4);
    },
  ),
];

function remembersAll(): ContractCase {
  let kept: unknown[] = [];
  let state: unknown;
  const look = async (log: Log): Promise<unknown[]> => [
    plain(await readAll(log, "room")),
    plain(await readAll(log, "other")),
    await log.rooms("", 10),
  ];
  const given = ["a", "b", "c", "d"].map((id) => entry({ id, payload: `payload of ${id}` }));
  return acrossOpenings(
    "remembers messages, rooms and what was trimmed when it is opened again",
    async (log: Log, store: LogStore) => {
      await log.append(given, "process");
      await log.append(entriesOf("other", 2), "process");
      await (await store.open("/elsewhere")).append(entriesOf("room", 1), "process");
      await log.trim("room", { maxMessages: 3 }, startMs, 10);
      kept = await look(log);
      state = { ...(await log.describe("room")) };
    },
    async (log: Log, store: LogStore) => {
      assert.deepEqual(await look(log), kept);
      assert.deepEqual({ ...(await log.describe("room")) }, state);
      assert.equal((await readAll(await store.open("/elsewhere"), "room")).length, 1);
      const next = await appendOne(log, {});
      assert.equal(next.offset, 5);
      assert.ok(next.sequence > (log.epochs.at(-1)?.after ?? Number.NaN));
    },
  );
}
