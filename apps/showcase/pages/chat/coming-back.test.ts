import { describe, expect, test } from "vitest";
import type { ChatMessage } from "../../protocol/chat.ts";
import { backOffMs } from "./back-off.ts";
import { Outbox } from "./outbox.ts";
import { Timeline } from "./timeline.ts";

function message(seq: number, id = `m${seq}`): ChatMessage {
  return { room: "general", seq, id, author: { id: "a", name: "Ada" }, text: id, timeMs: 0 };
}

describe("the back-off", () => {
  test("doubles up to half a minute, and half of it is chance", () => {
    expect([0, 1, 2, 3, 10, 1_000].map((attempt) => backOffMs(attempt, 1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 30_000, 30_000,
    ]);
    expect(backOffMs(0, 0)).toBe(500);
  });
});

describe("the outbox", () => {
  function filled(count: number): Outbox {
    const outbox = new Outbox();
    for (let at = 1; at <= count; at += 1) {
      outbox.add({ id: `m${at}`, room: "general", text: "text" });
    }
    return outbox;
  }

  function ids(outbox: Outbox): string[] {
    return outbox.takeNext().map(({ id }) => id);
  }

  test("gives a few at once, in order, and the next when one is settled", () => {
    const outbox = filled(6);
    expect(ids(outbox)).toEqual(["m1", "m2", "m3", "m4"]);
    expect(ids(outbox)).toEqual([]);
    expect(outbox.settle("m1")).toBe(true);
    expect(ids(outbox)).toEqual(["m5"]);
    expect(outbox.settle("m1")).toBe(false);
  });

  test("gives everything again that was not acknowledged when the line broke", () => {
    const outbox = filled(3);
    ids(outbox);
    outbox.settle("m2");
    outbox.putAllBack();
    expect(ids(outbox)).toEqual(["m1", "m3"]);
    outbox.putBack("m3");
    expect(ids(outbox)).toEqual(["m3"]);
  });
});

describe("the timeline", () => {
  test("takes the next message, knows the ones before, and sees a gap", () => {
    const timeline = new Timeline();
    expect(timeline.take(message(1))).toBe("gap");
    timeline.resume("one");
    expect(timeline.takeMissed([message(5), message(6)])).toHaveLength(2);
    expect(timeline.take(message(7))).toBe("next");
    expect(timeline.take(message(7))).toBe("known");
    expect(timeline.take(message(9))).toBe("gap");
    expect(timeline.position).toEqual({ epoch: "one", after: 7 });
  });

  test("begins anew with the server, without showing a message twice", () => {
    const timeline = new Timeline();
    expect(timeline.resume("one")).toBe(false);
    timeline.takeMissed([message(1), message(2)]);
    expect(timeline.resume("one")).toBe(false);
    expect(timeline.resume("two")).toBe(true);
    const sentAgain = message(1, "m2");
    expect(timeline.takeMissed([sentAgain, message(2, "new")]).map(({ id }) => id)).toEqual([
      "new",
    ]);
    expect(timeline.take(message(3, "next"))).toBe("next");
  });
});
