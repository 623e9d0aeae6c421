import { describe, expect, test } from "vitest";
import { each, join, next, pair, settled, ways } from "./fixture.ts";

const bytes = Buffer.from([1, 2, 255]);

describe.each(each(ways))("acknowledgements of $name by $way", (setup) => {
  test("the server answers with several arguments", async () => {
    const { socket, client } = await pair(setup);
    socket.on("add", (a: number, b: number, answer) => answer(a + b, { ok: true }, null));
    const answer = await new Promise((resolve) => {
      client.emit("add", 1, 2, (...args: unknown[]) => resolve(args));
    });
    expect(answer).toEqual([3, { ok: true }, null]);
  });

  test("the client answers with several arguments", async () => {
    const { socket, client } = await pair(setup);
    client.on("add", (a: number, b: number, answer) => answer(a + b, { ok: true }));
    const answer = await new Promise((resolve) => {
      socket.emit("add", 1, 2, (...args: unknown[]) => resolve(args));
    });
    expect(answer).toEqual([3, { ok: true }]);
  });

  test("answers carry bytes, both ways", async () => {
    const { socket, client } = await pair(setup);
    socket.on("get", (answer) => answer({ file: bytes }));
    client.on("get", (answer) => answer({ file: bytes }));
    const fromServer = await client.emitWithAck("get");
    const fromClient = await socket.emitWithAck("get");
    expect(Buffer.from(fromServer.file)).toEqual(bytes);
    expect(fromClient.file).toEqual(bytes);
  });

  test("questions carry bytes, too", async () => {
    const { socket, client } = await pair(setup);
    socket.on("length", (data: Buffer, answer) => answer(data.length));
    client.on("length", (data: Buffer | ArrayBuffer, answer) => answer(data.byteLength));
    expect(await client.emitWithAck("length", bytes)).toBe(3);
    expect(await socket.emitWithAck("length", bytes)).toBe(3);
  });

  test("an empty answer is an answer", async () => {
    const { socket, client } = await pair(setup);
    socket.on("ok", (answer) => answer());
    client.on("ok", (answer) => answer());
    expect(await client.emitWithAck("ok")).toBeUndefined();
    expect(await socket.emitWithAck("ok")).toBeUndefined();
  });

  test("a second answer is not sent", async () => {
    const { socket, client } = await pair(setup);
    let answers = 0;
    socket.on("twice", (answer) => {
      answer(1);
      answer(2);
    });
    const sent: unknown[] = [];
    socket.conn.on("packetCreate", ({ type }) => type === "message" && sent.push(type));
    client.emit("twice", () => {
      answers += 1;
    });
    await next(socket, "twice");
    expect(sent).toHaveLength(1);
    await settled(socket, client);
    expect(answers).toBe(1);
  });

  test("many answers find the ones that asked, in any order", async () => {
    const { socket, client } = await pair(setup);
    const waiting: (() => void)[] = [];
    client.on("ask", (n: number, answer) => {
      waiting.push(() => answer(n * 2));
      // The last one first.
      if (waiting.length === 50) for (const each of waiting.reverse()) each();
    });
    const asked = Array.from({ length: 50 }, (_, n) => socket.emitWithAck("ask", n));
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 50 }, (_, n) => n * 2));
  });

  test("a timeout calls back with an error, once", async () => {
    const { socket, client } = await pair(setup);
    const answers: unknown[][] = [];
    const late = next(client, "late");
    const error = await new Promise<Error>((resolve) => {
      socket.timeout(10).emit("late", (...args: unknown[]) => {
        answers.push(args);
        resolve(args[0] as Error);
      });
    });
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toBe("operation has timed out");
    // An answer that comes too late.
    const [answer] = (await late) as [(text: string) => void];
    answer("too late");
    const done = next(socket, "done");
    client.emit("done");
    await done;
    expect(answers).toHaveLength(1);
    expect(socket.acks.size).toBe(0);
  });

  test("an answer in time comes behind `null`", async () => {
    const { socket, client } = await pair(setup);
    client.on("ask", (answer) => answer("yes", 2));
    const args = await new Promise((resolve) => {
      socket.timeout(60_000).emit("ask", (...all: unknown[]) => resolve(all));
    });
    expect(args).toEqual([null, "yes", 2]);
    expect(socket.acks.size).toBe(0);
  });

  test("emitWithAck rejects after a timeout, and resolves in time", async () => {
    const { socket, client } = await pair(setup);
    await expect(socket.timeout(10).emitWithAck("silence")).rejects.toThrow(
      "operation has timed out",
    );
    client.on("ask", (answer) => answer("yes"));
    expect(await socket.timeout(60_000).emitWithAck("ask")).toBe("yes");
  });

  test("the timeout is of the next event alone", async () => {
    const { socket, client } = await pair(setup);
    socket.timeout(60_000).emit("silence", () => {});
    client.on("ask", (answer) => answer("yes"));
    const args = await new Promise((resolve) => {
      socket.emit("ask", (...all: unknown[]) => resolve(all));
    });
    expect(args).toEqual(["yes"]);
  });

  test("the client's timeout works, too", async () => {
    const { socket, client } = await pair(setup);
    await expect(client.timeout(10).emitWithAck("silence")).rejects.toThrow(/timed out/);
    socket.on("ask", (answer) => answer("yes"));
    expect(await client.timeout(60_000).emitWithAck("ask")).toBe("yes");
  });
});

describe.each(each(ways))("acknowledgements of broadcasts of $name by $way", (setup) => {
  test("all answers come together", async () => {
    const running = await pair(setup);
    const other = await join(running, setup.client);
    running.client.on("ask", (n: number, answer) => answer(n + 1));
    other.client.on("ask", (n: number, answer) => answer(n + 2));
    const [error, answers] = await new Promise<[unknown, number[]]>((resolve) => {
      running.io.timeout(60_000).emit("ask", 1, (...args: unknown[]) => resolve(args as never));
    });
    expect(error).toBeNull();
    expect(answers.toSorted()).toEqual([2, 3]);
  });

  test("emitWithAck resolves to all answers", async () => {
    const running = await pair(setup);
    const other = await join(running, setup.client);
    running.client.on("ask", (answer) => answer(bytes));
    other.client.on("ask", (answer) => answer({ text: "x" }));
    const answers = await running.io.timeout(60_000).emitWithAck("ask");
    expect(answers).toHaveLength(2);
    expect(answers).toContainEqual(bytes);
    expect(answers).toContainEqual({ text: "x" });
  });

  test("what came in time comes with the error", async () => {
    const running = await pair(setup);
    const { io, client } = running;
    await join(running, setup.client);
    client.on("ask", (answer) => answer("quick"));
    const [error, answers] = await new Promise<[Error, string[]]>((resolve) => {
      io.timeout(1_000).emit("ask", (...args: unknown[]) => resolve(args as never));
    });
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toBe("operation has timed out");
    expect(answers).toEqual(["quick"]);
  });

  test("emitWithAck rejects with what came in time as `responses`", async () => {
    const running = await pair(setup);
    const { io, client } = running;
    await join(running, setup.client);
    client.on("ask", (answer) => answer("quick"));
    const error = await io
      .timeout(1_000)
      .emitWithAck("ask")
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: "operation has timed out", responses: ["quick"] });
  });

  test("only those in the room are asked, and not the sender", async () => {
    const running = await pair(setup);
    const other = await join(running, setup.client);
    await running.socket.join("room");
    await other.socket.join("room");
    running.client.on("ask", (answer) => answer("first"));
    other.client.on("ask", (answer) => answer("second"));
    const { socket } = running;
    expect(await socket.to("room").timeout(60_000).emitWithAck("ask")).toEqual(["second"]);
    expect(await socket.broadcast.timeout(60_000).emitWithAck("ask")).toEqual(["second"]);
    expect(await socket.timeout(60_000).broadcast.emitWithAck("ask")).toEqual(["second"]);
    expect(await running.io.in("room").timeout(60_000).emitWithAck("ask")).toHaveLength(2);
  });

  test("a broadcast to nobody is answered by nobody, at once", async () => {
    const { io } = await pair(setup);
    expect(await io.to("nobody").timeout(60_000).emitWithAck("ask")).toEqual([]);
  });
});
