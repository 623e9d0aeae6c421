import { EventEmitter, once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Duplex, DuplexOptions } from "node:stream";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterEach, describe, expect, it } from "vitest";
import * as reference from "ws";
import { WebSocketServer } from "./server.ts";
import { createWebSocketStream, type StreamSocket } from "./stream.ts";
import { WebSocket } from "./websocket.ts";

/** What these tests do with a socket besides. */
interface TestSocket extends EventEmitter {
  readonly isPaused: boolean;
  pause(): void;
  send(data: string | Buffer): void;
  close(): void;
  terminate(): void;
}

interface TestServer extends EventEmitter {
  readonly clients: Iterable<TestSocket>;
  address(): unknown;
  close(): void;
}

/** A stream, and the sockets under it. */
interface Family {
  listen(): TestServer;
  connect(url: string): TestSocket;
  stream(socket: TestSocket, options?: DuplexOptions): Duplex;
}

const anyPort = { port: 0, host: "127.0.0.1" };

const referenceSockets = {
  listen: () => new reference.WebSocketServer(anyPort),
  connect: (url: string) => new reference.WebSocket(url),
};

const families: Record<string, Family> = {
  ours: {
    listen: () => new WebSocketServer(anyPort),
    connect: (url) => new WebSocket(url),
    stream: (socket, options) => createWebSocketStream(socket as unknown as StreamSocket, options),
  },
  "ours, on a socket of ws": {
    ...referenceSockets,
    stream: (socket, options) => createWebSocketStream(socket as unknown as StreamSocket, options),
  },
  "ws itself": {
    ...referenceSockets,
    stream: (socket, options) =>
      reference.createWebSocketStream(socket as reference.WebSocket, options),
  },
};

const servers: TestServer[] = [];

async function listen(family: Family): Promise<{ server: TestServer; url: string }> {
  const server = family.listen();
  servers.push(server);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { server, url: `ws://127.0.0.1:${port}` };
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** What comes until it has `byteLength` bytes; the stream stays open. */
async function take(stream: Readable, byteLength: number): Promise<string> {
  let text = "";
  while (text.length < byteLength) {
    const chunk = stream.read() as Buffer | null;
    if (chunk === null) await once(stream, "readable");
    else text += chunk.toString();
  }
  return text;
}

/** Waits for 'close', whatever errors come before. */
function closeOf(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    stream.on("close", resolve);
  });
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const socket of server.clients) socket.terminate();
    server.close();
  }
});

for (const [name, family] of Object.entries(families)) {
  const makeStream = family.stream;

  /** A client that is still connecting, and the promise of its peer. */
  async function connect(): Promise<{ client: TestSocket; peer: Promise<TestSocket> }> {
    const { server, url } = await listen(family);
    const peer = once(server, "connection").then(([socket]) => socket as TestSocket);
    return { client: family.connect(url), peer };
  }

  describe(`createWebSocketStream of ${name}`, () => {
    it("carries bytes both ways, from before the connection is open", async () => {
      const { client, peer } = await connect();
      const stream = makeStream(client);
      stream.write("before");
      stream.write(" and after");
      const other = makeStream(await peer);
      expect(await take(other, 16)).toBe("before and after");
      other.end("answer");
      expect(await textOf(stream)).toBe("answer");
      stream.end();
    });

    it("makes a binary message of every chunk, or text of strings that stay strings", async () => {
      for (const decodeStrings of [true, false]) {
        const { client, peer } = await connect();
        const stream = makeStream(client, { decodeStrings });
        stream.write("text");
        const [data, isBinary] = (await once(await peer, "message")) as [Buffer, boolean];
        expect(data.toString()).toBe("text");
        expect(isBinary).toBe(decodeStrings);
        stream.destroy();
      }
    });

    it("keeps messages apart in readableObjectMode, and text strings", async () => {
      const { client, peer } = await connect();
      const stream = makeStream(client, { readableObjectMode: true });
      const socket = await peer;
      socket.send("one");
      socket.send(Buffer.from("two"));
      socket.send("three");
      socket.close();
      const chunks: unknown[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      expect(chunks).toEqual(["one", Buffer.from("two"), "three"]);
      stream.end();
    });

    it("pauses the socket while nobody reads, and goes on where it stopped", async () => {
      const { client, peer } = await connect();
      const stream = makeStream(client, { readableHighWaterMark: 1000 });
      const socket = await peer;
      const paused = new Promise<void>((resolve) => {
        const { pause } = client;
        client.pause = function (): void {
          pause.call(this);
          resolve();
        };
      });
      for (let index = 0; index < 500; index++) socket.send(Buffer.alloc(10_000, index));
      socket.close();
      stream.read(0);
      await paused;
      expect(stream.readableLength).toBeLessThan(1_000_000);
      let byteLength = 0;
      for await (const chunk of stream) byteLength += (chunk as Buffer).length;
      expect(byteLength).toBe(5_000_000);
      expect(client.isPaused).toBe(false);
      stream.end();
    });

    it("calls back a write when it has been sent, and then drains", async () => {
      const { client, peer } = await connect();
      const stream = makeStream(client, { writableHighWaterMark: 10 });
      const received = makeStream(await peer);
      expect(stream.write(Buffer.alloc(100_000))).toBe(false);
      await once(stream, "drain");
      stream.end();
      expect((await textOf(received)).length).toBe(100_000);
      received.end();
      await once(stream.resume(), "close");
    });

    it("closes the connection when it has ended, and then itself", async () => {
      const { client, peer } = await connect();
      const stream = makeStream(client);
      const events: string[] = [];
      for (const event of ["finish", "end", "close", "error"]) {
        stream.on(event, () => events.push(event));
      }
      stream.resume();
      const socket = await peer;
      const closed = once(socket, "close");
      stream.end();
      const [code] = await closed;
      await once(stream, "close");
      expect(code).toBe(1005);
      expect(events.toSorted()).toEqual(["close", "end", "finish"]);
      expect(events.at(-1)).toBe("close");
      expect(stream.destroyed).toBe(true);
    });

    it("ends when the peer closes, and closes when it was ended then", async () => {
      const { client, peer } = await connect();
      const stream = makeStream(client);
      (await peer).close();
      await once(stream.resume(), "end");
      expect(stream.destroyed).toBe(false);
      const closed = once(stream, "close");
      stream.end();
      await closed;
    });

    it("terminates the connection when destroyed, with the error or without", async () => {
      for (const error of [undefined, new Error("enough")]) {
        const { client, peer } = await connect();
        const stream = makeStream(client);
        await once(client, "open");
        const closed = once(await peer, "close");
        const seen: unknown[] = [];
        stream.on("error", (reason) => seen.push(reason));
        stream.destroy(error);
        await closeOf(stream);
        expect((await closed)[0]).toBe(1006);
        expect(seen).toEqual(error === undefined ? [] : [error]);
      }
    });

    it("fails when it is destroyed while connecting", async () => {
      const { client } = await connect();
      const stream = makeStream(client);
      const errors: Error[] = [];
      stream.on("error", (error) => errors.push(error));
      stream.destroy();
      await closeOf(stream);
      expect(errors.map(({ message }) => message)).toEqual([
        "WebSocket was closed before the connection was established",
      ]);
    });

    it("fails when the connection cannot be made", async () => {
      const { server, url } = await listen(family);
      server.close();
      await once(server, "close");
      const stream = makeStream(family.connect(url));
      stream.write("never sent");
      stream.end();
      const [error] = (await once(stream, "error")) as [NodeJS.ErrnoException];
      expect(error.code).toBe("ECONNREFUSED");
      expect(stream.destroyed).toBe(true);
    });

    it("fails when the peer breaks the protocol, and still says so to the peer", async () => {
      const { client, peer } = await connect();
      const opened = once(client, "open");
      const stream = makeStream(client);
      const socket = await peer;
      const closed = once(socket, "close");
      const failed = once(stream, "error");
      // What is written past the WebSocket must come after its handshake.
      await opened;
      // Text that is not UTF-8.
      (socket as unknown as { _socket: NodeJS.WritableStream })._socket.write(
        Buffer.of(0x81, 0x01, 0xff),
      );
      const [error] = (await failed) as [NodeJS.ErrnoException];
      expect(error.code).toBe("WS_ERR_INVALID_UTF8");
      expect((await closed)[0]).toBe(1007);
    });

    it("fails a write after the connection was closed", async () => {
      const { client, peer } = await connect();
      const stream = makeStream(client);
      (await peer).close();
      await once(stream.resume(), "end");
      stream.write("too late");
      const [error] = (await once(stream, "error")) as [Error];
      expect(error.message).toBe("WebSocket is not open: readyState 3 (CLOSED)");
    });

    it("can be piped through", async () => {
      const { client, peer } = await connect();
      const echo = makeStream(await peer);
      const echoed = pipeline(echo, echo);
      const stream = makeStream(client);
      const source = Array.from({ length: 200 }, (_, index) => Buffer.alloc(5000, index));
      Readable.from(source).pipe(stream, { end: false });
      let byteLength = 0;
      for await (const chunk of stream) {
        byteLength += (chunk as Buffer).length;
        if (byteLength === 1_000_000) stream.end();
      }
      expect(byteLength).toBe(1_000_000);
      await echoed;
    });
  });
}

describe("createWebSocketStream of a socket that failed", () => {
  class FailingSocket extends EventEmitter {
    readonly _socket = null;
    readyState = 1;
    isPaused = false;
    readonly calls: string[] = [];

    pause(): void {
      this.isPaused = true;
    }

    resume(): void {
      this.calls.push("resume");
      this.isPaused = false;
    }

    send(): void {}

    close(): void {
      this.calls.push("close");
    }

    terminate(): void {
      this.calls.push("terminate");
    }
  }

  it("leaves it the time to tell the peer why, and reads on so that it can close", async () => {
    for (const isPaused of [false, true]) {
      const socket = new FailingSocket();
      const stream = createWebSocketStream(socket);
      const error = new Error("the peer broke the protocol");
      const seen: unknown[] = [];
      stream.on("error", (reason) => seen.push(reason));
      socket.isPaused = isPaused;
      socket.readyState = 2;
      socket.emit("error", error);
      expect(socket.calls).toEqual(isPaused ? ["resume"] : []);
      expect(seen).toEqual([]);
      const closed = closeOf(stream);
      socket.emit("close");
      await closed;
      expect(seen).toEqual([error]);
    }
  });
});
