import { randomBytes } from "node:crypto";
import { Duplex, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, test } from "vitest";
import { connect, listen, next, nextClose, openPair } from "./fixture.ts";
import { frame, listenRaw } from "./raw-peer.ts";
import { targets } from "./targets.ts";

describe.each(targets)("createWebSocketStream() of $name", (target) => {
  const { createWebSocketStream } = target;

  test("gives a Duplex that is not in object mode", async () => {
    const { client } = await openPair(target);
    const stream = createWebSocketStream(client, { readableObjectMode: false });
    expect(stream).toBeInstanceOf(Duplex);
    expect([stream.readableObjectMode, stream.writableObjectMode]).toEqual([false, false]);
    stream.destroy();
    await next(stream, "close");
  });

  test("objectMode for writing is refused silently", async () => {
    const { client } = await openPair(target);
    const stream = createWebSocketStream(client, { objectMode: true, writableObjectMode: true });
    expect(stream.writableObjectMode).toBe(false);
    stream.destroy();
    await next(stream, "close");
  });

  test("readableObjectMode reads a message at a time, text as a string", async () => {
    const { socket, client } = await openPair(target);
    const stream = createWebSocketStream(client, { readableObjectMode: true });
    const got: unknown[] = [];
    stream.on("data", (data) => got.push(data));
    socket.send("text");
    socket.send(Buffer.from("bytes"));
    socket.close();
    await next(stream, "end");
    expect(got).toEqual(["text", Buffer.from("bytes")]);
  });

  test("decodes with encoding", async () => {
    const { socket, client } = await openPair(target);
    const stream = createWebSocketStream(client, { encoding: "utf8" });
    const chunks: unknown[] = [];
    stream.on("data", (chunk) => chunks.push(chunk));
    socket.send("hällo");
    socket.close();
    await next(stream, "end");
    expect(chunks).toEqual(["hällo"]);
  });

  test("writes may begin before the connection is open", async () => {
    const { server, url } = await listen(target);
    server.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
    const stream = createWebSocketStream(connect(target, url), { encoding: "utf8" });
    stream.write("early");
    expect((await next<[string]>(stream, "data"))[0]).toBe("early");
    stream.end();
    await next(stream, "close");
  });

  test("each write is a binary message", async () => {
    const { socket, client } = await openPair(target);
    const got: [string, boolean][] = [];
    socket.on("message", (data, isBinary) => got.push([String(data), isBinary]));
    const closed = nextClose(socket);
    const stream = createWebSocketStream(client);
    stream.resume();
    stream.write("one");
    stream.write(Buffer.from("two"));
    stream.end("three");
    expect((await closed).code).toBe(1005);
    expect(got).toEqual([
      ["one", true],
      ["two", true],
      ["three", true],
    ]);
  });

  test("end() closes the connection, and the stream finishes, ends and closes", async () => {
    const { socket, client } = await openPair(target);
    const stream = createWebSocketStream(client);
    const events: string[] = [];
    for (const name of ["finish", "end", "close"]) stream.on(name, () => events.push(name));
    const closed = nextClose(socket);
    stream.resume();
    stream.end();
    await next(stream, "close");
    expect(events).toEqual(["finish", "end", "close"]);
    expect((await closed).code).toBe(1005);
  });

  test("destroy() terminates the connection", async () => {
    const { socket, client } = await openPair(target);
    const stream = createWebSocketStream(client);
    const closed = nextClose(socket);
    stream.destroy();
    await next(stream, "close");
    expect((await closed).code).toBe(1006);
  });

  test("destroy(error) passes the error on", async () => {
    const { socket, client } = await openPair(target);
    const stream = createWebSocketStream(client);
    const [failed, closed] = [next<[Error]>(stream, "error"), nextClose(socket)];
    stream.destroy(new Error("mine"));
    expect((await failed)[0].message).toBe("mine");
    expect((await closed).code).toBe(1006);
  });

  test("destroy() before the connection is open", async () => {
    const { url } = await listen(target);
    const client = connect(target, url);
    const stream = createWebSocketStream(client);
    const failed = next<[Error]>(stream, "error");
    stream.destroy();
    expect((await failed)[0].message).toBe(
      "WebSocket was closed before the connection was established",
    );
  });

  test("a failed handshake is the stream's error", async () => {
    const { url } = await listen(target, { verifyClient: () => false });
    const stream = createWebSocketStream(connect(target, url));
    const [failed, closed] = [next<[Error]>(stream, "error"), next(stream, "close")];
    stream.end("never sent");
    expect((await failed)[0].message).toBe("Unexpected server response: 401");
    await closed;
  });

  test("a bad frame is the stream's error", async () => {
    const { url, accepted } = await listenRaw();
    const stream = createWebSocketStream(connect(target, url));
    const [failed, closed] = [
      next<[Error & { code: string }]>(stream, "error"),
      next(stream, "close"),
    ];
    stream.resume();
    const { peer } = await accepted();
    peer.write(frame({ opcode: 5 }));
    expect(await peer.closeCode()).toBe(1002);
    peer.socket.end();
    expect((await failed)[0].code).toBe("WS_ERR_INVALID_OPCODE");
    await closed;
  });

  test("the peer's close ends the readable side; end() then closes the stream", async () => {
    const { socket, client } = await openPair(target);
    const stream = createWebSocketStream(client);
    const events: string[] = [];
    for (const name of ["end", "finish", "close"]) stream.on(name, () => events.push(name));
    const ended = next(stream, "end");
    stream.resume();
    socket.close();
    await ended;
    const closed = next(stream, "close");
    stream.end();
    await closed;
    expect(events).toEqual(["end", "finish", "close"]);
  });

  test("what a slow reader does not take makes the socket pause, and nothing is lost", async () => {
    const { socket, client } = await openPair(target, { backpressure: false } as object);
    const stream = createWebSocketStream(client, { readableHighWaterMark: 1024 });
    const chunks = Array.from({ length: 40 }, () => randomBytes(4096));
    for (const chunk of chunks) socket.send(chunk);
    while (!client.isPaused) await new Promise((resolve) => setImmediate(resolve));
    expect(stream.readableLength).toBeGreaterThan(0);
    const got: Buffer[] = [];
    const ended = next(stream, "end");
    stream.on("data", (chunk: Buffer) => got.push(chunk));
    socket.close();
    await ended;
    expect(Buffer.concat(got).equals(Buffer.concat(chunks))).toBe(true);
  });

  test("pipes megabytes through an echo, whole and in order", async () => {
    const { server, url } = await listen(target);
    server.on("connection", (socket) => {
      const echo = createWebSocketStream(socket);
      echo.on("error", () => {});
      echo.pipe(echo);
    });
    const stream = createWebSocketStream(connect(target, url));
    const sent = Array.from({ length: 64 }, () => randomBytes(32 * 1024));
    const total = sent.reduce((sum, chunk) => sum + chunk.length, 0);
    const got: Buffer[] = [];
    let size = 0;
    const all = new Promise<void>((resolve) => {
      stream.on("data", (chunk: Buffer) => {
        got.push(chunk);
        size += chunk.length;
        if (size === total) resolve();
      });
    });
    Readable.from(sent).pipe(stream, { end: false });
    await all;
    expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
    stream.end();
    await next(stream, "close");
  });

  test("works with pipeline and async iteration", async () => {
    const { server, url } = await listen(target);
    server.on("connection", async (socket) => {
      await pipeline(Readable.from(["a", "b", "c"]), createWebSocketStream(socket)).catch(() => {});
    });
    let text = "";
    const sink = new Writable({
      write(chunk, _encoding, done) {
        text += String(chunk);
        done();
      },
    });
    const stream = createWebSocketStream(connect(target, url));
    stream.pipe(sink);
    await next(sink, "finish");
    expect(text).toBe("abc");
  });
});
