import assert from "node:assert/strict";
import type { Appended, LogEntry } from "./log.ts";
import {
  acrossOpenings,
  appendOne,
  type ContractCase,
  entriesOf,
  entry,
  oddNames,
  offsets,
  onLog,
  payloads,
  plain,
  readAll,
  refused,
  startMs,
} from "./log-contract-tools.ts";

const dayMs = 86_400_000;

/** What `append` and `tail` promise. */
export const appendContract: readonly ContractCase[] = [
  onLog(
    "numbers messages of a room from 1 up, and those of all rooms in one order",
    async (log) => {
      const given = ["a", "b", "a", "a", "b"].map((room) => entry({ room }));
      const appended = await log.append(given, "process");
      assert.deepEqual(
        appended.map(({ offset }) => offset),
        [1, 1, 2, 3, 2],
      );
      assertRising(appended);
      const [next] = await log.append([entry({ room: "b" })], "process");
      assert.equal(next?.offset, 3);
      assert.ok((next?.sequence ?? 0) > (appended.at(-1)?.sequence ?? 0));
    },
  ),

  onLog("gives offsets in the order of the calls, whatever each waits for", async (log) => {
    const calls = Array.from({ length: 300 }, (_, index) =>
      log.append(
        [entry({ payload: `${index}a` }), entry({ payload: `${index}b` })],
        index % 3 === 0 ? "disk" : "process",
      ),
    );
    const appended = (await Promise.all(calls)).flat();
    assert.deepEqual(
      appended.map(({ offset }) => offset),
      Array.from({ length: 600 }, (_, index) => index + 1),
    );
    assertRising(appended);
    const all = await readAll(log, "room");
    const expected = Array.from({ length: 300 }, (_, index) => [`${index}a`, `${index}b`]);
    assert.deepEqual(payloads(all), expected.flat());
  }),

  onLog("keeps every byte, the id and the time of a message", async (log) => {
    const payload = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 31) % 256);
    const given = [
      { room: "room", id: "an id", timeMs: startMs + 0.5, payload },
      { room: "room", id: "", timeMs: 0, payload: new Uint8Array(0) },
      { room: "room", id: null, timeMs: startMs, payload: payload.subarray(3, 7) },
      { room: "room", id: "\ud800 \0 é", timeMs: startMs, payload: payload.subarray(255, 256) },
    ];
    const appended = await log.append(given, "disk");
    const expected = given.map((each, index) => ({ ...each, ...place(appended[index]) }));
    assert.deepEqual(plain(await readAll(log, "room")), plain(expected));
  }),

  onLog("takes no entries, and more than fit into one write", async (log) => {
    assert.deepEqual(await log.append([], "disk"), []);
    const appended = await log.append(entriesOf("room", 5000), "process");
    assert.equal(appended.at(-1)?.offset, 5000);
    assert.equal((await readAll(log, "room")).length, 5000);
  }),

  onLog("answers an id that it knows with where its message stands", async (log) => {
    const first = await appendOne(log, { id: "x", payload: "first" });
    const others = await log.append(entriesOf("room", 3), "process");
    const again = await appendOne(log, { id: "x", payload: "again" });
    assert.deepEqual(again, { ...first, isDuplicate: true });
    assert.equal(first.isDuplicate, false);
    assert.ok(others.every(({ isDuplicate }) => !isDuplicate));
    assert.deepEqual(payloads(await readAll(log, "room")), ["first", "0", "1", "2"]);
  }),

  onLog("knows an id that comes twice in one call, or in calls at the same time", async (log) => {
    const twice = await log.append(
      [entry({ id: "x" }), entry({ id: null }), entry({ id: "x" })],
      "process",
    );
    assert.deepEqual(
      twice.map(({ offset, isDuplicate }) => [offset, isDuplicate]),
      [
        [1, false],
        [2, false],
        [1, true],
      ],
    );
    const calls = Array.from({ length: 20 }, (_, index) =>
      log.append([entry({ id: `y${index % 4}` })], index % 2 === 0 ? "disk" : "process"),
    );
    const results = (await Promise.all(calls)).flat();
    results.forEach((result, index) => {
      assert.equal(result.isDuplicate, index >= 4);
      assert.equal(result.offset, results[index % 4]?.offset);
    });
    assert.deepEqual(offsets(await readAll(log, "room")), [1, 2, 3, 4, 5, 6]);
  }),

  onLog("keeps the ids of rooms apart, and takes messages without one as new", async (log) => {
    // Room and id together are the same characters.
    const pairs = [
      ["a", "bc"],
      ["ab", "c"],
      ["", "abc"],
      ["abc", ""],
    ] as const;
    for (const [room, id] of pairs) {
      const appended = await appendOne(log, { room, id });
      assert.equal(appended.isDuplicate, false, `${room} ${id}`);
    }
    for (const [room, id] of pairs) {
      const appended = await appendOne(log, { room, id });
      assert.equal(appended.isDuplicate, true, `${room} ${id}`);
    }
    const [one, two] = await log.append(entriesOf("a", 2), "process");
    assert.deepEqual([one?.isDuplicate, two?.isDuplicate], [false, false]);
  }),

  onLog("tells ids apart that look alike", async (log) => {
    for (const id of oddNames) {
      assert.equal((await appendOne(log, { id })).isDuplicate, false, JSON.stringify(id));
    }
    const again = await log.append(
      oddNames.map((id) => entry({ id })),
      "process",
    );
    assert.ok(again.every(({ isDuplicate }) => isDuplicate));
    assert.deepEqual(
      again.map(({ offset }) => offset),
      oddNames.map((_, index) => index + 1),
    );
  }),

  onLog("remembers an id for a day, by the times of messages", async (log) => {
    const hourMs = dayMs / 24;
    await appendOne(log, { id: "before", timeMs: startMs });
    const first = await appendOne(log, { id: "x", timeMs: startMs + 12 * hourMs });
    const trimmed = await log.trim("room", { maxMessages: 0 }, startMs, 10);
    assert.equal(trimmed, 2);
    for (let hour = 13; hour <= 35; hour += 1) {
      await appendOne(log, { id: `hour ${hour}`, timeMs: startMs + hour * hourMs });
    }
    const again = await appendOne(log, { id: "x", timeMs: startMs + 36 * hourMs - 1 });
    assert.deepEqual(again, { ...first, isDuplicate: true });
  }),

  acrossOpenings(
    "remembers ids when it is opened again",
    async (log) => {
      await log.append([entry({ id: "x" }), entry({ id: "y" })], "disk");
    },
    async (log) => {
      const again = await appendOne(log, { id: "y", payload: "again" });
      assert.deepEqual([again.offset, again.isDuplicate], [2, true]);
      assert.equal((await appendOne(log, { id: "z" })).offset, 3);
    },
  ),

  onLog("has stored a message when its append resolves", async (log) => {
    for (const durability of ["process", "disk"] as const) {
      const { offset } = await appendOne(log, { payload: durability }, durability);
      assert.deepEqual(payloads(await log.read("room", { after: offset - 1, limit: 1 })), [
        durability,
      ]);
      assert.equal((await log.describe("room")).lastOffset, offset);
    }
  }),

  onLog("tells of each message once, in order, before its append resolves", async (log) => {
    const told: LogEntry[] = [];
    const stop = log.tail((entries) => told.push(...entries));
    const calls = Array.from({ length: 200 }, async (_, index) => {
      const given = [entry({ id: `${index % 150}`, payload: `${index}` })];
      const [appended] = await log.append(given, index % 5 === 0 ? "disk" : "process");
      const sequence = appended?.sequence ?? Number.NaN;
      assert.ok((told.at(-1)?.sequence ?? 0) >= sequence, "told before it resolves");
      assert.ok(log.head >= sequence, "head is what was told");
    });
    await Promise.all(calls);
    assert.equal(told.length, 150);
    assertRising(told);
    assert.deepEqual(plain(told), plain(await readAll(log, "room")));
    assert.equal(log.head, told.at(-1)?.sequence);
    stop();
    await appendOne(log, {});
    assert.equal(told.length, 150);
  }),

  onLog("keeps the order for listeners that append", async (log) => {
    const told: string[][] = [[], []];
    let answer: Promise<unknown> = Promise.resolve();
    log.tail((entries) => {
      told[0]?.push(...payloads(entries));
      if (told[0]?.length === 1) answer = log.append([entry({ payload: "2" })], "process");
    });
    log.tail((entries) => told[1]?.push(...payloads(entries)));
    await appendOne(log, { payload: "1" });
    await answer;
    assert.deepEqual(told, [
      ["1", "2"],
      ["1", "2"],
    ]);
  }),

  onLog("keeps namespaces apart, and opens the same log each time", async (log, store) => {
    const other = await store.open("/other");
    assert.notEqual(other, log);
    assert.equal(await store.open("/other"), other);
    assert.equal(await store.open("/"), log);
    await appendOne(log, { id: "x" });
    assert.equal((await appendOne(other, { id: "x", payload: "other" })).isDuplicate, false);
    assert.deepEqual(payloads(await readAll(other, "room")), ["other"]);
    await log.append(entriesOf("room", 3), "process");
    assert.equal((await other.describe("room")).lastOffset, 1);
  }),

  onLog("refuses what comes after it was closed", async (log, store) => {
    await appendOne(log, {});
    const last = appendOne(log, {}, "disk");
    await Promise.all([last, store.close()]);
    assert.equal((await last).offset, 2);
    await refused("OPENLINE_LOG_CLOSED", () => log.append(entriesOf("room", 1), "process"));
  }),
];

function assertRising(entries: readonly { readonly sequence: number }[]): void {
  entries.forEach(({ sequence }, index) => {
    assert.ok(sequence > (entries[index - 1]?.sequence ?? 0), "sequences rise");
  });
}

function place(appended: Appended | undefined): { sequence: number; offset: number } {
  assert.ok(appended);
  return { sequence: appended.sequence, offset: appended.offset };
}
