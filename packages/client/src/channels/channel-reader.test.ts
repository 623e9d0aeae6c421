import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChannelReader, type ReadFrom } from "./channel-reader.ts";
import type { ChannelMessage, Gap, Position } from "./positions.ts";
import { RoomModel } from "./room-model.fixture.ts";

type Delivered = ChannelMessage | Gap;

function read(from: ReadFrom, last = 0): { reader: ChannelReader; seen: Delivered[] } {
  const seen: Delivered[] = [];
  const add = (each: Delivered): void => void seen.push(each);
  return { reader: new ChannelReader({ deliver: add, gap: add }, from, last), seen };
}

function message(offset: number | null): ChannelMessage {
  return { event: "e", data: offset, args: [offset], offset, id: null, timeMs: 0 };
}

function offsets(seen: readonly Delivered[]): unknown[] {
  return seen.map((each) => ("reason" in each ? [each.reason, each.from, each.to] : each.offset));
}

const at = (offset: number): Position => ({ epoch: "epoch-0", offset });

function joinedAt(offset: number): ReturnType<typeof read> {
  const made = read(at(offset));
  made.reader.joined({ messages: [], position: at(offset), gap: false, hasMore: false });
  return made;
}

describe("a reader", () => {
  test("asks to join at its place, and delivers what the answer holds", () => {
    const { reader, seen } = read(at(4));
    expect(reader.request).toEqual({ kind: "join", since: at(4) });
    const messages = [5, 6].map((offset) => ({ ...message(offset), offset, timeMs: 0 }));
    reader.joined({ messages, position: at(6), gap: false, hasMore: false });
    expect([reader.state, reader.request, reader.position]).toEqual(["live", null, at(6)]);
    expect(offsets(seen)).toEqual([5, 6]);
  });

  test("begins now, after as many of the newest as it is told", () => {
    const { reader, seen } = read("now", 2);
    expect(reader.request).toEqual({ kind: "join", since: null });
    reader.joined({ messages: [], position: at(9), gap: false, hasMore: false });
    expect(reader.request).toEqual({ kind: "look-back", before: 10, limit: 2 });
    reader.live("epoch-0", 10, message(10));
    expect(reader.position).toBeNull();
    reader.lookedBack([8, 9].map((offset) => ({ ...message(offset), offset, timeMs: 0 })));
    expect(offsets(seen)).toEqual([8, 9, 10]);
    reader.rejoin();
    expect(reader.request).toEqual({ kind: "join", since: at(10) });
  });

  test("begins at the oldest that there is, which is no gap", () => {
    const { reader, seen } = read("start");
    expect(reader.request).toEqual({ kind: "join", since: 0 });
    const messages = [{ ...message(7), offset: 7, timeMs: 0 }];
    reader.joined({ messages, position: at(7), gap: true, hasMore: false });
    expect(offsets(seen)).toEqual([7]);
  });

  test("shows a message once, however often it comes", () => {
    const { reader, seen } = joinedAt(4);
    for (const offset of [5, 5, 4, 6, 5, 6]) reader.live("epoch-1", offset, message(offset));
    expect(offsets(seen)).toEqual([5, 6]);
    expect(reader.position).toEqual({ epoch: "epoch-1", offset: 6 });
  });

  test("asks for what is missing, and holds what comes after it", () => {
    const { reader, seen } = joinedAt(4);
    for (const offset of [7, 8]) reader.live("epoch-0", offset, message(offset));
    expect([offsets(seen), reader.request]).toEqual([[], { kind: "page", after: at(4) }]);
    const messages = [5, 6, 7].map((offset) => ({ ...message(offset), offset, timeMs: 0 }));
    reader.paged({ messages, position: at(8), gap: false, hasMore: true });
    expect([offsets(seen), reader.request]).toEqual([[5, 6, 7, 8], null]);
  });

  test("tells of what is not kept any more, and only of that", () => {
    const { reader, seen } = joinedAt(4);
    reader.live("epoch-0", 9, message(9));
    const messages = [{ ...message(8), offset: 8, timeMs: 0 }];
    reader.paged({ messages, position: at(9), gap: true, hasMore: true });
    expect(offsets(seen)).toEqual([["retention", 5, 7], 8, 9]);
  });

  test("goes back to where a lost epoch ended", () => {
    const { reader, seen } = read(at(9));
    const messages = [{ ...message(8), offset: 8, timeMs: 0 }];
    const position = { epoch: "epoch-1", offset: 8 };
    reader.joined({ messages, position, gap: true, hasMore: false });
    expect(offsets(seen)).toEqual([["epoch", 8, 9], 8]);
    expect(reader.position).toEqual(position);
  });

  test("counts on over what is not for it", () => {
    const { reader, seen } = joinedAt(4);
    reader.live("epoch-0", 5, null);
    reader.live("epoch-0", 6, message(6));
    expect([offsets(seen), reader.request]).toEqual([[6], null]);
  });

  test("delivers at once what no log has", () => {
    const { reader, seen } = read("now", 10);
    reader.joined({ messages: [], position: null, gap: false, hasMore: false });
    reader.live("epoch-0", null, message(null));
    expect([offsets(seen), reader.position, reader.request]).toEqual([[null], null, null]);
  });

  test("holds no more than a bounded number, and reads the others again", () => {
    const { reader, seen } = joinedAt(0);
    for (let offset = 2; offset <= 3_000; offset++) reader.live("epoch-0", offset, message(offset));
    const messages = [{ ...message(1), offset: 1, timeMs: 0 }];
    reader.paged({ messages, position: at(3_000), gap: false, hasMore: true });
    expect(offsets(seen)).toEqual(Array.from({ length: 1_025 }, (_each, index) => index + 1));
    expect(reader.request).toEqual({ kind: "page", after: at(1_025) });
  });
});

const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant("publish" as const) },
  { weight: 8, arbitrary: fc.constant("arrive" as const) },
  fc.constantFrom("publishLost", "publishForOthers", "repeat", "cut", "connect", "recover"),
  fc.record({ trim: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ restart: fc.integer({ min: 0, max: 3 }) }),
);

test("whatever is dropped, repeated, trimmed or lost, it is contiguous or a gap is told", () => {
  const beginning = fc.constantFrom<ReadFrom>("now", "start", at(0));
  const plan = fc.record({
    from: beginning,
    last: fc.nat(4),
    steps: fc.array(step, { maxLength: 80 }),
  });
  fc.assert(
    fc.property(plan, ({ from, last, steps }) => {
      const { reader, seen } = read(from, last);
      const model = new RoomModel(reader);
      let lostEnd = false;
      for (const each of steps) {
        if (typeof each === "object") {
          if ("trim" in each) model.trim(each.trim);
          else {
            lostEnd ||= each.restart > 0;
            model.restart(each.restart);
          }
        } else if (each === "publishForOthers") model.publish(true);
        else if (each === "connect" || each === "recover") model.connect(each === "recover");
        else model[each]();
      }
      model.cut();
      model.settle();

      const shown = new Map<number, unknown>();
      let anew = 0;
      const gone = new Set<number>();
      let next: number | null = typeof from === "object" ? 1 : null;
      for (const each of seen) {
        if ("reason" in each) {
          expect(each.from!).toBeLessThanOrEqual(each.to!);
          if (each.reason === "retention") {
            while (next !== null && next < each.from! && model.forOthers.has(next)) next += 1;
            if (next !== null) expect(each.from).toBe(next);
            expect(each.to).toBeLessThan(model.first);
            for (let offset = each.from!; offset <= each.to!; offset++) gone.add(offset);
            next = each.to! + 1;
          } else {
            expect(lostEnd).toBe(true);
            for (const offset of shown.keys()) if (offset >= each.from!) shown.delete(offset);
            next = each.from;
            anew = each.to!;
          }
        } else {
          for (; next !== null && next < each.offset!; next++) {
            // What was given an offset anew may be gone again.
            const isGone = next <= anew && next < model.first;
            expect(isGone || model.forOthers.has(next)).toBe(true);
          }
          if (next !== null) expect(each.offset).toBe(next);
          shown.set(each.offset!, each.data);
          next = each.offset! + 1;
        }
      }
      while (next !== null && next <= model.head && model.forOthers.has(next)) next += 1;
      if (next !== null) expect(next).toBe(model.head + 1);
      expect(reader.position?.offset).toBe(model.head);
      for (const [offset, data] of shown) {
        // What is kept, is what was shown.
        if (offset >= model.first) expect(data).toBe(model.entries[offset - 1]!.args[0]);
      }
      for (const offset of gone) expect(shown.has(offset)).toBe(false);
    }),
    { numRuns: 5_000 },
  );
});
