import { IncomingMessage } from "node:http";
import { connect as connectTcp } from "node:net";
import { describe, expect, it, vi } from "vitest";
import type { ConnectionError } from "./engine/engine-server.ts";
import { SessionIds } from "./http/session-ids.ts";
import { connected, first, type Running, start } from "./server.fixture.ts";
import type { Socket } from "./socket.ts";

const polling = "/socket.io/?EIO=4&transport=polling";

async function ask(
  { url }: Running,
  path: string,
  init?: RequestInit,
): Promise<{ status: number; body: unknown; headers: Headers }> {
  const response = await fetch(url + path, init);
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json");
  return {
    status: response.status,
    body: isJson ? JSON.parse(text) : text,
    headers: response.headers,
  };
}

async function nextSocket({ io }: Running): Promise<Socket> {
  const [socket] = await first(io, "connection");
  return socket as Socket;
}

describe("an unknown session", () => {
  it("is explained: closed, another process's, or never there", async () => {
    const server = await start();
    const { body } = await ask(server, polling);
    const { sid } = JSON.parse(String(body).slice(1)) as { sid: string };
    server.io.engine.clients.get(sid)?.close(true);
    const texts = [];
    for (const id of [sid, new SessionIds().next(), "nonsense"]) {
      const answer = await ask(server, `${polling}&sid=${id}`);
      expect(answer).toMatchObject({
        status: 400,
        body: { code: 1, message: "Session ID unknown" },
      });
      texts.push((answer.body as { detail: string }).detail);
    }
    expect(texts[0]).toContain("was closed or has timed out");
    expect(texts[1]).toContain("another process");
    expect(texts[2]).toContain("no server made");
  });

  it("is told to those who run the server", async () => {
    const server = await start();
    const told = first(server.io.engine, "connection_error");
    await ask(server, `${polling}&sid=__proto__`);
    const [error] = (await told) as [ConnectionError];
    expect(error).toMatchObject({ code: 1, context: { sid: "__proto__", reason: "never" } });
  });
});

describe("a page of a foreign origin", () => {
  const headers = { Origin: "https://evil.example.com" };

  it("gets 403 by polling, without its own origin in the answer", async () => {
    const server = await start();
    const told = first(server.io.engine, "connection_error");
    const { status, body } = await ask(server, polling, { headers });
    expect(status).toBe(403);
    expect(body).toMatchObject({ code: 4, message: "Forbidden" });
    expect(JSON.stringify(body)).not.toContain("evil");
    const [error] = (await told) as [ConnectionError];
    expect(error.context).toEqual({ name: "FORBIDDEN_ORIGIN", origin: headers.Origin });
  });

  it("gets 403 by WebSocket", async () => {
    const server = await start();
    const options = { transports: ["websocket"], extraHeaders: headers };
    await expect(connected(server, options)).rejects.toThrow("websocket error");
    expect(server.io.engine.clientsCount).toBe(0);
  });

  it("gets in by either where cors names it", async () => {
    const server = await start({ cors: { origin: headers.Origin } });
    for (const transport of ["polling", "websocket"]) {
      const options = { transports: [transport], extraHeaders: headers };
      expect((await connected(server, options)).connected).toBe(true);
    }
  });
});

describe("a handler that fails", () => {
  const failures: [string, (answer: () => void) => unknown][] = [
    [
      "throws",
      () => {
        throw new Error("secret");
      },
    ],
    ["is rejected", () => Promise.reject(new Error("secret"))],
  ];

  it.each(failures)("%s: the client is told, and others go on", async (_, handler) => {
    const onError = vi.fn();
    const server = await start({ onError });
    server.io.on("connection", (socket) => {
      socket.on("bad", handler);
      socket.on("good", (answer: (text: string) => void) => answer("fine"));
    });
    const client = await connected(server);
    const answer = await client.timeout(5_000).emitWithAck("bad");
    expect(answer).toEqual({
      code: "OPENLINE_HANDLER_FAILED",
      message: "The server failed to handle this event",
    });
    expect(await client.emitWithAck("good")).toBe("fine");
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ message: "secret" }),
      expect.objectContaining({ event: "bad" }),
    );
  });

  it("has answered before: that answer counts", async () => {
    const server = await start({ onError: () => {} });
    server.io.on("connection", (socket) => {
      socket.on("late", async (answer: (text: string) => void) => {
        answer("done");
        throw new Error("afterwards");
      });
    });
    const client = await connected(server);
    expect(await client.emitWithAck("late")).toBe("done");
  });

  it.each(failures)("of a connection %s", async (_, handler) => {
    const onError = vi.fn();
    const server = await start({ onError });
    server.io.on("connection", (socket) => {
      socket.on("good", (answer: (text: string) => void) => answer("fine"));
      return handler(() => {});
    });
    const client = await connected(server);
    expect(await client.emitWithAck("good")).toBe("fine");
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.any(Error),
      expect.objectContaining({ event: "connection" }),
    );
  });

  it.each(failures)("of a middleware %s: the client is kept out", async (_, handler) => {
    const onError = vi.fn();
    const server = await start({ onError });
    server.io.use(() => handler(() => {}));
    await expect(connected(server)).rejects.toThrow("Internal server error");
    expect(onError).toHaveBeenCalledOnce();
  });

  it("of a disconnect ends nothing", async () => {
    const onError = vi.fn();
    const server = await start({ onError });
    const gone = new Promise((resolve) => {
      server.io.on("connection", (socket) => {
        socket.on("disconnect", () => {
          resolve(null);
          throw new Error("secret");
        });
      });
    });
    (await connected(server)).disconnect();
    await gone;
    expect(onError).toHaveBeenCalledOnce();
  });
});

describe("the request", () => {
  it("is let go but for what describes it", async () => {
    const server = await start();
    server.io.engine.use((request, _response, next) => {
      Object.assign(request, { user: "ada" });
      next();
    });
    const arrived = nextSocket(server);
    await connected(server, {
      transports: ["websocket"],
      extraHeaders: { cookie: "a=b" },
      query: { room: "7" },
    });
    const { request, handshake } = await arrived;
    expect(request).toBeInstanceOf(IncomingMessage);
    expect(request).toMatchObject({ method: "GET", user: "ada", headers: { cookie: "a=b" } });
    expect(request.url).toContain("/socket.io/?");
    expect(request.socket).toEqual({
      remoteAddress: "127.0.0.1",
      remotePort: expect.any(Number),
      encrypted: false,
    });
    expect(Object.keys(request)).not.toContain("_readableState");
    expect(handshake).toMatchObject({
      address: "127.0.0.1",
      query: { room: "7", EIO: "4" },
      xdomain: false,
      secure: false,
    });
  });

  it("is kept where that is asked for", async () => {
    const server = await start({ keepRequest: true });
    const arrived = nextSocket(server);
    await connected(server, { transports: ["websocket"] });
    expect(Object.keys((await arrived).request)).toContain("_readableState");
  });

  it("may be dropped by the user", async () => {
    const server = await start();
    server.io.engine.on("connection", (conn) => {
      conn.request = null;
    });
    const arrived = nextSocket(server);
    await connected(server);
    expect((await arrived).handshake).toMatchObject({ headers: {}, url: "", query: {} });
  });
});

describe("a client that does not read", () => {
  async function stalled(
    server: Running,
  ): Promise<{ socket: Socket; resume: () => void; end: () => void }> {
    const arrived = nextSocket(server);
    const tcp = connectTcp(Number(new URL(server.url).port), "127.0.0.1");
    tcp.write(
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n" +
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    // 40 as a masked text frame.
    tcp.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]));
    const socket = await arrived;
    tcp.on("error", () => {});
    return { socket, resume: () => tcp.resume(), end: () => tcp.destroy() };
  }

  const chunk = "x".repeat(64 * 1024);

  /** Sends until the socket says that it is too much; returns how often. */
  function fill(socket: Socket): number {
    for (let count = 1; count < 10_000; count += 1) if (!socket.emit("news", chunk)) return count;
    throw new Error("the socket never said that it is too much");
  }

  it("is closed when more than the limit waits", async () => {
    const server = await start({ backpressure: { maxBytes: 1024 * 1024 } });
    const { socket } = await stalled(server);
    const reason = first(socket, "disconnect");
    fill(socket);
    expect(socket.pressure.isFull).toBe(true);
    socket.emit("news", chunk);
    expect(await reason).toEqual(["forced close", undefined]);
    expect(socket.pressure.droppedMessages).toBe(1);
  });

  it("loses what comes on top where the policy is drop, and is told of nothing else", async () => {
    const server = await start({ backpressure: { maxBytes: 1024 * 1024, policy: "drop" } });
    const { socket, resume, end } = await stalled(server);
    fill(socket);
    for (let more = 0; more < 5; more += 1) socket.emit("news", chunk);
    expect(socket.pressure).toMatchObject({ droppedMessages: 5, isFull: true });
    expect(socket.connected).toBe(true);
    expect(socket.pressure.queuedBytes).toBeLessThan(2 * 1024 * 1024);
    resume();
    await socket.pressure.drained();
    expect(socket.pressure.isFull).toBe(false);
    expect(socket.emit("news", "again")).toBe(true);
    end();
  });

  it("is the affair of a function where one is given", async () => {
    const policy = vi.fn(() => "queue" as const);
    const server = await start({ backpressure: { maxBytes: 1024, policy } });
    const { socket, end } = await stalled(server);
    fill(socket);
    socket.emit("news", "x");
    expect(policy).toHaveBeenCalledWith(socket.conn, expect.any(Number));
    expect(socket.pressure.droppedMessages).toBe(0);
    end();
  });

  it("gets no volatile messages", async () => {
    const server = await start({ backpressure: { maxBytes: 64 * 1024 * 1024 } });
    const { socket, end } = await stalled(server);
    while (!socket.conn.isBlocked) socket.emit("news", chunk);
    const before = socket.pressure.queuedBytes;
    socket.volatile.emit("news", chunk);
    server.io.volatile.emit("news", chunk);
    expect(socket.pressure).toMatchObject({ queuedBytes: before, droppedMessages: 2 });
    end();
  });
});

describe("a client between two polls", () => {
  it("is bounded in the same way", async () => {
    const server = await start({ backpressure: { maxBytes: 10_000, policy: "drop" } });
    const arrived = nextSocket(server);
    const { body } = await ask(server, polling);
    const { sid } = JSON.parse(String(body).slice(1)) as { sid: string };
    await ask(server, `${polling}&sid=${sid}`, { method: "POST", body: "40" });
    const socket = await arrived;
    for (let count = 0; count < 1_000; count += 1) socket.emit("news", "x".repeat(100));
    expect(socket.pressure.queuedBytes).toBeLessThan(11_000);
    expect(socket.pressure.droppedMessages).toBeGreaterThan(800);
    const answer = await ask(server, `${polling}&sid=${sid}`);
    expect(String(answer.body).split("\x1e").length + socket.pressure.droppedMessages).toBe(1_001);
  });
});

describe("options that are none", () => {
  it.each([
    [{ pingInterval: -1 }, "pingInterval takes a number from 0 up, not -1"],
    [{ maxHttpBufferSize: Number.NaN }, "maxHttpBufferSize takes a number from 0 up, not NaN"],
    [{ transports: ["webtransport" as const] }, "Node has no WebTransport"],
    [{ origins: "example.com" }, "is not an origin"],
  ])("%j", async (options, message) => {
    await expect(start(options)).rejects.toThrow(message);
  });

  it("an Express application in place of a server", async () => {
    const { io } = await start();
    expect(() => io.attach((() => {}) as never)).toThrow("Please pass a http.Server instance");
  });
});
