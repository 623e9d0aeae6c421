import { defineContract, type EventArguments } from "@openline/protocol/contract";
import { type } from "arktype";
import fc from "fast-check";
import * as v from "valibot";
import { expect, test } from "vitest";
import { z } from "zod";
import { connected, start } from "./server.fixture.ts";

/** The same by three libraries; what they take is said again below, by hand. */
const message = {
  zod: z.strictObject({ text: z.string().min(1), tags: z.array(z.number()) }),
  valibot: v.strictObject({
    text: v.pipe(v.string(), v.minLength(1)),
    tags: v.array(v.number()),
  }),
  arktype: type({ "+": "reject", text: "string >= 1", tags: "number[]" }),
};

function isMessage(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { text, tags, ...others } = value as Record<string, unknown>;
  if (Object.keys(others).length > 0 || typeof text !== "string" || text === "") return false;
  return Array.isArray(tags) && tags.every((tag) => typeof tag === "number");
}

const later: EventArguments = z.unknown().refine(async (value) => isMessage(value));

const contract = defineContract({
  clientToServer: {
    ...message,
    several: [message.zod, message.valibot],
    answered: { args: message.arktype, ack: z.number() },
    later,
  },
  rooms: { "*": { message: message.zod } },
});

/** Whether an event is as the contract has it. */
function isGood(event: string, args: readonly unknown[]): boolean {
  if (event === "room") return args.length === 1 && isMessage(args[0]);
  if (event === "several") return args.length === 2 && args.every(isMessage);
  return Object.hasOwn(contract.clientToServer, event) && args.length === 1 && isMessage(args[0]);
}

const good = fc.record({ text: fc.string({ minLength: 1 }), tags: fc.array(fc.integer()) });
const value = fc.oneof(
  good,
  fc.record(
    { text: fc.oneof(fc.string(), fc.integer()), tags: fc.oneof(fc.array(fc.jsonValue())) },
    { requiredKeys: [] },
  ),
  good.map((all) => ({ ...all, more: 1 })),
  fc.jsonValue(),
);
const names = [
  "room",
  "zod",
  "valibot",
  "arktype",
  "several",
  "answered",
  "later",
  "toString",
  "x",
];
const events = fc.array(
  fc.tuple(fc.constantFrom(...names), fc.array(value, { maxLength: 3 }), fc.boolean()),
  { minLength: 1, maxLength: 12 },
);

test("only what is as the contract has it reaches handlers", async () => {
  const running = await start({
    contract,
    limits: { messagesPerSocket: false, bytesPerSocket: false },
  });
  running.io.rooms("*", { delivery: "durable", authorize: () => true });
  let got: [string, unknown[]][] = [];
  running.io.on("connection", (socket) => {
    for (const event of names) {
      socket.on(event, (...args) => {
        got.push([event, args.filter((each) => typeof each !== "function")]);
        const last: unknown = args.at(-1);
        if (typeof last === "function") last("done");
      });
    }
  });
  const client = await connected(running, { transports: ["websocket"] });
  let count = 0;

  await fc.assert(
    fc.asyncProperty(events, async (sent) => {
      got = [];
      count += 1;
      const room = `run:${count}`;
      const answers = await Promise.all(
        sent.map(([event, args, isWaiting]) => {
          if (event === "room") {
            return client.emitWithAck("openline:publish", { room, event: "message", args });
          }
          if (isWaiting) return client.emitWithAck(event, ...args);
          client.emit(event, ...args);
          return null;
        }),
      );
      // Behind all of them: what takes its time was begun before, and is over when it is.
      await client.emitWithAck("later", { text: "end", tags: [] });
      for (const [index, [event, args, isWaiting]] of sent.entries()) {
        if (!isWaiting && event !== "room") continue;
        const refused = (answers[index] as { code?: string }).code !== undefined;
        expect(refused, JSON.stringify([event, args])).toBe(!isGood(event, args));
      }
      const expected = sent.filter(([event, args]) => event !== "room" && isGood(event, args));
      const sorted = (list: readonly (readonly unknown[])[]) =>
        list.map((all) => JSON.stringify(all)).sort();
      expect(sorted(got.slice(0, -1))).toEqual(
        sorted(expected.map(([event, args]) => [event, args])),
      );
      const published = (await running.io.room(room).history()).messages.map(({ args }) => args);
      expect(published).toEqual(
        sent
          .filter(([event, args]) => event === "room" && isGood(event, args))
          .map(([, args]) => args),
      );
    }),
    { numRuns: 150 },
  );
});
