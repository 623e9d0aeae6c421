import { describe, expect, test } from "vitest";
import { client, connected, deferred, join, next, start, webSocketPairs } from "./fixture.ts";

const retrying = { retries: 2, ackTimeout: 20, transports: ["websocket"] };

describe.each(webSocketPairs)("$client on $server: retries", (sides) => {
  test("events go one at a time, each after the answer to the one before", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, {
      ...retrying,
      ackTimeout: 10_000,
    });
    const log: unknown[] = [];
    const isDone = deferred<unknown>();
    socket.on("n", (n, answer) => {
      log.push(`got ${n}`);
      setImmediate(() => {
        log.push(`answered ${n}`);
        answer(n);
      });
    });
    made.emit("n", 1).emit("n", 2);
    made.emit("n", 3, (error: unknown, n: unknown) => isDone.resolve([error, n]));
    expect(await isDone.promise).toEqual([null, 3]);
    expect(log).toEqual([...["got 1", "answered 1", "got 2", "answered 2", "got 3", "answered 3"]]);
  });

  test("an event that is not acknowledged is sent again, until there is an answer", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, retrying);
    let times = 0;
    socket.on("n", (_n, answer) => {
      times += 1;
      if (times === 3) answer("third");
    });
    expect(await made.emitWithAck("n", 1)).toBe("third");
    expect(times).toBe(3);
  });

  test("an event is given up after its retries, and the next one has its turn", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, retrying);
    let times = 0;
    socket.on("bad", () => {
      times += 1;
    });
    socket.on("good", (answer) => answer("yes"));
    const bad = made.emitWithAck("bad").catch((error: Error) => error.message);
    const good = made.emitWithAck("good");
    expect(await bad).toBe("operation has timed out");
    expect(await good).toBe("yes");
    expect(times).toBe(3);
  });

  test("what is emitted while there is no connection waits, and what was on its way goes again", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, {
      ...retrying,
      ackTimeout: 10_000,
    });
    const reached = next(socket, "n");
    const first = made.emitWithAck("n", 1);
    const second = made.emitWithAck("n", 2);
    await reached;
    running.io.on("connection", (again) => {
      again.on("n", (n, answer) => answer(n));
    });
    const lost = next(made, "disconnect");
    socket.conn.close();
    await lost;
    const third = made.emitWithAck("n", 3);
    expect(await Promise.all([first, second, third])).toEqual([1, 2, 3]);
  });

  test("events wait for the first connection", async () => {
    const running = await start(sides);
    running.io.on("connection", (socket) => {
      socket.on("n", (n, answer) => answer(n));
    });
    const made = client(sides, running.url, { ...retrying, autoConnect: false });
    const answers = [made.emitWithAck("n", 1), made.emitWithAck("n", 2)];
    made.connect();
    await connected(made);
    expect(await Promise.all(answers)).toEqual([1, 2]);
  });

  test("volatile events are no part of this", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, {
      ...retrying,
      ackTimeout: 10_000,
    });
    const held = next(socket, "held");
    made.emit("held");
    await held;
    const free = next(socket, "free");
    made.volatile.emit("free");
    await free;
  });
});
