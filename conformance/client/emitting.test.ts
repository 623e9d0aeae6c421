import { describe, expect, test } from "vitest";
import {
  client,
  connected,
  join,
  next,
  pairs,
  pairsByWay,
  record,
  several,
  start,
} from "./fixture.ts";

describe.each(pairsByWay)("$client on $server by $way: emitting", (sides) => {
  const { options } = sides;

  test("every kind of data goes there and back", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, options);
    socket.on("echo", (...args) => args.at(-1)(...args.slice(0, -1)));
    const data = [
      ...[null, true, 0, -1.5, "ü\u{1f600} \u2028", "", [], [[1]], {}, { a: { b: [null] } }],
      { _placeholder: false, num: 0 },
    ];
    const answer = await new Promise((resolve) =>
      made.emit("echo", ...data, (...args: unknown[]) => resolve(args)),
    );
    expect(answer).toEqual(data);
  });

  test("bytes of every kind arrive, wherever they lie, as Buffers on Node", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, options);
    const { buffer } = Uint8Array.of(1, 2, 3, 4);
    const got = next(socket, "bytes");
    made.emit("bytes", buffer, { deep: [Buffer.from("ab")] }, new DataView(buffer, 1, 2));
    expect(await got).toEqual([
      Buffer.from([1, 2, 3, 4]),
      { deep: [Buffer.from("ab")] },
      Buffer.from([2, 3]),
    ]);
    const back = next<[unknown, { a: unknown }]>(made, "back");
    socket.emit("back", new Uint8Array([5, 6]), { a: Buffer.alloc(0) });
    const [first, { a }] = await back;
    expect(first).toEqual(Buffer.from([5, 6]));
    expect(Buffer.isBuffer(a)).toBe(true);
  });

  test("a megabyte arrives whole, with what comes before and after it in order", async () => {
    const running = await start(sides, { maxHttpBufferSize: 2_000_000 });
    const { client: made, socket } = await join(sides, running, options);
    const got = several<[unknown]>(socket, "part", 3);
    const text = "x".repeat(1_000_000);
    const big = Buffer.alloc(1_000_000, 7);
    made.emit("part", 1).emit("part", big).emit("part", text);
    const [[one], [bytes], [same]] = (await got) as [[unknown], [Buffer], [unknown]];
    expect(one).toBe(1);
    expect(big.equals(bytes)).toBe(true);
    expect(same === text).toBe(true);
  });

  test("what is written at once arrives, however many requests it takes", async () => {
    const running = await start(sides, { maxHttpBufferSize: 1_000 });
    const { client: made, socket } = await join(sides, running, options);
    const got = several<[string]>(socket, "part", 40);
    for (let at = 0; at < 40; at += 1) made.emit("part", "ü".repeat(at * 10));
    expect((await got).map(([text]) => text.length)).toEqual(
      Array.from({ length: 40 }, (_, at) => at * 10),
    );
    expect(made.connected).toBe(true);
  });

  test("acknowledgements go both ways, and only once", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, options);
    socket.on("ask", (value, answer) => {
      answer(value, Buffer.from([value]));
      answer("again");
    });
    const answers: unknown[][] = [];
    made.emit("ask", 1, (...args: unknown[]) => answers.push(args));
    expect(await made.emitWithAck("ask", 2)).toBe(2);
    expect(answers).toEqual([[1, Buffer.from([1])]]);
    made.on("question", (value, answer) => {
      answer({ value });
      answer("again");
    });
    expect(await socket.emitWithAck("question", 3)).toEqual({ value: 3 });
  });

  test("an acknowledgement that does not come in time is an error", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, options);
    socket.on("fast", (answer) => answer("now"));
    const [error] = await new Promise<unknown[]>((resolve) =>
      made.timeout(10).emit("slow", (...args: unknown[]) => resolve(args)),
    );
    expect(error).toEqual(new Error("operation has timed out"));
    await expect(made.timeout(10).emitWithAck("slow")).rejects.toThrow("operation has timed out");
    expect(await made.timeout(10_000).emitWithAck("fast")).toBe("now");
    const answer = await new Promise((resolve) =>
      made.timeout(10_000).emit("fast", (...args: unknown[]) => resolve(args)),
    );
    expect(answer).toEqual([null, "now"]);
  });

  test("ackTimeout holds for all", async () => {
    const running = await start(sides);
    const { client: made } = await join(sides, running, { ...options, ackTimeout: 10 });
    await expect(made.emitWithAck("slow")).rejects.toThrow("operation has timed out");
  });

  test("what waits for an answer learns that the connection has ended, if it takes errors", async () => {
    const running = await start(sides);
    const { client: made } = await join(sides, running, { ...options, reconnection: false });
    const errors = [
      made.emitWithAck("never").catch((error: Error) => error.message),
      new Promise((resolve) =>
        made.timeout(60_000).emit("never", (error: Error) => resolve(error.message)),
      ),
    ];
    let isCalled = false;
    made.emit("never", () => {
      isCalled = true;
    });
    made.disconnect();
    expect(await Promise.all(errors)).toEqual([
      ...["socket has been disconnected", "socket has been disconnected"],
    ]);
    expect(isCalled).toBe(false);
  });

  test("reserved names are refused", async () => {
    const running = await start(sides);
    const { client: made } = await join(sides, running, options);
    for (const name of ["connect", "connect_error", "disconnect", "disconnecting"]) {
      expect(() => made.emit(name)).toThrow(`"${name}" is a reserved event name`);
    }
  });

  test("send is a message, and what comes has listeners that may go again", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, options);
    socket.on("message", (...args) => socket.send(...args));
    const log: unknown[][] = [];
    const listener = (...args: unknown[]): void => void log.push(["on", ...args]);
    made.on("message", listener).once("message", (...args) => log.push(["once", ...args]));
    const echo = several(made, "message", 2);
    expect(made.send(1, "a")).toBe(made);
    made.send(2);
    await echo;
    expect(log).toEqual([
      ["on", 1, "a"],
      ["once", 1, "a"],
      ["on", 2],
    ]);
    made.off("message", listener);
    expect(made.listeners("message")).not.toContain(listener);
    made.send(3);
    await next(made, "message");
    expect(log).toHaveLength(3);
  });

  test("catch-all listeners hear what comes and what leaves", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, options);
    socket.on("ask", (value, answer) => {
      socket.emit("told", value);
      answer(value);
    });
    const log: unknown[][] = [];
    const first = (...args: unknown[]): void => void log.push(["first", ...args]);
    made.onAny((...args) => log.push(["in", ...args])).prependAny(first);
    made.onAnyOutgoing((...args) => log.push(["out", ...args]));
    made.prependAnyOutgoing(first);
    made.on("told", (value) => log.push(["told", value]));
    await made.emitWithAck("ask", 1);
    expect(log.splice(0)).toEqual([
      ["first", "ask", 1],
      ["out", "ask", 1],
      ["first", "told", 1],
      ["in", "told", 1],
      ["told", 1],
    ]);
    expect([made.listenersAny().length, made.listenersAnyOutgoing().length]).toEqual([2, 2]);
    made
      .offAny(first)
      .offAnyOutgoing(first)
      .offAny(() => {});
    await made.emitWithAck("ask", 2);
    expect(log.splice(0).map(([who]) => who)).toEqual(["out", "in", "told"]);
    made.offAny().offAnyOutgoing();
    expect([made.listenersAny(), made.listenersAnyOutgoing()]).toEqual([[], []]);
  });
});

describe.each(pairs)("$client on $server: before and after a connection", (sides) => {
  test("what is emitted before is kept, told as it leaves, and sent in order", async () => {
    const running = await start(sides);
    const made = client(sides, running.url, { autoConnect: false });
    const log = record(made, ["connect"]);
    made.onAnyOutgoing((...args) => log.push(["out", ...args]));
    made.emit("n", 1).emit("n", 2);
    made.volatile.emit("n", 3);
    expect(made.sendBuffer.map(({ data }) => data)).toEqual([
      ["n", 1],
      ["n", 2],
    ]);
    expect(log).toEqual([]);
    const got = new Promise((resolve) =>
      running.io.on("connection", (socket) => resolve(several(socket, "n", 3))),
    );
    made.connect();
    await connected(made);
    made.emit("n", 4);
    expect(await got).toEqual([[1], [2], [4]]);
    expect(log).toEqual([["out", "n", 1], ["out", "n", 2], ["connect"], ["out", "n", 4]]);
    expect(made.sendBuffer).toEqual([]);
  });

  test("what waits for too long before is not sent any more", async () => {
    const running = await start(sides);
    const made = client(sides, running.url, { autoConnect: false });
    await expect(made.timeout(5).emitWithAck("late")).rejects.toThrow("operation has timed out");
    expect(made.sendBuffer).toEqual([]);
  });

  test("volatile events are dropped while others leave", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, { transports: ["websocket"] });
    const got = several(socket, "n", 2);
    made.volatile.emit("n", 1);
    made.volatile.emit("n", "dropped");
    made.emit("n", 2);
    expect(await got).toEqual([[1], [2]]);
  });

  test("compress is taken for the next event", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running);
    const got = next(socket, "n");
    expect(made.compress(false)).toBe(made);
    made.emit("n", 1);
    expect(await got).toEqual([1]);
  });

  test("what a listener throws is its own fault", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, { transports: ["websocket"] });
    const listeners = process.rawListeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    const thrown = new Promise((resolve) => process.once("uncaughtException", resolve));
    made.once("bad", () => {
      throw new Error("of the listener");
    });
    socket.emit("bad");
    expect(await thrown).toEqual(new Error("of the listener"));
    for (const listener of listeners) process.on("uncaughtException", listener as never);
    expect(made.connected).toBe(true);
  });
});
