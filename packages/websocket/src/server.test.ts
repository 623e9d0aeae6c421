import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { type ServerOptions, WebSocket, WebSocketServer } from "./index.ts";

const servers: WebSocketServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.shutdown({ graceMs: 0 })));
});

interface Running {
  readonly server: WebSocketServer;
  readonly url: string;
  /** Opens a client, and gives both ends of the connection. */
  join(options?: WebSocket.ClientOptions): Promise<{ client: WebSocket; socket: WebSocket }>;
}

async function start(options: ServerOptions = {}): Promise<Running> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
  servers.push(server);
  await once(server, "listening");
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    server,
    url,
    async join(clientOptions = {}) {
      const connected = once(server, "connection");
      const client = new WebSocket(url, clientOptions);
      const [[socket]] = await Promise.all([connected, once(client, "open")]);
      return { client, socket: socket as WebSocket };
    },
  };
}

/** The next `count` messages, as text. */
async function texts(socket: WebSocket, count: number): Promise<string[]> {
  const found: string[] = [];
  for await (const { data } of socket) {
    found.push(String(data));
    if (found.length === count) break;
  }
  return found;
}

describe("broadcast", () => {
  it("reaches all but those left out, and says how many", async () => {
    const { server, join } = await start();
    const [a, b, c] = [await join(), await join(), await join()];
    const heard = Promise.all([texts(a.client, 1), texts(b.client, 2), texts(c.client, 1)]);
    expect(server.broadcast("to b and c", { except: a.socket })).toBe(2);
    expect(server.broadcast("to a and b", { except: new Set([c.socket]) })).toBe(2);
    expect(await heard).toEqual([["to a and b"], ["to b and c", "to a and b"], ["to b and c"]]);
  });

  it("sends text as text and bytes as bytes, unless told otherwise", async () => {
    const { server, join } = await start();
    const { client } = await join();
    const kinds: boolean[] = [];
    const all = new Promise<void>((resolve) => {
      client.on("message", (_data, isBinary) => {
        if (kinds.push(isBinary) === 3) resolve();
      });
    });
    server.broadcast("text");
    server.broadcast(Buffer.from("bytes"));
    server.broadcast(Buffer.from("bytes of text"), { binary: false });
    await all;
    expect(kinds).toEqual([false, true, false]);
  });

  it("says what it needs when connections are not tracked", async () => {
    const { server } = await start({ clientTracking: false });
    servers.pop();
    expect(() => server.broadcast("x")).toThrow("clientTracking");
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("topics", () => {
  it("deliver to subscribers, not to others, and not after unsubscribing", async () => {
    const { server, join } = await start();
    const [a, b] = [await join(), await join()];
    a.socket.subscribe("news");
    b.socket.subscribe("sport");
    expect([...a.socket.topics, ...b.socket.topics]).toEqual(["news", "sport"]);
    expect([server.publish("news", "1"), server.publish("none", "2")]).toEqual([1, 0]);
    expect(server.publish("sport", "3")).toBe(1);
    expect(await Promise.all([texts(a.client, 1), texts(b.client, 1)])).toEqual([["1"], ["3"]]);
    a.socket.unsubscribe("news");
    expect(server.publish("news", "4")).toBe(0);
    expect([...server.topics]).toEqual(["sport"]);
  });

  it("let a socket publish to the others", async () => {
    const { join } = await start();
    const [a, b] = [await join(), await join()];
    for (const { socket } of [a, b]) socket.subscribe("room");
    expect(a.socket.publish("room", "from a")).toBe(1);
    expect(b.socket.publish("room", "from b")).toBe(1);
    expect(await Promise.all([texts(a.client, 1), texts(b.client, 1)])).toEqual([
      ["from b"],
      ["from a"],
    ]);
  });

  it("forget a socket that is gone, and themselves when they are empty", async () => {
    const { server, join } = await start();
    const { client, socket } = await join();
    socket.subscribe("room");
    expect(server.subscriberCount("room")).toBe(1);
    const closed = once(socket, "close");
    client.close();
    await closed;
    expect(server.subscriberCount("room")).toBe(0);
    expect([...server.topics]).toEqual([]);
    expect(server.publish("room", "x")).toBe(0);
  });

  it("belong to servers: a client that subscribes is told so", async () => {
    const { join } = await start();
    const { client } = await join();
    expect(() => client.subscribe("x")).toThrow("belong to a server");
  });

  it("keep the order with messages of one's own", async () => {
    const { server, join } = await start();
    const { client, socket } = await join();
    socket.subscribe("t");
    const expected: string[] = [];
    for (let i = 0; i < 200; i += 1) {
      expected.push(`${i}`);
      if (i % 3 === 0) socket.send(`${i}`);
      else server.publish("t", `${i}`);
    }
    expect(await texts(client, 200)).toEqual(expected);
  });

  it("wait while the socket is sending a message in fragments", async () => {
    const { server, join } = await start();
    const { client, socket } = await join();
    socket.subscribe("t");
    socket.send("first ", { fin: false });
    server.publish("t", "published");
    socket.send("last", { fin: true });
    expect(await texts(client, 2)).toEqual(["first last", "published"]);
  });
});

describe("compressed broadcasts", () => {
  it.each([
    ["with a context that is kept", {}],
    ["without", { serverNoContextTakeover: true, threshold: 0 }],
    ["with a small window", { serverMaxWindowBits: 9, threshold: 0 }],
  ])("are readable between a socket's own messages, %s", async (_title, perMessageDeflate) => {
    const { server, join } = await start({ perMessageDeflate });
    const peers = [await join(), await join(), await join({ perMessageDeflate: false })];
    expect(peers.map(({ client }) => client.extensions)).toEqual([
      "permessage-deflate",
      "permessage-deflate",
      "",
    ]);
    const expected: string[] = [];
    const heard = peers.map(({ client }) => texts(client, 40));
    for (let i = 0; i < 20; i += 1) {
      const text = `message ${i} says again and again: ${"as before, ".repeat(20)}`;
      expected.push(text, `${text}!`);
      for (const { socket } of peers) socket.send(text);
      server.broadcast(`${text}!`);
    }
    expect(await Promise.all(heard)).toEqual([expected, expected, expected]);
  });
});

describe("a Close frame", () => {
  it("waits for messages that are still being compressed, and nothing follows it", async () => {
    const { join } = await start({ perMessageDeflate: { threshold: 0 } });
    const { client, socket } = await join();
    const large = "compressible ".repeat(20_000);
    const heard = texts(client, 2);
    const closed = once(client, "close");
    socket.send(large);
    socket.send("last");
    socket.close(1000, "done");
    expect(socket.readyState).toBe(WebSocket.CLOSING);
    const failure = new Promise((resolve) => socket.send("too late", resolve));
    expect(await heard).toEqual([large, "last"]);
    expect((await closed)[0]).toBe(1000);
    expect(String(await failure)).toContain("readyState 2 (CLOSING)");
  });

  it("of the peer is answered behind messages that are still being compressed", async () => {
    const { join } = await start({ perMessageDeflate: { threshold: 0 } });
    const { client, socket } = await join();
    const large = "compressible ".repeat(20_000);
    client.on("message", () => client.close(1000));
    const heard = texts(client, 3);
    for (const text of ["now", large, "last"]) socket.send(text);
    expect(await heard).toEqual(["now", large, "last"]);
  });
});

describe("for await", () => {
  it("gives every message in order, makes a fast peer wait, and ends with the connection", async () => {
    const { join } = await start();
    const { client, socket } = await join();
    for (let i = 0; i < 100; i += 1) client.send(i % 2 === 0 ? `${i}` : Buffer.from(`${i}`));
    client.close(1000);
    const found: string[] = [];
    let mostPaused = 0;
    for await (const { data, isBinary } of socket) {
      found.push(String(data));
      expect(isBinary).toBe(found.length % 2 === 0);
      if (socket.isPaused) mostPaused += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(found).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`));
    expect(mostPaused).toBeGreaterThan(0);
    expect(socket.readyState).toBe(WebSocket.CLOSED);
  });

  it("leaves the socket open and listening to others when it is left", async () => {
    const { join } = await start();
    const { client, socket } = await join();
    client.send("1");
    expect(await texts(socket, 1)).toEqual(["1"]);
    expect([socket.readyState, socket.listenerCount("message")]).toEqual([WebSocket.OPEN, 0]);
    client.send("2");
    expect(await texts(socket, 1)).toEqual(["2"]);
  });

  it("throws what went wrong", async () => {
    const { url, server } = await start();
    const connected = once(server, "connection");
    const raw = connect(Number(new URL(url).port), "127.0.0.1");
    raw.write(
      `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    const [socket] = (await connected) as [WebSocket];
    raw.on("data", () => {});
    raw.write(Buffer.from("8100", "hex"));
    await expect(texts(socket, 1)).rejects.toMatchObject({ code: "WS_ERR_EXPECTED_MASK" });
    raw.destroy();
  });
});

describe("shutdown", () => {
  it("tells every peer with 1001, waits for them, and frees the port", async () => {
    const { server, join } = await start();
    const peers = [await join(), await join()];
    const closes = peers.map(({ client }) => once(client, "close"));
    peers[0]?.socket.send("last words");
    const heard = texts(peers[0]?.client as WebSocket, 1);
    await server.shutdown({ graceMs: 10_000 });
    expect(await heard).toEqual(["last words"]);
    for (const close of closes) expect((await close)[0]).toBe(1001);
    expect(server.clients.size).toBe(0);
    expect(server.address()).toBe(null);
  });

  it("says 1012 and why, when asked to", async () => {
    const { server, join } = await start();
    const { client } = await join();
    const closed = once(client, "close");
    await server.shutdown({ code: 1012, reason: "back in a minute" });
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([1012, "back in a minute"]);
  });

  it("terminates those that do not answer in time", async () => {
    const { server, join } = await start();
    const { client } = await join();
    client.pause();
    await server.shutdown({ graceMs: 50 });
    expect(server.clients.size).toBe(0);
    client.terminate();
  });
});

describe("options", () => {
  it.each([
    [{ maxPayload: -1 }, "maxPayload takes a number from 0 up, not -1"],
    [{ maxConnections: Number.NaN }, "maxConnections takes a number"],
    [{ heartbeat: { intervalMs: -5 } }, "heartbeat.intervalMs takes a number"],
    [
      { backpressure: { policy: "panic" } },
      'backpressure.policy takes "close", "drop" or a function',
    ],
    [{ origins: ["https://example.com/path"] }, "origins"],
    [{ origins: "null" }, "origins"],
  ])("%j is refused by name", (options, message) => {
    expect(() => new WebSocketServer({ noServer: true, ...(options as object) })).toThrow(message);
  });
});

describe("a function for origins that throws", () => {
  const origins = (origin: string): boolean => new URL(origin).hostname === "app.example.com";

  it("refuses with 403", async () => {
    const { url } = await start({ origins });
    const client = new WebSocket(url, { origin: "null" });
    const [error] = (await once(client, "error")) as [Error];
    expect(error.message).toBe("Unexpected server response: 403");
  });

  it("has its exception told as the cause of 'wsClientError'", async () => {
    const { url, server } = await start({ origins });
    const told = once(server, "wsClientError");
    const client = new WebSocket(url, { origin: "null" });
    const failed = once(client, "error");
    const [error, socket] = (await told) as [Error, Duplex];
    expect(error.cause).toBeInstanceOf(TypeError);
    socket.destroy();
    await failed;
  });
});

describe("an error that nobody listens for", () => {
  it("does not end the process", async () => {
    const { url, join, server } = await start();
    const connected = once(server, "connection");
    const raw = connect(Number(new URL(url).port), "127.0.0.1");
    raw.on("data", () => {});
    raw.write(
      `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    const [socket] = (await connected) as [WebSocket];
    // Not `once` of node:events, which listens for 'error' as well.
    const closed = new Promise((resolve) => socket.on("close", resolve));
    raw.end(Buffer.from("ff00", "hex"));
    expect(await closed).toBe(1006);
    const { client, socket: other } = await join();
    other.send("still here");
    expect(await texts(client, 1)).toEqual(["still here"]);
  });
});
