import { describe, expect, test } from "vitest";
import { connected, first, start } from "../server.fixture.ts";
import { back, chat, collect, cut, type Stock, socketOf } from "./chat.fixture.ts";

for (const transport of ["websocket", "polling"] as const) {
  const options = { transports: [transport] };
  describe(`a stock client on ${transport}`, () => {
    test("gets what was published while it was away, once and in order", async () => {
      const running = await chat();
      const { io } = running;
      const client = await connected(running, options);
      const messages = collect(client, "message");
      await client.emitWithAck("enter", "chat:1");
      await io.room("chat:1").publish("message", 1);
      await messages.until(1);
      await cut(running, client);
      await io.room("chat:1").publish("message", 2);
      io.to("chat:1").emit("message", 3);
      await back(client);
      expect(client.recovered).toBe(true);
      await io.room("chat:1").publish("message", 4);
      await messages.until(4);
      expect(messages.got).toEqual([1, 2, 3, 4]);
    });

    test("keeps its id, its rooms and its data", async () => {
      const running = await chat();
      const client = await connected(running, options);
      await client.emitWithAck("enter", "chat:1");
      const before = socketOf(running, client);
      before.data.name = "Ada";
      await cut(running, client);
      await back(client);
      const after = socketOf(running, client);
      expect(after).not.toBe(before);
      expect(after.recovered).toBe(true);
      expect(after.id).toBe(before.id);
      expect(after.data).toEqual({ name: "Ada" });
      expect([...after.rooms].sort()).toEqual([after.id, "chat:1"].sort());
    });

    test("gets events that are not logged, between those that are", async () => {
      const running = await chat();
      const { io } = running;
      const client = await connected(running, options);
      const messages = collect(client, "message");
      await client.emitWithAck("enter", "chat:1");
      await client.emitWithAck("enter", "lobby");
      io.emit("message", "hello");
      await messages.until(1);
      await cut(running, client);
      io.to("lobby").emit("message", "a");
      await io.room("chat:1").publish("message", "b");
      io.emit("message", "c");
      io.to("elsewhere").emit("message", "not this");
      io.except("lobby").emit("message", "nor this");
      await io.room("chat:1").publish("message", "d");
      await back(client);
      await messages.until(5);
      io.emit("message", "e");
      await messages.until(6);
      expect(messages.got).toEqual(["hello", "a", "b", "c", "d", "e"]);
    });

    test("gets what is not logged behind the last that is, too", async () => {
      const running = await chat();
      const { io } = running;
      const client = await connected(running, options);
      const messages = collect(client, "message");
      await client.emitWithAck("enter", "chat:1");
      await io.room("chat:1").publish("message", 1);
      await messages.until(1);
      await cut(running, client);
      await io.room("chat:1").publish("message", 2);
      io.emit("message", 3);
      await back(client);
      io.emit("message", 4);
      await messages.until(4);
      expect(messages.got).toEqual([1, 2, 3, 4]);
    });

    test("gets what was meant for it alone while it was away, if the server keeps that", async () => {
      const running = await start({ connectionStateRecovery: {} });
      const client = await connected(running, options);
      const messages = collect(client, "message");
      const before = socketOf(running, client);
      before.emit("message", 1);
      await messages.until(1);
      await cut(running, client);
      running.io.to(before.id).emit("message", 2);
      await back(client);
      socketOf(running, client).emit("message", 3);
      await messages.until(3);
      expect(messages.got).toEqual([1, 2, 3]);
    });

    test("gets bytes as they were", async () => {
      const running = await chat();
      const client = await connected(running, options);
      const messages = collect(client, "message");
      await client.emitWithAck("enter", "chat:1");
      const bytes = Buffer.from([1, 2, 3]);
      await running.io.room("chat:1").publish("message", { bytes, name: "x" });
      await messages.until(1);
      await cut(running, client);
      await running.io.room("chat:1").publish("message", [bytes, bytes]);
      await back(client);
      await messages.until(2);
      expect(messages.got).toEqual([{ bytes, name: "x" }, [bytes, bytes]]);
    });
  });
}

describe("a session", () => {
  test("is taken over from a connection that only looks alive", async () => {
    const running = await chat();
    const old = await connected(running, { transports: ["websocket"] });
    await old.emitWithAck("enter", "chat:1");
    const { id } = old;
    const { _pid: pid } = old as unknown as Stock;
    const lost = first(socketOf(running, old), "disconnect");
    const next = await connected(running, { auth: { pid } });
    await lost;
    expect(next.id).toBe(id);
    const messages = collect(next, "message");
    await running.io.room("chat:1").publish("message", 1);
    await messages.until(1);
    expect(running.io.sockets.sockets.size).toBe(1);
  });

  test("lets go of its connection when that is lost", async () => {
    const running = await chat();
    const client = await connected(running);
    const { subscriber } = socketOf(running, client);
    expect(subscriber?.isGone).toBe(false);
    await cut(running, client);
    expect(subscriber?.isGone).toBe(true);
  });

  test("that is not known is answered by a new one, and by a declared gap", async () => {
    const running = await chat();
    const client = await connected(running);
    await cut(running, client);
    (client as unknown as Stock)._pid = "not-a-session";
    const gap = first(client, "openline:gap");
    await back(client);
    expect(await gap).toEqual([{ reason: "expired" }]);
    expect(client.recovered).toBe(false);
  });

  test("whose messages are not kept any more is told in which rooms", async () => {
    const running = await start();
    const { io } = running;
    io.rooms("short", { delivery: "durable", history: { maxMessages: 1 } });
    io.rooms("long", { delivery: "durable" });
    io.on("connection", (socket) => void socket.join(["short", "long"]));
    const client = await connected(running);
    const messages = collect(client, "message");
    await io.room("short").publish("message", 0);
    await messages.until(1);
    await cut(running, client);
    for (let index = 1; index <= 3; index += 1) await io.room("short").publish("message", index);
    await io.room("long").publish("message", 4);
    await expect.poll(async () => (await io.room("short").history()).messages.length).toBe(1);
    const gap = first(client, "openline:gap");
    await back(client);
    expect(await gap).toEqual([{ reason: "retention", rooms: ["short"] }]);
    expect(client.recovered).toBe(false);
  });

  test("gets nothing from before it joined, nor from after it left", async () => {
    const running = await chat();
    const { io } = running;
    const client = await connected(running);
    const messages = collect(client, "message");
    await io.room("chat:1").publish("message", "before");
    await client.emitWithAck("enter", "chat:1");
    await client.emitWithAck("enter", "chat:2");
    await io.room("chat:1").publish("message", "in");
    await messages.until(1);
    void socketOf(running, client).leave("chat:1");
    await io.room("chat:1").publish("message", "after");
    await cut(running, client);
    await io.room("chat:1").publish("message", "away");
    await io.room("chat:2").publish("message", "end");
    await back(client);
    await messages.until(2);
    expect(messages.got).toEqual(["in", "end"]);
  });

  test("of somebody else is not given back", async () => {
    const running = await start({
      connectionStateRecovery: { principal: (socket) => socket.handshake.auth.user ?? null },
    });
    const client = await connected(running, { auth: { user: "ada" } });
    await cut(running, client);
    const gap = first(client, "openline:gap");
    client.auth = { user: "eve" };
    await back(client);
    expect(client.recovered).toBe(false);
    expect(await gap).toEqual([{ reason: "principal" }]);
  });

  test("is not given back to whom the middlewares refuse", async () => {
    const running = await chat();
    let isRevoked = false;
    running.io.use((_socket, next) => next(isRevoked ? new Error("revoked") : undefined));
    const client = await connected(running);
    await client.emitWithAck("enter", "chat:1");
    await cut(running, client);
    isRevoked = true;
    const refused = first(client, "connect_error");
    client.connect();
    await refused;
    expect(running.io.sockets.adapter.rooms.has("chat:1")).toBe(false);
    isRevoked = false;
    await back(client);
    expect(client.recovered).toBe(true);
    expect(running.io.sockets.adapter.rooms.get("chat:1")?.size).toBe(1);
  });

  test("whose client is away is thrown out like those that are here", async () => {
    const running = await chat();
    const { io } = running;
    const left = await connected(running);
    const ended = await connected(running);
    const messages = collect(left, "message");
    for (const client of [left, ended]) await client.emitWithAck("enter", "chat:1");
    await left.emitWithAck("enter", "chat:2");
    await io.room("chat:1").publish("message", 1);
    await messages.until(1);
    await cut(running, left);
    await cut(running, ended);
    io.in("chat:2").socketsLeave("chat:1");
    io.in("chat:1").disconnectSockets();
    await io.room("chat:1").publish("message", 2);
    await io.room("chat:2").publish("message", 3);
    await back(left);
    await messages.until(2);
    expect(messages.got).toEqual([1, 3]);
    await back(ended);
    expect([left.recovered, ended.recovered]).toEqual([true, false]);
  });

  test("cannot be brought back by who is still in the middlewares when it is ended", async () => {
    const running = await chat();
    const { io } = running;
    let ask = (): void => {};
    let letIn = (): void => {};
    let isSlow = false;
    const asked = new Promise<void>((resolve) => {
      ask = resolve;
    });
    io.use((_socket, next) => {
      if (!isSlow) return next();
      letIn = next;
      ask();
    });
    const client = await connected(running, { transports: ["websocket"] });
    await client.emitWithAck("enter", "chat:1");
    await cut(running, client);
    isSlow = true;
    client.connect();
    await asked;
    const dropped = first(client.io, "close");
    io.in("chat:1").disconnectSockets();
    letIn();
    await dropped;
    isSlow = false;
    await back(client);
    expect(client.recovered).toBe(false);
    expect(io.sockets.adapter.rooms.has("chat:1")).toBe(false);
  });

  test("gets all that is not logged, however many pages it is", async () => {
    const running = await chat();
    const client = await connected(running);
    const messages = collect(client, "message");
    running.io.emit("message", 0);
    await messages.until(1);
    await cut(running, client);
    const count = 2_000;
    for (let index = 1; index < count; index += 1) running.io.emit("message", index);
    await back(client);
    await messages.until(count);
    expect(messages.got).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  test("goes on when it is cut again and again amid a replay", async () => {
    const running = await chat();
    const { io } = running;
    const client = await connected(running, { transports: ["websocket"] });
    const messages = collect(client, "message");
    await client.emitWithAck("enter", "chat:1");
    await io.room("chat:1").publish("message", 0);
    await messages.until(1);
    await cut(running, client);
    const count = 3_000;
    for (let index = 1; index < count; index += 1) io.to("chat:1").emit("message", index);
    let cuts = 0;
    client.on("message", (index: number) => {
      if (index % 500 !== 0) return;
      cuts += 1;
      // Not at once: the client would keep what it has decoded, and show it again after the resume.
      setImmediate(() => (client as unknown as Stock).io.engine.close());
    });
    while (cuts < 5) {
      const lost = first(client, "disconnect");
      await back(client);
      expect(client.recovered).toBe(true);
      await lost;
    }
    await back(client);
    await messages.until(count);
    await io.room("chat:1").publish("message", count);
    await messages.until(count + 1);
    expect(messages.got).toEqual(Array.from({ length: count + 1 }, (_, index) => index));
  });
});
