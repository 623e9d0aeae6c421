import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { defineContract } from "@openline/protocol/contract";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { connected, start } from "./server.fixture.ts";
import type { ServerOptions } from "./server-options.ts";

const contract = defineContract({
  rooms: {
    "chat:*": {
      message: z.object({ text: z.string().trim().min(1) }),
      cleared: z.undefined(),
      /** Takes as many steps as it says. */
      slow: z.number().refine(async (steps) => {
        for (let step = 0; step < steps; step += 1) await null;
        return steps !== 0;
      }),
    },
    "chat:*:admin": { ban: z.string() },
  },
});

const text = { text: "hello" };

async function serve(options: Partial<ServerOptions> = {}) {
  const running = await start({ contract, ...options });
  running.io.rooms("*", { delivery: "durable", authorize: () => true });
  const client = await connected(running);
  const publish = (room: string, event: string, data?: unknown, more: object = {}) =>
    client.emitWithAck("openline:publish", { room, event, data, ...more });
  const logged = async (room = "chat:1") =>
    (await running.io.room(room).history()).messages.map(({ event, args }) => [event, ...args]);
  return { running, client, publish, logged };
}

describe("what clients publish in a room of the contract", () => {
  test("is logged as the schema makes it", async () => {
    const { publish, logged } = await serve();
    expect(await publish("chat:1", "message", { text: "  hello ", extra: 1 })).toMatchObject({
      offset: 1,
    });
    expect(await publish("chat:1", "cleared")).toMatchObject({ offset: 2 });
    expect(await logged()).toEqual([["message", text], ["cleared"]]);
  });

  test("is refused with a code, a path and a sentence where it is otherwise", async () => {
    const { publish, logged } = await serve();
    expect(await publish("chat:1", "message", { text: " " })).toMatchObject({
      code: "OPENLINE_INVALID",
      message: expect.stringMatching(/^text: \S/),
      details: [{ path: ["text"] }],
    });
    expect(await publish("chat:1", "message")).toMatchObject({ code: "OPENLINE_INVALID" });
    expect(await publish("chat:1", "other", text)).toEqual({
      code: "OPENLINE_UNKNOWN_EVENT",
      message: 'There is no event "other" in rooms like "chat:1"',
    });
    expect(await publish("chat:1:admin", "message", text)).toMatchObject({
      code: "OPENLINE_UNKNOWN_EVENT",
    });
    expect(await publish("lobby", "message", text)).toEqual({
      code: "OPENLINE_UNKNOWN_ROOM",
      message: 'There is no room like "lobby" in the contract',
    });
    const args = [text, text];
    expect(await publish("chat:1", "message", undefined, { args })).toMatchObject({
      message: "The event takes 1 argument, not 2",
    });
    expect(await logged()).toEqual([]);
  });

  test("may be what the contract does not know if that is allowed", async () => {
    const { publish, logged } = await serve({ unknownEvents: "allow" });
    expect(await publish("lobby", "message", 5)).toMatchObject({ offset: 1 });
    expect(await publish("chat:1", "other", 5)).toMatchObject({ offset: 1 });
    expect(await publish("chat:1", "message", 5)).toMatchObject({ code: "OPENLINE_INVALID" });
    expect(await logged()).toEqual([["other", 5]]);
  });

  test("is forbidden before anything is said of what the room takes", async () => {
    const running = await start({ contract });
    running.io.rooms("*", { authorize: () => false });
    const client = await connected(running);
    const wrong = { room: "chat:1", event: "message", data: 5 };
    expect(await client.emitWithAck("openline:publish", wrong)).toMatchObject({
      code: "OPENLINE_FORBIDDEN",
    });
  });

  test("keeps the order that its producer gave it, however long schemas take", async () => {
    const { publish, logged } = await serve();
    const numbered = (sequence: number, event: string, data: unknown) =>
      publish("chat:1", event, data, { producer: "p", epoch: 0, sequence, id: `${sequence}` });
    const answers = await Promise.all([
      numbered(0, "slow", 200),
      numbered(1, "slow", 1),
      numbered(2, "message", { text: " hello" }),
      numbered(3, "slow", 0),
      numbered(4, "message", text),
    ]);
    expect(answers).toMatchObject([
      { offset: 1 },
      { offset: 2 },
      { offset: 3 },
      { code: "OPENLINE_INVALID" },
      { code: "OPENLINE_OUT_OF_ORDER" },
    ]);
    expect(await logged()).toEqual([
      ["slow", 200],
      ["slow", 1],
      ["message", text],
    ]);
  });
});

describe("a room of the contract", () => {
  test("takes no more from the server's own code", async () => {
    const { running, logged } = await serve();
    const room = running.io.room("chat:1");
    await room.publish("message", { text: " hello " });
    await expect(room.publish("message", { text: "" })).rejects.toMatchObject({
      name: "DeliveryError",
      code: "OPENLINE_INVALID",
      details: [{ path: ["text"] }],
    });
    await expect(room.publish("slow", 0)).rejects.toMatchObject({ code: "OPENLINE_INVALID" });
    await expect(running.io.room("lobby").publish("message", text)).rejects.toMatchObject({
      code: "OPENLINE_UNKNOWN_ROOM",
    });
    expect(await logged()).toEqual([["message", text]]);
  });

  test("takes no more from back ends over HTTP", async () => {
    const key = "0123456789abcdef";
    const { running, logged } = await serve({ httpApi: { keys: [key] } });
    const post = async (body: unknown) => {
      const response = await fetch(`${running.url}/openline/v1/publish`, {
        method: "POST",
        headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      return [response.status, await response.json()];
    };
    expect(await post({ room: "chat:1", event: "message", data: { text: "" } })).toMatchObject([
      400,
      { code: "OPENLINE_INVALID", details: [{ path: ["text"] }] },
    ]);
    expect(await post({ room: "chat:1", event: "other" })).toMatchObject([
      404,
      { code: "OPENLINE_UNKNOWN_EVENT" },
    ]);
    expect(await post({ room: "chat:1", event: "message", data: text })).toMatchObject([200, {}]);
    expect(await logged()).toEqual([["message", text]]);
    // Several keep their order, however long each is looked at.
    const messages = [50, 0, 5, 1].map((data) => ({ event: "slow", data }));
    expect(await post({ room: "chat:1", messages })).toMatchObject([
      200,
      { results: [{ offset: 2 }, { code: "OPENLINE_INVALID" }, { offset: 3 }, { offset: 4 }] },
    ]);
    expect((await logged()).slice(1)).toEqual([
      ["slow", 50],
      ["slow", 5],
      ["slow", 1],
    ]);
  });
});

test("writes down that something was refused, and nothing of what was sent", async () => {
  const lines: unknown[] = [];
  const unread = (): void => {};
  const logger = {
    trace: unread,
    debug: unread,
    info: unread,
    warn: (...line: unknown[]) => lines.push(line),
    error: unread,
    fatal: unread,
  };
  const exact = z.string().refine(() => false, { error: ({ input }) => `not ${input}` });
  const quoting = defineContract({
    clientToServer: { secret: exact },
    rooms: { "chat:*": { secret: exact } },
  });
  const { client, publish } = await serve({ contract: quoting, logger });
  const notices: unknown[] = [];
  const listener = (notice: unknown): void => void notices.push(notice);
  subscribe("openline.refused", listener);
  expect(await client.emitWithAck("secret", "hunter2")).toMatchObject({ message: "not hunter2" });
  expect(await publish("chat:1", "secret", "hunter2")).toMatchObject({ message: "not hunter2" });
  unsubscribe("openline.refused", listener);
  expect(notices).toMatchObject([{ code: "OPENLINE_INVALID" }, { code: "OPENLINE_INVALID" }]);
  expect(lines).toHaveLength(1);
  expect(JSON.stringify([notices, lines])).not.toContain("hunter2");
});

test("is checked where rooms are not durable, too", async () => {
  const running = await start({ contract });
  running.io.rooms("chat:*", { delivery: "ephemeral", authorize: () => true });
  const client = await connected(running);
  const got: unknown[] = [];
  client.on("message", (data) => got.push(data));
  await client.emitWithAck("openline:join", { room: "chat:1" });
  for (const data of [5, { text: " hello" }]) {
    await client.emitWithAck("openline:publish", { room: "chat:1", event: "message", data });
  }
  await expect.poll(() => got).toEqual([text]);
});
