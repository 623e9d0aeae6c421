import { expect, test } from "vitest";
import { connected, first, start } from "../server.fixture.ts";
import type { Socket } from "../socket.ts";

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

  const lost = first(io.sockets.sockets.get(client.id ?? "") as Socket, "disconnect");
  client.io.engine.close();
  await lost;
  // More than one lap of a replay, with room for answers between the pages.
  const missed = Array.from({ length: 1_000 }, (_, index) => index + 1);
  await Promise.all(missed.map((number) => io.room("chat:1").publish("message", number)));
  const back = first(client, "connect");
  client.connect();
  await back;
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
