import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "@openline/websocket";
import faye from "faye-websocket";
import { afterEach, describe, expect, it } from "vitest";
import websocket from "websocket";
import * as ws from "ws";

type Data = string | Buffer;

/** Another library's client, as far as these tests use one. */
interface ForeignClient {
  send(data: Data): void;
  /** Resolves with the next message. */
  receive(): Promise<Data>;
  /** Starts the closing handshake; resolves with the code and reason that it ended with. */
  close(code: number, reason: string): Promise<[number, string]>;
  /** Resolves when the other side has closed. */
  readonly closed: Promise<[number, string]>;
  readonly protocol: string;
}

/** Another library: how it connects, and how it serves an echo that takes the protocol "chat". */
interface Foreign {
  readonly name: string;
  connect(url: string, protocols: string[]): Promise<ForeignClient>;
  serve(server: Server): void;
}

/** Turns messages that come as events into messages that are asked for. */
class Inbox {
  private readonly messages: Data[] = [];
  private readonly waiting: ((data: Data) => void)[] = [];

  put(data: Data): void {
    const next = this.waiting.shift();
    if (next === undefined) this.messages.push(data);
    else next(data);
  }

  take(): Promise<Data> {
    const data = this.messages.shift();
    if (data !== undefined) return Promise.resolve(data);
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

const libraries: Foreign[] = [
  {
    name: "ws",
    async connect(url, protocols) {
      const client = new ws.WebSocket(url, protocols);
      const inbox = new Inbox();
      client.on("message", (data: Buffer, isBinary) => inbox.put(isBinary ? data : String(data)));
      const closed = new Promise<[number, string]>((resolve) => {
        client.on("close", (code, reason) => resolve([code, String(reason)]));
      });
      await once(client, "open");
      return {
        send: (data) => client.send(data),
        receive: () => inbox.take(),
        close(code, reason) {
          client.close(code, reason);
          return closed;
        },
        closed,
        protocol: client.protocol,
      };
    },
    serve(server) {
      new ws.WebSocketServer({ server, perMessageDeflate: { threshold: 0 } }).on(
        "connection",
        (socket) => {
          socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
        },
      );
    },
  },
  {
    name: "websocket",
    async connect(url, protocols) {
      const client = new websocket.client({
        maxReceivedMessageSize: 8 << 20,
        maxReceivedFrameSize: 8 << 20,
      });
      const connection = await new Promise<websocket.connection>((resolve, reject) => {
        client.on("connect", resolve);
        client.on("connectFailed", reject);
        client.connect(url, protocols);
      });
      const inbox = new Inbox();
      connection.on("message", (message) => {
        inbox.put(message.type === "utf8" ? message.utf8Data : message.binaryData);
      });
      const closed = new Promise<[number, string]>((resolve) => {
        connection.on("close", (code, reason) => resolve([code, reason]));
      });
      return {
        send: (data) =>
          typeof data === "string" ? connection.sendUTF(data) : connection.sendBytes(data),
        receive: () => inbox.take(),
        close(code, reason) {
          connection.close(code, reason);
          return closed;
        },
        closed,
        protocol: connection.protocol ?? "",
      };
    },
    serve(server) {
      new websocket.server({
        httpServer: server,
        maxReceivedMessageSize: 8 << 20,
        maxReceivedFrameSize: 8 << 20,
      }).on("request", (request) => {
        const connection = request.accept(request.requestedProtocols[0], request.origin);
        connection.on("message", (message) => {
          if (message.type === "utf8") connection.sendUTF(message.utf8Data);
          else connection.sendBytes(message.binaryData);
        });
      });
    },
  },
  {
    name: "faye-websocket",
    async connect(url, protocols) {
      const client = new faye.Client(url, protocols);
      const inbox = new Inbox();
      client.on("message", ({ data }: { data: Data }) => inbox.put(data));
      const closed = new Promise<[number, string]>((resolve) => {
        client.on("close", ({ code, reason }: { code: number; reason: string }) =>
          resolve([code, reason]),
        );
      });
      await new Promise((resolve) => client.on("open", resolve));
      return {
        send: (data) => client.send(data),
        receive: () => inbox.take(),
        close(code, reason) {
          client.close(code, reason);
          return closed;
        },
        closed,
        protocol: client.protocol,
      };
    },
    serve(server) {
      server.on("upgrade", (request, socket, head) => {
        const peer = new faye(request, socket, head, ["chat"]);
        peer.on("message", ({ data }: { data: Data }) => peer.send(data));
      });
    },
  },
];

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What each exchange sends: empty, short, beyond ASCII, each size of length, and much. */
const messages: readonly [string, Data][] = [
  ["an empty text", ""],
  ["a text beyond ASCII", "Grüße, 世界 🎉"],
  ["126 bytes", "x".repeat(126)],
  ["70,000 bytes of text", "openline ".repeat(7_777)],
  ["binary data", Buffer.from([0, 1, 2, 253, 254, 255])],
  ["1 MiB of binary data", Buffer.alloc(1 << 20, 0x5a)],
];

function same(received: Data, sent: Data): boolean {
  if (typeof sent === "string") return received === sent;
  return typeof received !== "string" && Buffer.compare(Buffer.from(received), sent) === 0;
}

describe.each(libraries)("$name", (library) => {
  describe.each([false, true])("as the client of our server, deflate allowed: %s", (deflate) => {
    async function join(): Promise<{ client: ForeignClient; socket: WebSocket }> {
      const http = createServer();
      const server = new WebSocketServer({
        server: http,
        maxPayload: 8 << 20,
        perMessageDeflate: deflate ? { threshold: 0 } : false,
      });
      const connected = once(server, "connection");
      const url = await listen(http);
      const [client, [socket]] = await Promise.all([library.connect(url, ["chat"]), connected]);
      return { client, socket: socket as WebSocket };
    }

    it.each(messages)("echoes %s", async (_title, data) => {
      const { client, socket } = await join();
      socket.on("message", (received, isBinary) => socket.send(received, { binary: isBinary }));
      client.send(data);
      expect(same(await client.receive(), data)).toBe(true);
    });

    it("keeps 1,000 messages in order, and agrees on the subprotocol", async () => {
      const { client, socket } = await join();
      for (let i = 0; i < 1_000; i += 1) socket.send(`message ${i}`);
      for (let i = 0; i < 1_000; i += 1) expect(await client.receive()).toBe(`message ${i}`);
      expect([client.protocol, socket.protocol]).toEqual(["chat", "chat"]);
    });

    it("closes with code and reason from either side", async () => {
      const first = await join();
      const heard = once(first.socket, "close");
      await first.client.close(4001, "client is done");
      const [code, reason] = await heard;
      expect([code, String(reason)]).toEqual([4001, "client is done"]);
      const second = await join();
      second.socket.close(4002, "server is done");
      expect(await second.client.closed).toEqual([4002, "server is done"]);
    });
  });

  describe("as the server of our client", () => {
    async function join(): Promise<WebSocket> {
      const http = createServer();
      library.serve(http);
      const client = new WebSocket(await listen(http), ["chat"]);
      cleanups.push(() => client.terminate());
      await once(client, "open");
      return client;
    }

    it.each(messages)("echoes %s", async (_title, data) => {
      const client = await join();
      const answered = once(client, "message");
      client.send(data);
      const [received, isBinary] = (await answered) as [Buffer, boolean];
      expect(isBinary).toBe(typeof data !== "string");
      expect(same(isBinary ? received : String(received), data)).toBe(true);
    });

    it("answers a ping, and a Close frame with the same code", async () => {
      const client = await join();
      const pong = once(client, "pong");
      client.ping("are you there?");
      expect(String((await pong)[0])).toBe("are you there?");
      const closed = once(client, "close");
      client.close(1000, "enough");
      expect((await closed)[0]).toBe(1000);
    });
  });
});
