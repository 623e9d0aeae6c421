import { describe, expect, test } from "vitest";
import { connected, start } from "../server.fixture.ts";
import { back, chat, cut } from "./chat.fixture.ts";

test("answers who joins or leaves behind all that it has missed", async () => {
  const running = await start();
  const { io } = running;
  io.rooms("chat:*", { delivery: "durable", authorize: () => true });
  const client = await connected(running, { transports: ["websocket"] });
  const seen: unknown[] = [];
  client.on("message", (number) => seen.push(number));
  await client.emitWithAck("openline:join", { room: "chat:1" });
  await io.room("chat:1").publish("message", 0);
  await expect.poll(() => seen).toEqual([0]);

  await cut(running, client);
  // More than one lap of a replay, with room for answers between the pages.
  const missed = Array.from({ length: 1_000 }, (_, index) => index + 1);
  await Promise.all(missed.map((number) => io.room("chat:1").publish("message", number)));
  await back(client);
  client.emit("openline:leave", { room: "chat:1" }, () => seen.push("left"));
  const joined = new Promise<void>((resolve) => {
    client.emit("openline:join", { room: "chat:1" }, ({ position }: never) => {
      seen.push(position);
      resolve();
    });
  });
  await joined;
  expect(client.recovered).toBe(true);
  expect(seen).toEqual([0, ...missed, "left", expect.objectContaining({ offset: 1_001 })]);
});

test("answers with no more attachments than a client takes in one packet", async () => {
  const running = await start();
  const { io } = running;
  io.rooms("chat:*", { delivery: "durable", authorize: () => true });
  const room = "chat:1";
  for (let index = 1; index <= 12; index += 1) {
    await io.room(room).publish("message", Buffer.from([index]));
  }
  const client = await connected(running);
  const { position } = await io.room(room).history();
  const since = { ...position, offset: 0 };
  const joined = await client.emitWithAck("openline:join", { room, since });
  expect(joined).toMatchObject({ hasMore: true, gap: false, position: { offset: 12 } });
  expect(joined.messages).toHaveLength(10);
  const rest = await client.emitWithAck("openline:history", { room, after: 10 });
  expect(rest).toMatchObject({ hasMore: false, messages: [{ offset: 11 }, { offset: 12 }] });
  const newest = await client.emitWithAck("openline:history", { room });
  expect(newest).toMatchObject({ hasMore: true, messages: [{ offset: 3 }, ...Array(9).fill({})] });
  // The server's own code has no such bound.
  expect((await io.room(room).history()).messages).toHaveLength(12);
});

describe("requests of a stock client", () => {
  test("publish, with an id that makes trying again harmless", async () => {
    const running = await chat();
    const client = await connected(running);
    const request = { room: "chat:1", event: "message", data: { text: "hi" }, id: "m1" };
    const published = await client.emitWithAck("openline:publish", request);
    expect(published).toEqual({ epoch: expect.any(String), offset: 1, duplicate: false });
    expect(await client.emitWithAck("openline:publish", request)).toEqual({
      ...published,
      duplicate: true,
    });
    const { messages, position, gap } = await running.io.room("chat:1").history();
    expect(messages).toMatchObject([
      { offset: 1, event: "message", args: [{ text: "hi" }], id: "m1" },
    ]);
    expect(position).toEqual({ epoch: published.epoch, offset: 1 });
    expect(gap).toBe(false);
  });

  test("join since a position, and are answered before what comes live", async () => {
    const running = await chat();
    const { io } = running;
    for (let index = 1; index <= 5; index += 1) await io.room("chat:1").publish("message", index);
    const { position } = await io.room("chat:1").history();
    const client = await connected(running);
    const seen: unknown[] = [];
    client.on("message", (value) => seen.push(value));
    const answered = client
      .emitWithAck("openline:join", { room: "chat:1", since: { ...position, offset: 3 } })
      .then((answer) => {
        seen.push(answer.messages.map(({ args }: { args: unknown[] }) => args[0]));
        return answer;
      });
    io.to("chat:1").emit("message", 6);
    const answer = await answered;
    expect(answer).toMatchObject({ gap: false, hasMore: false });
    await io.room("chat:1").publish("message", 7);
    await expect.poll(() => seen.at(-1)).toBe(7);
    const numbers = seen.flat();
    expect(numbers).toEqual([4, 5, 6, 7]);
  });

  test("join from now on, if they do not say since when", async () => {
    const running = await chat();
    const { io } = running;
    await io.room("chat:1").publish("message", 1);
    const { position } = await io.room("chat:1").history();
    const client = await connected(running);
    for (const since of [undefined, null]) {
      expect(await client.emitWithAck("openline:join", { room: "chat:1", since })).toEqual({
        messages: [],
        position,
        gap: false,
        hasMore: false,
      });
    }
  });

  test("are refused with a code where the rule does not let them", async () => {
    const running = await chat();
    const client = await connected(running);
    const ask = (event: string, fields: unknown): Promise<unknown> =>
      client.emitWithAck(`openline:${event}`, fields);
    const forbidden = { code: "OPENLINE_FORBIDDEN" };
    const bad = { code: "OPENLINE_BAD_REQUEST" };
    expect(await ask("join", { room: "chat:secret" })).toMatchObject(forbidden);
    expect(await ask("join", { room: "unruled" })).toMatchObject(forbidden);
    expect(await ask("join", { room: client.id })).toMatchObject(forbidden);
    expect(await ask("history", { room: "unruled" })).toMatchObject(forbidden);
    expect(await ask("publish", { room: "unruled", event: "x" })).toMatchObject(forbidden);
    expect(await ask("publish", { room: "chat:1" })).toMatchObject(bad);
    expect(await ask("publish", { room: "chat:1", event: "connect" })).toMatchObject(bad);
    expect(await ask("publish", { room: "chat:1", event: "x", id: 7 })).toMatchObject(bad);
    expect(await ask("history", { room: "chat:1", limit: -1 })).toMatchObject(bad);
    expect(await ask("join", { room: "chat:1", since: "yesterday" })).toMatchObject(bad);
    expect(await ask("join", null)).toMatchObject(bad);
    expect(await ask("dance", { room: "chat:1" })).toMatchObject(bad);
    expect(running.io.sockets.adapter.rooms.has("chat:1")).toBe(false);
  });

  test("read history forwards and backwards", async () => {
    const running = await chat();
    for (let index = 1; index <= 5; index += 1) {
      await running.io.room("chat:1").publish("message", index);
    }
    const client = await connected(running);
    const read = async (query: object): Promise<unknown> => {
      const fields = { room: "chat:1", ...query };
      const { messages, hasMore } = await client.emitWithAck("openline:history", fields);
      return [messages.map(({ offset }: { offset: number }) => offset), hasMore];
    };
    expect(await read({ limit: 2 })).toEqual([[4, 5], true]);
    expect(await read({ before: 4, limit: 2 })).toEqual([[2, 3], true]);
    expect(await read({ before: 4 })).toEqual([[1, 2, 3], false]);
    expect(await read({ after: 1, limit: 2 })).toEqual([[2, 3], true]);
    expect(await read({ after: 3 })).toEqual([[4, 5], false]);
  });
});
