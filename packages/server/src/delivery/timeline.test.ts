import { describe, expect, test } from "vitest";
import type { Log } from "../log/log.ts";
import { memoryLog } from "../log/memory-log.ts";
import { EncodedMessage } from "../messages/encoded-message.ts";
import { Timeline } from "./timeline.ts";

const before = { id: "before--epoch", after: 0 };
const ours = { id: "ours----epoch", after: 6 };
const encodeForAll = (): EncodedMessage => new EncodedMessage([]);

/** Of a log that has got as far as 9, in an epoch that began behind 6. */
async function timeline(bufferMs = 1_000): Promise<Timeline> {
  const log = Object.create(await memoryLog().open("/"), {
    epochs: { value: [before, ours] },
    epoch: { value: ours.id },
    head: { value: 9 },
  }) as Log;
  const encoding = { name: "/", isStandard: true, encodeForAll };
  return new Timeline(log, encoding, { bufferMs, bufferBytes: 1_000 });
}

test("counts events that are not logged, from 1 up, between messages that are", async () => {
  const made = await timeline();
  expect(made.now).toEqual({ sequence: 9, event: 0 });
  expect([made.next(), made.next()].map(({ event }) => event)).toEqual([1, 2]);
  expect(made.now).toEqual({ sequence: 9, event: 2 });
});

test("writes cursors that lead back to their places", async () => {
  const made = await timeline();
  const point = made.next();
  expect(made.cursorAt(point)).toBe("ours----9.1");
  expect(made.place(made.cursorAt(point))).toEqual(point);
});

test("writes none of events that nobody keeps", async () => {
  const made = await timeline(0);
  expect(made.cursorAt(made.next())).toBe("ours----9");
});

describe("a client whose cursor", () => {
  test.each([
    ["is behind a message", "ours----8", { sequence: 8, event: null }],
    ["is behind an event", "ours----8.2", { sequence: 8, event: 2 }],
    ["is behind the newest", "ours----9.2", { sequence: 9, event: 2 }],
    ["is behind an event that never was", "ours----9.3", "cursor"],
    ["is behind a message that never was", "ours----10", "epoch"],
    ["is behind an event of an earlier epoch", "before--6.70", { sequence: 6, event: null }],
    ["is behind what an earlier epoch has lost", "before--7", "epoch"],
    ["is of another log", "foreign-3", "foreign"],
    ["is none", "ours----", "cursor"],
  ])("%s", async (_name, cursor, expected) => {
    const made = await timeline();
    made.next();
    made.next();
    expect(made.place(cursor)).toEqual(expected);
  });
});

test("tells which of two epochs came first", async () => {
  const made = await timeline();
  expect(made.isOlder("before--6", "ours----")).toBe(true);
  expect(made.isOlder("ours----6", "ours----")).toBe(false);
  expect(made.isOlder("ours----6", "before--")).toBe(false);
  expect(made.isOlder("foreign-6", "ours----")).toBe(false);
  expect(made.isOlder("nothing", "ours----")).toBe(false);
});
