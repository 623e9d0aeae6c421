import type { ChannelMessage } from "@openline/client/channels";
import { ChannelError, memoryStore } from "@openline/client/channels";
import { defineContract } from "@openline/client/contract";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { clientOf, place } from "./channels.fixture.ts";

/** What a channel delivers, as it comes. */
function watch(channel: {
  onAny(listener: (message: ChannelMessage) => void): unknown;
}): unknown[] {
  const seen: unknown[] = [];
  channel.onAny(({ offset, data }) => seen.push([offset, data]));
  return seen;
}

async function joined(channel: {
  readonly status: string;
  once(event: "joined", listener: () => void): unknown;
}): Promise<void> {
  if (channel.status === "joined") return;
  await new Promise<void>((resolve) => channel.once("joined", () => resolve()));
}

describe("a channel", () => {
  test("gets what is published in its room, with its place", async () => {
    const { io, ...server } = await place();
    const client = clientOf(server);
    const chat = client.channel("chat:1");
    const messages: unknown[] = [];
    chat.on("message", (data, { offset, id, args }) => messages.push([data, offset, id, args]));
    expect(chat.status).toBe("joining");
    await joined(chat);
    expect(chat.status).toBe("joined");
    await io.room("chat:1").publish("message", { text: "a" }, { id: "first" });
    io.to("chat:1").emit("message", "b", "c");
    await expect.poll(() => messages).toHaveLength(2);
    expect(messages).toEqual([
      [{ text: "a" }, 1, "first", [{ text: "a" }]],
      ["b", 2, null, ["b", "c"]],
    ]);
    expect(chat.position?.offset).toBe(2);
    expect(client.channel("chat:1")).toBe(chat);
  });

  test("publishes, in order and with a place", async () => {
    const server = await place();
    const chat = clientOf(server).channel("chat:1");
    const seen = watch(chat);
    await joined(chat);
    const published = await Promise.all(
      Array.from({ length: 200 }, (_each, index) => chat.publish("message", index)),
    );
    expect(published.map(({ offset }) => offset)).toEqual(
      Array.from({ length: 200 }, (_each, index) => index + 1),
    );
    await expect.poll(() => seen).toHaveLength(200);
    expect(seen).toEqual(Array.from({ length: 200 }, (_each, index) => [index + 1, index]));
    const again = await chat.publish("message", "x", { id: "x" });
    expect(await chat.publish("message", "x", { id: "x" })).toEqual({ ...again, duplicate: true });
  });

  test("begins with the newest, and reads further back", async () => {
    const { io, ...server } = await place();
    for (let count = 1; count <= 10; count++) await io.room("chat:1").publish("message", count);
    const chat = clientOf(server).channel("chat:1", { last: 3 });
    const seen = watch(chat);
    await expect.poll(() => seen).toHaveLength(3);
    expect(seen[0]).toEqual([8, 8]);
    const { messages, hasMore } = await chat.history({ before: 8, limit: 2 });
    expect([messages.map(({ data }) => data), hasMore]).toEqual([[6, 7], true]);
  });

  test("gets what it has missed, each once and in order", async () => {
    const server = await place();
    const chat = clientOf(server).channel("chat:1", { from: "start" });
    const seen = watch(chat);
    for (let count = 1; count <= 30; count++) {
      if (count % 7 === 0) server.cut();
      await server.io.room("chat:1").publish("message", count);
    }
    await expect.poll(() => seen).toHaveLength(30);
    expect(seen).toEqual(Array.from({ length: 30 }, (_each, index) => [index + 1, index + 1]));
  });

  test("tells of what the room does not keep any more", async () => {
    const server = await place({ connectionStateRecovery: { maxDisconnectionDuration: 1 } });
    const chat = clientOf(server).channel("short:1", { from: "start" });
    const seen = watch(chat);
    const gaps: unknown[] = [];
    chat.on("gap", (gap) => gaps.push(gap));
    await server.io.room("short:1").publish("message", 1);
    await expect.poll(() => seen).toHaveLength(1);
    server.open(false);
    const history = () => server.io.room("short:1").history({ after: 0 });
    for (let count = 2; count <= 20; count++) {
      await server.io.room("short:1").publish("message", count);
    }
    await expect
      .poll(async () => (await history()).messages[0]?.offset, { timeout: 20_000 })
      .toBe(16);
    server.open(true);
    await expect.poll(() => seen).toHaveLength(6);
    expect(gaps).toEqual([{ reason: "retention", from: 2, to: 15 }]);
    expect(seen.slice(1)).toEqual([16, 17, 18, 19, 20].map((offset) => [offset, offset]));
  });

  test("gets what is not logged, too", async () => {
    const server = await place();
    const [one, other] = [clientOf(server), clientOf(server)];
    const typing = one.channel("typing:1");
    const seen = watch(typing);
    await Promise.all([joined(typing), joined(other.channel("typing:1"))]);
    other.channel("typing:1").emit("typing", "Ann");
    expect(await other.channel("typing:1").publish("typing", "Bob")).toMatchObject({
      offset: null,
    });
    await expect
      .poll(() => seen)
      .toEqual([
        [null, "Ann"],
        [null, "Bob"],
      ]);
    expect(typing.position).toBeNull();
  });

  test("that is refused says so, and so does a publish", async () => {
    const server = await place();
    const client = clientOf(server);
    const secret = client.channel("secret:1");
    const error = await new Promise<ChannelError>((resolve) => secret.on("error", resolve));
    expect([error.code, secret.status]).toEqual(["OPENLINE_FORBIDDEN", "refused"]);
    const chat = client.channel("chat:1");
    const outcomes = await Promise.allSettled([
      chat.publish("message", 1),
      secret.publish("message", 2),
      chat.publish("message", 3),
    ]);
    expect(outcomes).toMatchObject([
      { value: { offset: 1 } },
      { reason: { code: "OPENLINE_FORBIDDEN" } },
      { value: { offset: 2 } },
    ]);
    await expect(secret.history()).rejects.toThrow(ChannelError);
    await expect(secret[Symbol.asyncIterator]().next()).rejects.toThrow("You may not join");
  });

  test("of a contract is told what is wrong with what it publishes", async () => {
    const contract = defineContract({
      rooms: { "chat:*": { message: z.object({ text: z.string() }) } },
    });
    const server = await place({ contract });
    const chat = clientOf(server, { contract }).channel("chat:1");
    const seen = watch(chat);
    const bad = chat.publish("message", { text: 1 } as never); // as plain JavaScript could
    const good = chat.publish("message", { text: "a" });
    await expect(bad).rejects.toMatchObject({
      code: "OPENLINE_INVALID",
      details: [expect.objectContaining({ path: expect.anything() })],
    });
    expect(await good).toMatchObject({ offset: 1 });
    await joined(chat);
    await server.io.room("chat:1").publish("message", { text: "b" });
    await expect.poll(() => seen.at(-1)).toEqual([2, { text: "b" }]);
  });

  test("that was left gets nothing more, and is another one the next time", async () => {
    const server = await place();
    const client = clientOf(server);
    const chat = client.channel("chat:1");
    const seen = watch(chat);
    await joined(chat);
    chat.leave();
    expect(chat.status).toBe("left");
    const again = client.channel("chat:1");
    expect(again).not.toBe(chat);
    const seenAgain = watch(again);
    await joined(again);
    await server.io.room("chat:1").publish("message", 1);
    await expect.poll(() => seenAgain).toHaveLength(1);
    expect(seen).toEqual([]);
    await expect(chat.publish("message", 2)).rejects.toThrow("was left");
  });
});

test.each([["websocket"], ["polling"]])(
  "what is too large for the server does not keep the rest from it, by %s",
  async (transport) => {
    const server = await place({ maxHttpBufferSize: 2_000 });
    const chat = clientOf(server, { transports: [transport] }).channel("chat:1");
    const outcomes = await Promise.allSettled(
      ["a", "b", "c".repeat(3_000), "d", "e"].map((data) => chat.publish("message", data)),
    );
    expect(outcomes).toMatchObject([
      { value: { offset: 1 } },
      { value: { offset: 2 } },
      { reason: { code: "OPENLINE_TOO_LARGE" } },
      { value: { offset: 3 } },
      { value: { offset: 4 } },
    ]);
  },
);

describe("what is written while there is no line", () => {
  test("goes out once and in order when it is back", async () => {
    const server = await place();
    server.open(false);
    const client = clientOf(server);
    const chat = client.channel("chat:1");
    const publishes = [1, 2, 3].map((data) => chat.publish("message", data));
    await expect.poll(() => client.outbox.get()).toHaveLength(3);
    expect(client.outbox.get()[0]).toMatchObject({ room: "chat:1", args: [1], state: "waiting" });
    server.open(true);
    expect((await Promise.all(publishes)).map(({ offset }) => offset)).toEqual([1, 2, 3]);
    await expect.poll(() => client.outbox.get()).toEqual([]);
    expect(client.connection.get()).toMatchObject({ state: "connected", reason: null });
  });

  test("is kept by a store for the next client, and so is its place", async () => {
    const server = await place();
    const persist = memoryStore();
    const before = clientOf(server, { persist });
    const chat = before.channel("chat:1");
    const seen = watch(chat);
    await joined(chat);
    await server.io.room("chat:1").publish("message", "a");
    await expect.poll(() => seen).toHaveLength(1);
    server.open(false);
    const rejected = expect(chat.publish("message", "b")).rejects.toThrow("closed");
    await expect.poll(() => before.outbox.get()).toHaveLength(1);
    await expect.poll(() => before.connection.get().state).toBe("waiting");
    before.close();
    await rejected;
    await server.io.room("chat:1").publish("message", "c");
    server.open(true);
    const after = clientOf(server, { persist });
    const seenAfter = watch(after.channel("chat:1"));
    await expect
      .poll(() => seenAfter)
      .toEqual([
        [2, "c"],
        [3, "b"],
      ]);
  });

  test("keeps where it has joined for the next client, also if nothing has come yet", async () => {
    const server = await place();
    const persist = memoryStore();
    await server.io.room("chat:1").publish("message", "a");
    const before = clientOf(server, { persist });
    const chat = before.channel("chat:1");
    await joined(chat);
    await expect.poll(() => chat.position?.offset).toBe(1);
    before.close();
    await server.io.room("chat:1").publish("message", "b");
    const seen = watch(clientOf(server, { persist }).channel("chat:1"));
    await expect.poll(() => seen).toEqual([[2, "b"]]);
  });
});
