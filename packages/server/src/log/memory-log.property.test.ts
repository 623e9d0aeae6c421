import fc from "fast-check";
import { expect, test } from "vitest";
import type { Log, LogEntry, NewEntry } from "./log.ts";
import { memoryLog } from "./memory-log.ts";

const rooms = ["a", "b", "__proto__"];
const room = fc.constantFrom(...rooms);

/** A log as a list in which everything is looked for. */
class Model {
  all: LogEntry[] = [];
  readonly trimmed = new Set<number>();
  readonly told: LogEntry[] = [];

  of(name: string): LogEntry[] {
    return this.all.filter((entry) => entry.room === name && !this.trimmed.has(entry.sequence));
  }

  append(
    entries: readonly NewEntry[],
  ): { sequence: number; offset: number; isDuplicate: boolean }[] {
    return entries.map((entry) => {
      const known = this.all.find(
        (other) => entry.id !== null && other.room === entry.room && other.id === entry.id,
      );
      if (known !== undefined) {
        return { sequence: known.sequence, offset: known.offset, isDuplicate: true };
      }
      const offset = this.all.filter((other) => other.room === entry.room).length + 1;
      const sequence = this.all.length + 1;
      this.all.push({ ...entry, sequence, offset });
      return { sequence, offset, isDuplicate: false };
    });
  }
}

type Act = (model: Model, log: Log) => Promise<void>;

const newEntry: fc.Arbitrary<NewEntry> = fc.record({
  room,
  id: fc.oneof(fc.constant(null), fc.constantFrom("1", "2", "3")),
  timeMs: fc.nat({ max: 1_000 }),
  payload: fc.uint8Array({ maxLength: 20 }),
});

const offset = fc.option(fc.nat({ max: 40 }), { nil: undefined });
const bound = fc.option(fc.nat({ max: 30 }), { nil: undefined });

const acts: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(newEntry, { maxLength: 6 }).map(
      (entries): Act =>
        async (model, log) => {
          expect(await log.append(entries, "process")).toEqual(model.append(entries));
          expect(log.head).toBe(model.all.length);
        },
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        room,
        after: offset,
        before: offset,
        limit: fc.nat({ max: 10 }),
        reverse: fc.boolean(),
      })
      .map(
        ({ room: name, after, before, limit, reverse }): Act =>
          async (model, log) => {
            const inRange = model
              .of(name)
              .filter((entry) => entry.offset > (after ?? 0) && entry.offset < (before ?? 1e9));
            const expected = (reverse ? inRange.reverse() : inRange).slice(0, limit);
            expect(await log.read(name, { after, before, limit, reverse })).toEqual(expected);
          },
      ),
  },
  {
    weight: 2,
    arbitrary: fc.record({ room, sequence: fc.nat({ max: 60 }), limit: fc.nat({ max: 10 }) }).map(
      ({ room: name, sequence, limit }): Act =>
        async (model, log) => {
          const expected = model.of(name).filter((entry) => entry.sequence > sequence);
          expect(await log.readAfter(name, sequence, limit)).toEqual(expected.slice(0, limit));
        },
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        room,
        maxMessages: bound,
        maxBytes: bound,
        maxAgeMs: bound,
        limit: fc.nat({ max: 8 }),
      })
      .map(
        ({ room: name, limit, ...retention }): Act =>
          async (model, log) => {
            const nowMs = 1_000;
            let count = 0;
            for (;;) {
              const left = model.of(name);
              const bytes = left.reduce((sum, { payload }) => sum + payload.length, 0);
              const [first] = left;
              if (first === undefined || count === limit) break;
              const { maxMessages = 1e9, maxBytes = 1e9, maxAgeMs = 1e9 } = retention;
              const isOld = first.timeMs < nowMs - maxAgeMs;
              if (left.length <= maxMessages && bytes <= maxBytes && !isOld) break;
              model.trimmed.add(first.sequence);
              count += 1;
            }
            expect(await log.trim(name, retention, nowMs, limit)).toBe(count);
          },
      ),
  },
);

async function compare(model: Model, log: Log): Promise<void> {
  for (const name of rooms) {
    const left = model.of(name);
    const ever = model.all.filter((entry) => entry.room === name);
    const trimmed = ever.filter(({ sequence }) => model.trimmed.has(sequence));
    expect(await log.describe(name)).toEqual({
      firstOffset: ever.length - left.length + 1,
      lastOffset: ever.length,
      lastSequence: ever.at(-1)?.sequence ?? 0,
      trimmedSequence: trimmed.at(-1)?.sequence ?? 0,
      bytes: left.reduce((sum, { payload }) => sum + payload.length, 0),
    });
  }
  expect(await log.rooms("", 10)).toEqual(rooms.filter((name) => model.of(name).length > 0).sort());
}

test("a log in memory is a list in which everything is looked for", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(acts, { maxLength: 40 }), async (all) => {
      const log = await memoryLog().open("/");
      const model = new Model();
      log.tail((entries) => model.told.push(...entries));
      for (const act of all) await act(model, log);
      await compare(model, log);
      expect(model.told).toEqual(model.all);
    }),
    { numRuns: 1_000 },
  );
});
