import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Entry, LogModel } from "./log-model.fixture.ts";
import { type Numbered, Producer } from "./producer.ts";

function make<E = string>(): Producer<E> {
  let count = 0;
  return new Producer<E>({ newId: () => `p${count++}`, random: () => 1 });
}

/** Everything that may leave now. */
function leaving<E>(producer: Producer<E>, nowMs = 0): Numbered<E>[] {
  const all: Numbered<E>[] = [];
  for (;;) {
    const next = producer.next(nowMs);
    if (next === null) return all;
    all.push(next);
  }
}

function numbers(all: readonly Numbered<unknown>[]): unknown[] {
  return all.map(({ entry, epoch, sequence }) => [entry, epoch, sequence]);
}

const forbidden = { code: "OPENLINE_FORBIDDEN", message: "No" };
const outOfOrder = { code: "OPENLINE_OUT_OF_ORDER", message: "No" };

function three(): { producer: Producer<string>; sent: Numbered<string>[] } {
  const producer = make();
  for (const entry of ["a", "b", "c"]) producer.add(entry);
  producer.connected();
  return { producer, sent: leaving(producer) };
}

describe("a producer", () => {
  test("sends nothing without a line, and all in order with one", () => {
    const producer = make();
    for (const entry of ["a", "b"]) producer.add(entry);
    expect(leaving(producer)).toEqual([]);
    producer.connected();
    expect(leaving(producer)).toEqual([
      { entry: "a", producer: "p0", epoch: 0, sequence: 0 },
      { entry: "b", producer: "p0", epoch: 0, sequence: 1 },
    ]);
  });

  test("has no more than 64 on their way", () => {
    const producer = make<number>();
    for (let entry = 0; entry < 100; entry++) producer.add(entry);
    producer.connected();
    const sent = leaving(producer);
    expect(sent).toHaveLength(64);
    producer.accepted(sent[1]!);
    expect(leaving(producer)).toEqual([]);
    producer.accepted(sent[0]!);
    expect(numbers(leaving(producer))).toEqual([
      [64, 0, 64],
      [65, 0, 65],
    ]);
  });

  test("begins another epoch on another line, with what was not answered", () => {
    const { producer, sent } = three();
    producer.accepted(sent[0]!);
    producer.disconnected();
    producer.accepted(sent[1]!);
    expect(producer.entries).toEqual(["b", "c"]);
    producer.connected();
    expect(numbers(leaving(producer))).toEqual([
      ["b", 1, 0],
      ["c", 1, 1],
    ]);
  });

  test("goes on without what is refused for good", () => {
    const { producer, sent } = three();
    producer.accepted(sent[0]!);
    producer.refused(sent[1]!, forbidden);
    expect([producer.settle(0), leaving(producer)]).toEqual([null, []]);
    producer.refused(sent[2]!, outOfOrder);
    expect(producer.settle(0)).toEqual({ entry: "b", refusal: forbidden });
    expect(numbers(leaving(producer))).toEqual([["c", 1, 0]]);
  });

  test("takes a refusal of several for that of the first", () => {
    const { producer, sent } = three();
    for (const each of sent) producer.refused(each, forbidden);
    expect(producer.settle(0)?.entry).toBe("a");
    expect(numbers(leaving(producer))).toEqual([
      ["b", 1, 0],
      ["c", 1, 1],
    ]);
  });

  test("waits as long as it is told, and goes on with the same", () => {
    const { producer, sent } = three();
    producer.refused(sent[0]!, { code: "OPENLINE_LOG_FULL", message: "Full", retryAfterMs: 400 });
    for (const each of sent.slice(1)) producer.refused(each, outOfOrder);
    expect(producer.settle(1_000)).toBeNull();
    expect(producer.wakeAtMs).toBe(1_800);
    expect(leaving(producer, 1_799)).toEqual([]);
    expect(leaving(producer, 1_800)).toHaveLength(3);
  });

  test("waits longer each time that nothing is published", () => {
    const producer = make();
    producer.add("a");
    producer.connected();
    const waits: number[] = [];
    for (let times = 0; times < 4; times++) {
      const [sent] = leaving(producer, producer.wakeAtMs ?? 0);
      producer.refused(sent!, outOfOrder);
      producer.settle(0);
      waits.push(producer.wakeAtMs!);
    }
    expect(waits).toEqual([0, 1_000, 2_000, 4_000]);
  });

  test("finds what is too large for the server, and goes on without it", () => {
    const { producer } = three();
    expect(producer.disconnected(true)).toBeNull();
    for (const isLast of [false, true]) {
      producer.connected();
      expect(leaving(producer).map(({ entry }) => entry)).toEqual(["a"]);
      expect(producer.disconnected(true)?.entry).toBe(isLast ? "a" : undefined);
    }
    producer.connected();
    const [b] = leaving(producer);
    producer.accepted(b!);
    expect(leaving(producer).map(({ entry }) => entry)).toEqual(["c"]);
  });

  test("takes another name when somebody else has its own", () => {
    const { producer, sent } = three();
    for (const each of sent) producer.refused(each, { code: "OPENLINE_FENCED", message: "" });
    producer.settle(0);
    expect(leaving(producer)[0]).toMatchObject({ entry: "a", producer: "p1", sequence: 0 });
  });
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom("serve" as const, "answer" as const, "connect" as const),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      add: fc.integer({ min: 1, max: 80 }),
      bad: fc.nat(9),
      large: fc.nat(40),
    }),
  },
  fc.record({ cut: fc.nat(70) }),
  fc.record({ refuse: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ waitMs: fc.nat(500) }),
  fc.constant("fence" as const),
);

test("what is accepted is on the log once and in order, whatever is cut, refused or fenced", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const producer = make<Entry>();
      const model = new LogModel(producer);
      const all: Entry[] = [];
      for (const each of steps) {
        if (typeof each === "string") model[each]();
        else if ("cut" in each) model.cut(each.cut);
        else if ("refuse" in each) model.refuse(each.refuse);
        else if ("waitMs" in each) {
          model.nowMs += each.waitMs;
          model.send();
        } else {
          for (let count = 0; count < each.add; count++) {
            const isBad = count % 10 < each.bad / 3;
            const kind = isBad ? "bad" : count % 16 === each.large ? "large" : "good";
            const entry: Entry = { id: all.length, kind };
            all.push(entry);
            producer.add(entry);
          }
          model.send();
        }
      }
      model.settle();
      const idsOf = (isGood: boolean): number[] =>
        all.filter(({ kind }) => (kind === "good") === isGood).map(({ id }) => id);
      expect(model.log).toEqual(idsOf(true));
      expect(model.rejected).toEqual(idsOf(false));
    }),
    { numRuns: 500 },
  );
});
