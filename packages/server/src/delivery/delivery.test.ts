import { describe, expect, test } from "vitest";
import type { LogStore } from "../log/log.ts";
import { memoryLog } from "../log/memory-log.ts";
import { connected, first, type Running, start } from "../server.fixture.ts";
import type { Socket } from "../socket.ts";

/** What a stock client keeps of its session. */
interface Stock {
  recovered: boolean;
  _pid?: string;
  _lastOffset?: string;
  io: { engine: { close(): void } };
}

type Client = Awaited<ReturnType<typeof connected>>;

/** Cuts a client's connection, and waits until both sides have seen it. */
async function cut(running: Running, client: Client, namespace = "/"): Promise<void> {
  const socket = socketOf(running, client, namespace);
  const lost = first(socket, "disconnect");
  (client as unknown as Stock).io.engine.close();
  await lost;
}

function socketOf({ io }: Running, { id = "" }: Client, namespace = "/"): Socket {
  return io.of(namespace).sockets.get(id) as Socket;
}

async function back(client: Client): Promise<void> {
  const connected = first(client, "connect");
  client.connect();
  await connected;
}

/** Collects events of that name; `until(n)` resolves when there are so many. */
function collect(
  client: Client,
  event: string,
): { got: unknown[]; until(count: number): Promise<void> } {
  const got: unknown[] = [];
  let wake: (() => void) | null = null;
  client.on(event, (value: unknown) => {
    got.push(value);
    wake?.();
  });
  return {
    got,
    until: async (count) => {
      while (got.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

function chat(): Promise<Running> {
  return chatOn(memoryLog());
}

async function chatOn(log: LogStore): Promise<Running> {
  const running = await start({ log });
  running.io.rooms("chat:*", {
    delivery: "durable",
    authorize: (_socket, _action, room) => room !== "chat:secret",
  });
  running.io.on("connection", (socket) => {
    socket.on("enter", async (room: string, answer: () => void) => {
      await socket.join(room);
      answer();
    });
  });
  return running;
}

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
    const { _pid: pid } = old as unknown as Stock;
    const lost = first(socketOf(running, old), "disconnect");
    const next = await connected(running, { auth: { pid } });
    await lost;
    expect(next.id).toBe(old.id === undefined ? next.id : old.id);
    const messages = collect(next, "message");
    await running.io.room("chat:1").publish("message", 1);
    await messages.until(1);
    expect(running.io.sockets.sockets.size).toBe(1);
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

describe("latest rooms", () => {
  test("give who comes back again what may not have arrived", async () => {
    const running = await start();
    const { io } = running;
    io.rooms("ticker", { delivery: "latest", key: (event, [symbol]) => `${event}:${symbol}` });
    io.on("connection", (socket) => {
      socket.on("enter", async (answer: () => void) => {
        await socket.join("ticker");
        answer();
      });
    });
    await io.sockets.delivery?.ready;
    io.to("ticker").emit("price", "ADA", 1);
    io.to("ticker").emit("price", "BOB", 2);
    const client = await connected(running);
    const prices: unknown[] = [];
    client.on("price", (symbol, price) => prices.push([symbol, price]));
    await client.emitWithAck("enter");
    const both = [
      ["ADA", 1],
      ["BOB", 2],
    ];
    await expect.poll(() => prices).toEqual(both);
    await cut(running, client);
    // Both had the same cursor: it does not tell whether the second one has arrived.
    await back(client);
    await expect.poll(() => prices.slice(2)).toEqual(both);
  });

  test("give who joins the current value of each key", async () => {
    const running = await start();
    const { io } = running;
    io.rooms("ticker", { delivery: "latest", key: (event, [symbol]) => `${event}:${symbol}` });
    io.on("connection", (socket) => {
      socket.on("enter", async (answer: () => void) => {
        await socket.join("ticker");
        answer();
      });
    });
    io.to("ticker").emit("price", "ADA", 1);
    io.to("ticker").emit("price", "ADA", 2);
    io.to("ticker").emit("price", "BOB", 7);
    await io.sockets.delivery?.ready;
    io.to("ticker").emit("price", "ADA", 3);
    io.to("ticker").emit("price", "ADA", 4);
    io.to("ticker").emit("price", "BOB", 8);
    const client = await connected(running);
    const prices: unknown[] = [];
    client.on("price", (symbol, price) => prices.push([symbol, price]));
    await client.emitWithAck("enter");
    io.to("ticker").emit("price", "BOB", 9);
    await expect
      .poll(() => prices)
      .toEqual([
        ["ADA", 4],
        ["BOB", 8],
        ["BOB", 9],
      ]);
    await cut(running, client);
    io.to("ticker").emit("price", "ADA", 5);
    io.to("ticker").emit("price", "ADA", 6);
    await back(client);
    await expect.poll(() => prices.slice(3)).toEqual([["ADA", 6]]);
  });
});

describe("a server that closes with a grace", () => {
  for (const transport of ["websocket", "polling"] as const) {
    test(`lets clients on ${transport} go so that they come back, with all that was sent`, async () => {
      const log = memoryLog();
      const running = await chatOn(log);
      const { io, http } = running;
      const client = await connected(running, { transports: [transport] });
      const messages = collect(client, "message");
      await client.emitWithAck("enter", "chat:1");
      const reason = first(client, "disconnect");
      const published = client.emitWithAck("openline:publish", {
        room: "chat:1",
        event: "message",
        data: 1,
      });
      await expect.poll(() => io.sockets.adapter.rooms.get("chat:1")?.size).toBe(1);
      io.to("chat:1").emit("message", 2);
      const closed = io.close({ graceMs: 5_000 });
      expect((await reason)[0]).toBe("transport close");
      const answer = await published.catch(() => null);
      await closed;
      expect(http.listening).toBe(false);
      expect(messages.got).toContain(2);
      // A client of protocol 5 comes back by itself only if it was not told to stay away.
      expect((client as unknown as { active: boolean }).active).toBe(true);
      if (answer !== null && answer.code === undefined) expect(messages.got).toContain(1);
    });
  }

  test("refuses new clients with 503 until it is gone", async () => {
    const running = await chat();
    running.io.engine.refuseNew();
    const response = await fetch(`${running.url}/socket.io/?EIO=4&transport=polling`);
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await response.json()).toMatchObject({ message: "Server is closing" });
  });
});
