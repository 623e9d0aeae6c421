import parser from "socket.io-msgpack-parser";
import { expect, test } from "vitest";
import { connected, first, type Running, start } from "../server.fixture.ts";
import type { Socket } from "../socket.ts";

async function chat(options: Parameters<typeof start>[0] = {}): Promise<Running> {
  const running = await start(options);
  const { io } = running;
  io.rooms("chat:*", { delivery: "durable", authorize: () => true });
  io.rooms("price:*", { delivery: "latest", authorize: () => true });
  io.rooms("typing:*", { delivery: "ephemeral", authorize: () => true });
  io.on("connection", (socket: Socket) => {
    socket.on("enter", async (room: string, done: () => void) => {
      await socket.join(room);
      done();
    });
  });
  return running;
}

type Client = Awaited<ReturnType<typeof connected>>;

/** What comes, but for cursors. */
function watch(client: Client): unknown[][] {
  const seen: unknown[][] = [];
  client.onAny((...args: unknown[]) => seen.push(args.slice(0, -1)));
  return seen;
}

const join = (client: Client, room: string, since?: unknown): Promise<Record<string, unknown>> =>
  client.emitWithAck("openline:join", { room, since, channel: true });

async function lose(running: Running, client: Client): Promise<void> {
  const socket = running.io.sockets.sockets.get(client.id ?? "") as Socket;
  const lost = first(socket, "disconnect");
  client.io.engine.close();
  await lost;
}

async function comeBack(client: Client): Promise<void> {
  const back = first(client, "connect");
  client.connect();
  await back;
}

const time = expect.any(Number);

test("a channel gets the messages of its room with their places", async () => {
  const running = await chat();
  const { io } = running;
  const client = await connected(running);
  const seen = watch(client);
  await join(client, "chat:1");
  await io.room("chat:1").publish("message", { text: "one" }, { id: "a" });
  io.to("chat:1").emit("message", "two", new Uint8Array([1, 2]));
  io.to(["typing:1", "chat:1"]).emit("both");
  await expect.poll(() => seen).toHaveLength(3);
  io.emit("all");
  await expect.poll(() => seen).toHaveLength(4);
  expect(seen).toEqual([
    ["openline:message", ["chat:1", 1, time, "a"], "message", { text: "one" }],
    ["openline:message", ["chat:1", 2, time, null], "message", "two", Buffer.from([1, 2])],
    ["openline:message", ["chat:1", 3, time, null], "both"],
    ["all"],
  ]);
});

test("others get them as they are", async () => {
  const running = await chat();
  const { io } = running;
  const client = await connected(running);
  const seen = watch(client);
  await client.emitWithAck("openline:join", { room: "chat:1" });
  const other = await connected(running);
  await join(other, "chat:1");
  await io.room("chat:1").publish("message", "one");
  await expect.poll(() => seen).toEqual([["message", "one"]]);
});

test.each([["websocket"], ["polling"]])(
  "it gets what is not logged with its room alone, by %s",
  async (transport) => {
    const running = await chat();
    const { io } = running;
    const client = await connected(running, { transports: [transport] });
    const seen = watch(client);
    io.to("price:1").emit("price", 99);
    await join(client, "price:1");
    await join(client, "typing:1");
    io.to(["other", "typing:1"]).emit("typing", "Ann");
    io.to("typing:1").emit("typing", "Bob");
    io.to("price:1").emit("price", 100);
    await expect.poll(() => seen).toHaveLength(4);
    expect(seen).toEqual([
      ["openline:message", ["price:1", null], "price", 99],
      ["openline:message", ["typing:1", null], "typing", "Ann"],
      ["openline:message", ["typing:1", null], "typing", "Bob"],
      ["openline:message", ["price:1", null], "price", 100],
    ]);
  },
);

test("it gets the same form by a replay", async () => {
  const running = await chat();
  const { io } = running;
  const client = await connected(running, { transports: ["websocket"] });
  const seen = watch(client);
  await join(client, "chat:1");
  await join(client, "typing:1");
  await join(client, "price:1");
  await client.emitWithAck("enter", "chat:2");
  io.emit("begin");
  await expect.poll(() => seen).toHaveLength(1);
  await lose(running, client);
  io.to("typing:1").emit("typing", "Ann");
  io.to("price:1").emit("price", 100);
  await io.room("chat:1").publish("message", "one");
  await io.room("chat:2").publish("message", "two");
  await comeBack(client);
  expect(client.recovered).toBe(true);
  await expect.poll(() => seen).toHaveLength(5);
  expect(seen.slice(1)).toEqual([
    ["openline:message", ["typing:1", null], "typing", "Ann"],
    ["openline:message", ["chat:1", 1, time, null], "message", "one"],
    ["message", "two"],
    ["openline:message", ["price:1", null], "price", 100],
  ]);
});

test("it counts on over what is not for it", async () => {
  const running = await chat();
  const { io } = running;
  const client = await connected(running, { transports: ["websocket"] });
  const seen = watch(client);
  await join(client, "chat:1");
  await join(client, "chat:2");
  io.to("chat:1")
    .except(client.id ?? "")
    .emit("message", "for others");
  io.to(["chat:1", "chat:2"]).emit("message", "once");
  await expect.poll(() => seen).toHaveLength(3);
  expect(seen).toEqual([
    ["openline:message", ["chat:1", 1]],
    ["openline:message", ["chat:1", 2, time, null], "message", "once"],
    ["openline:message", ["chat:2", 1]],
  ]);
  const { id = "" } = client;
  await lose(running, client);
  io.to("chat:1").except(id).emit("message", "for others");
  await io.room("chat:1").publish("message", "last");
  await comeBack(client);
  await expect.poll(() => seen).toHaveLength(5);
  expect(seen.slice(3)).toEqual([
    ["openline:message", ["chat:1", 3]],
    ["openline:message", ["chat:1", 4, time, null], "message", "last"],
  ]);
});

test("a room that it was in becomes a channel, and leaving it ends that", async () => {
  const running = await chat();
  const { io } = running;
  const client = await connected(running, { transports: ["websocket"] });
  const seen = watch(client);
  await client.emitWithAck("enter", "chat:1");
  await io.room("chat:1").publish("message", 1);
  await join(client, "chat:1");
  await io.room("chat:1").publish("message", 2);
  await client.emitWithAck("openline:leave", { room: "chat:1" });
  await io.room("chat:1").publish("message", 3);
  await client.emitWithAck("enter", "chat:1");
  await io.room("chat:1").publish("message", 4);
  await expect.poll(() => seen).toHaveLength(3);
  expect(seen).toEqual([
    ["message", 1],
    ["openline:message", ["chat:1", 2, time, null], "message", 2],
    ["message", 4],
  ]);
});

test("what came before it was made to leave still comes, by a replay", async () => {
  const running = await chat();
  const { io } = running;
  const client = await connected(running, { transports: ["websocket"] });
  const seen = watch(client);
  await join(client, "chat:1");
  const socket = io.sockets.sockets.get(client.id ?? "") as Socket;
  // Its answer, and the message, are lost with the line.
  client.io.engine.transport.close();
  await io.room("chat:1").publish("message", 1);
  void socket.leave("chat:1");
  await first(socket, "disconnect");
  await comeBack(client);
  await io.room("chat:1").publish("message", 2);
  io.emit("end");
  await expect.poll(() => seen).toHaveLength(2);
  expect(seen).toEqual([["openline:message", ["chat:1", 1, time, null], "message", 1], ["end"]]);
  expect(client.recovered).toBe(true);
});

test("a join with a place answers with what came since", async () => {
  const running = await chat();
  const { io } = running;
  for (const number of [1, 2, 3]) await io.room("chat:1").publish("message", number);
  const client = await connected(running);
  const seen = watch(client);
  const { position } = await io.room("chat:1").history();
  const answer = await join(client, "chat:1", { ...position, offset: 1 });
  expect(answer).toMatchObject({ gap: false, messages: [{ offset: 2 }, { offset: 3 }] });
  // The beginning of an epoch stands for it: it is what cursors carry.
  const short = { epoch: position.epoch.slice(0, 8), offset: 2 };
  expect(await join(client, "chat:1", short)).toMatchObject({
    gap: false,
    messages: [{ offset: 3 }],
  });
  expect(await join(client, "chat:1", { epoch: "elsewhere", offset: 2 })).toMatchObject({
    gap: true,
  });
  expect(seen).toEqual([]);
});

test("it is the same in other namespaces", async () => {
  const running = await chat();
  const { io } = running;
  const odd = io.of("/a[[b]");
  odd.rooms("chat:*", { delivery: "durable", authorize: () => true });
  const client = (await connected(running)).io.socket("/a[[b]");
  await first(client, "connect");
  const seen = watch(client);
  await join(client, "chat:1");
  await odd.room("chat:1").publish("message", "one");
  odd.to("chat:1").emit("message", new Uint8Array([1]), "two");
  await expect.poll(() => seen).toHaveLength(2);
  expect(seen).toEqual([
    ["openline:message", ["chat:1", 1, time, null], "message", "one"],
    ["openline:message", ["chat:1", 2, time, null], "message", Buffer.from([1]), "two"],
  ]);
});

test.each([undefined, parser])("what has no cursor ends in null for it", async (parser) => {
  const running = await chat({ connectionStateRecovery: false, ...(parser && { parser }) });
  const { io } = running;
  const client = await connected(running, parser && { parser });
  const seen: unknown[] = [];
  client.onAny((...args: unknown[]) => seen.push(args));
  await join(client, "typing:1");
  io.to("typing:1").emit("typing", { who: "Ann" });
  io.to("typing:1").emit("typing");
  io.to("typing:1").emit("typing", 1, [2]);
  io.to("other").to("typing:1").emit("typing", "text");
  await expect.poll(() => seen).toHaveLength(4);
  const head = ["openline:message", ["typing:1", null], "typing"];
  expect(seen).toEqual([
    [...head, { who: "Ann" }, null],
    [...head, expect.any(String)],
    [...head, 1, [2], null],
    [...head, "text", expect.any(String)],
  ]);
});

test("and with another parser", async () => {
  const running = await chat({ parser });
  const { io } = running;
  const client = await connected(running, { parser });
  const seen = watch(client);
  await join(client, "chat:1");
  await join(client, "typing:1");
  io.to("chat:1").emit("message", { one: [1] }, "two");
  await expect.poll(() => seen).toHaveLength(1);
  io.to("typing:1").emit("typing");
  await expect.poll(() => seen).toHaveLength(2);
  expect(seen).toEqual([
    ["openline:message", ["chat:1", 1, time, null], "message", { one: [1] }, "two"],
    ["openline:message", ["typing:1", null], "typing"],
  ]);
});

test("what a client numbers is logged in that order, or refused", async () => {
  const running = await chat();
  const { io } = running;
  const client = await connected(running, { transports: ["websocket"] });
  const publish = (sequence: number, room = "chat:1", epoch = 0): Promise<unknown> =>
    client.emitWithAck("openline:publish", {
      room,
      event: "message",
      data: sequence,
      id: `${epoch}-${sequence}`,
      producer: "tab",
      epoch,
      sequence,
    });
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => publish(index)));
  const offsets = answers.map((answer) => (answer as { offset: number }).offset);
  expect(offsets).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  // A room that nobody may publish in takes the rest of the epoch with it.
  expect(await Promise.all([publish(50, "secret"), publish(51)])).toMatchObject([
    { code: "OPENLINE_FORBIDDEN" },
    { code: "OPENLINE_OUT_OF_ORDER" },
  ]);
  expect(await publish(0, "chat:1", 1)).toMatchObject({ offset: 51, duplicate: false });
  expect(await client.emitWithAck("openline:ping")).toEqual({});
  const { messages } = await io.room("chat:1").history({ after: 0 });
  expect(messages.map(({ args: [data] }) => data)).toEqual([
    ...Array.from({ length: 50 }, (_, index) => index),
    0,
  ]);
});
