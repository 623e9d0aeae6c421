import fc from "fast-check";
import { expect, test } from "vitest";
import { MessageIterator } from "./message-iterator.ts";
import type { ChannelMessage } from "./positions.ts";

function message(offset: number): ChannelMessage {
  return { event: "e", data: offset, args: [offset], offset, id: null, timeMs: 0 };
}

/** An iterator of a log, which reads pages of three. */
function make() {
  const log: ChannelMessage[] = [];
  const reads: (() => void)[] = [];
  const iterator = new MessageIterator({
    readAfter: (offset) =>
      new Promise((resolve) => {
        reads.push(() => resolve({ messages: log.slice(offset, offset + 3) }));
      }),
    missed: () => {},
    closed: () => {},
  });
  const publish = (): void => {
    log.push(message(log.length + 1));
    iterator.push(log.at(-1)!);
  };
  return { iterator, log, reads, publish };
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ publish: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 4, arbitrary: fc.record({ take: fc.integer({ min: 1, max: 300 }) }) },
  { weight: 6, arbitrary: fc.record({ read: fc.integer({ min: 1, max: 50 }) }) },
);

/** Lets everything happen that waits for nothing. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test("gives every message once and in order, whatever comes between", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { iterator, log, reads, publish } = make();
      const taken: unknown[] = [];
      const take = (): void => void iterator.next().then(({ value }) => taken.push(value?.offset));
      let asked = 0;
      const answer = async (): Promise<void> => {
        reads.shift()?.();
        await settled();
      };
      for (const each of steps) {
        if ("publish" in each) for (let times = 0; times < each.publish; times++) publish();
        else if ("take" in each) for (let times = 0; times < each.take; times++, asked++) take();
        else for (let times = 0; times < each.read && reads.length > 0; times++) await answer();
      }
      while (asked < log.length) {
        take();
        asked += 1;
      }
      await settled();
      while (reads.length > 0) await answer();
      expect(taken).toEqual(log.map(({ offset }) => offset).slice(0, asked));
    }),
    { numRuns: 100 },
  );
});

test("goes back to where a lost epoch has ended", async () => {
  const { iterator } = make();
  for (const offset of [1, 2, 3]) iterator.push(message(offset));
  iterator.rewind(1);
  iterator.push({ ...message(2), data: "anew" });
  const data: unknown[] = [];
  for (let times = 0; times < 4; times++) data.push((await iterator.next()).value?.data);
  expect(data).toEqual([1, 2, 3, "anew"]);
});

test("tells of a read that was refused, and ends", async () => {
  const refused = new Error("refused");
  const iterator = new MessageIterator({
    readAfter: () => Promise.reject(refused),
    missed: () => {},
    closed: () => {},
  });
  for (let offset = 1; offset <= 300; offset++) iterator.push(message(offset));
  for (let offset = 1; offset <= 256; offset++) await iterator.next();
  await expect(iterator.next()).rejects.toBe(refused);
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
});
