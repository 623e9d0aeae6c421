import assert from "node:assert/strict";
import type { ReadRange } from "./log.ts";
import {
  appendOne,
  type ContractCase,
  entriesOf,
  entry,
  oddNames,
  offsets,
  onLog,
  payloads,
  readAll,
  startMs,
} from "./log-contract-tools.ts";

/** What `read`, `readAfter`, `describe` and `rooms` promise. */
export const readContract: readonly ContractCase[] = [
  onLog("reads ranges, both ways", async (log) => {
    await log.append([...entriesOf("before", 3), ...entriesOf("room", 9)], "process");
    await log.append(entriesOf("room2", 3), "process");
    const cases: [ReadRange, number[]][] = [
      [{ limit: 100 }, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
      [{ limit: 3 }, [1, 2, 3]],
      [{ limit: 0 }, []],
      [{ after: 0, limit: 2 }, [1, 2]],
      [{ after: 4, limit: 2 }, [5, 6]],
      [{ after: 7, limit: 100 }, [8, 9]],
      [{ after: 9, limit: 100 }, []],
      [{ after: 1000, limit: 100 }, []],
      [{ before: 3, limit: 100 }, [1, 2]],
      [{ before: 1, limit: 100 }, []],
      [{ after: 2, before: 5, limit: 100 }, [3, 4]],
      [{ after: 4, before: 5, limit: 100 }, []],
      [{ after: 5, before: 2, limit: 100 }, []],
      [{ before: 1000, limit: 2 }, [1, 2]],
      [{ reverse: true, limit: 3 }, [9, 8, 7]],
      [{ reverse: true, limit: 100 }, [9, 8, 7, 6, 5, 4, 3, 2, 1]],
      [{ reverse: true, before: 4, limit: 2 }, [3, 2]],
      [{ reverse: true, after: 6, limit: 100 }, [9, 8, 7]],
      [{ reverse: true, after: 2, before: 5, limit: 1 }, [4]],
      [{ reverse: true, after: 1000, limit: 3 }, []],
      [{ reverse: true, before: 1, limit: 3 }, []],
    ];
    for (const [range, expected] of cases) {
      const found = offsets(await log.read("room", range));
      assert.deepEqual(found, expected, JSON.stringify(range));
    }
  }),

  onLog("reads what comes after a sequence", async (log) => {
    // The messages of the room lie between others.
    const rooms = Array.from({ length: 200 }, (_, index) => (index % 3 === 0 ? "room" : "other"));
    await log.append(
      rooms.map((room) => entry({ room })),
      "process",
    );
    await log.trim("room", { maxMessages: 60 }, startMs, 100);
    const all = await readAll(log, "room");
    assert.equal(all.length, 60);
    for (let sequence = 0; sequence <= log.head + 2; sequence += 1) {
      const expected = all.filter((each) => each.sequence > sequence);
      const found = await log.readAfter("room", sequence, 1000);
      assert.deepEqual(offsets(found), offsets(expected), `after ${sequence}`);
    }
    assert.deepEqual(offsets(await log.readAfter("room", 0, 2)), offsets(all.slice(0, 2)));
    assert.deepEqual(await log.readAfter("room", 0, 0), []);
    assert.deepEqual(await log.readAfter("nobody", 0, 10), []);
  }),

  onLog("describes a room", async (log) => {
    assert.deepEqual(
      { ...(await log.describe("room")) },
      { firstOffset: 1, lastOffset: 0, lastSequence: 0, trimmedSequence: 0, bytes: 0 },
    );
    await log.append([entry({ payload: "four" }), entry({ room: "other" })], "process");
    const { sequence } = await appendOne(log, { payload: "sixsix" });
    assert.deepEqual(
      { ...(await log.describe("room")) },
      { firstOffset: 1, lastOffset: 2, lastSequence: sequence, trimmedSequence: 0, bytes: 10 },
    );
  }),

  onLog("lists rooms page by page, in the order of their names", async (log) => {
    const names = Array.from({ length: 25 }, (_, index) => `room ${(index * 7) % 25}`);
    await log.append(
      names.map((room) => entry({ room })),
      "process",
    );
    const sorted = [...names].sort();
    const found: string[] = [];
    for (let after = ""; ; ) {
      const page = await log.rooms(after, 4);
      assert.ok(page.length <= 4);
      found.push(...page);
      const last = page.at(-1);
      if (last === undefined) break;
      after = last;
    }
    assert.deepEqual(found, sorted);
    assert.deepEqual(await log.rooms("room 3", 2), ["room 4", "room 5"]);
    assert.deepEqual(await log.rooms("zzz", 2), []);
    assert.deepEqual(await log.rooms("", 0), []);
  }),

  onLog("does not list rooms without messages", async (log) => {
    await log.append(
      ["a", "b", "c"].map((room) => entry({ room })),
      "process",
    );
    await log.describe("d");
    await log.trim("b", { maxMessages: 0 }, startMs, 10);
    assert.deepEqual(await log.rooms("", 10), ["a", "c"]);
    await appendOne(log, { room: "b" });
    assert.deepEqual(await log.rooms("", 10), ["a", "b", "c"]);
  }),

  onLog("takes every name", async (log) => {
    for (const [index, room] of oddNames.entries()) {
      const given = [entry({ room, id: "x", payload: `${index}` }), entry({ room })];
      const appended = await log.append(given, "process");
      assert.deepEqual(
        appended.map(({ offset, isDuplicate }) => [offset, isDuplicate]),
        [
          [1, false],
          [2, false],
        ],
        JSON.stringify(room),
      );
    }
    for (const [index, room] of oddNames.entries()) {
      const [first, second, ...more] = await readAll(log, room);
      assert.deepEqual(payloads(first === undefined ? [] : [first]), [`${index}`]);
      assert.equal(first?.room, room);
      assert.equal(second?.offset, 2);
      assert.deepEqual(more, []);
      assert.equal((await log.describe(room)).lastOffset, 2);
      assert.equal((await log.readAfter(room, first?.sequence ?? 0, 10)).length, 1);
    }
    const sorted = oddNames.filter((name) => name !== "").sort(byCodeUnits);
    assert.deepEqual(await log.rooms("", 1000), sorted);
    for (const [index, name] of sorted.entries()) {
      assert.deepEqual(await log.rooms(name, 2), sorted.slice(index + 1, index + 3));
    }
  }),
];

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
