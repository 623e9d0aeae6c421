import { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { client, each, join, next, pair, start, transports } from "./fixture.ts";

describe.each(each(transports))("a socket of $name by $way", (setup) => {
  test("has an id that its client knows, and no other socket has", async () => {
    const running = await pair(setup);
    const other = await join(running, setup.client);
    expect(running.socket.id).toBe(running.client.id);
    expect(running.socket.id).toMatch(/^[\w-]{20,}$/);
    expect(other.socket.id).not.toBe(running.socket.id);
  });

  test("is connected, not recovered, and knows where it belongs", async () => {
    const { io, socket } = await pair(setup);
    expect(socket.connected).toBe(true);
    expect(socket.disconnected).toBe(false);
    expect(socket.recovered).toBe(false);
    expect(socket.nsp).toBe(io.sockets);
    expect(io.sockets.sockets.get(socket.id)).toBe(socket);
    expect(socket.data).toEqual({});
    socket.data.name = "ann";
    socket.data = { ...socket.data, age: 42 };
    expect(socket.data).toEqual({ name: "ann", age: 42 });
  });

  test("has the handshake", async () => {
    const before = Date.now();
    const { socket, port } = await pair(
      setup,
      {},
      {
        query: { x: "42" },
        auth: { token: "t" },
        extraHeaders: { "x-mine": "yes" },
      },
    );
    const { handshake } = socket;
    expect(handshake.headers.host).toBe(`127.0.0.1:${port}`);
    expect(handshake.headers["x-mine"]).toBe("yes");
    expect(handshake.address).toMatch(/127\.0\.0\.1$/);
    expect(handshake.secure).toBe(false);
    expect(handshake.xdomain).toBe(false);
    expect(handshake.query).toMatchObject({ x: "42", EIO: "4" });
    expect(handshake.query.transport).toBe(setup.way === "websocket" ? "websocket" : "polling");
    expect(handshake.auth).toEqual({ token: "t" });
    expect(handshake.url).toContain("/socket.io/?");
    expect(handshake.url).toContain("x=42");
    expect(handshake.issued).toBeGreaterThanOrEqual(before);
    expect(handshake.issued).toBeLessThanOrEqual(Date.now());
    expect(new Date(handshake.time).getTime()).toBeGreaterThan(before - 2_000);
    expect(socket.handshake).toBe(handshake);
  });

  test("says that a page of another origin has it", async () => {
    const origin = "http://page.example";
    const { socket } = await pair(setup, { cors: { origin } }, { extraHeaders: { origin } });
    expect(socket.handshake.xdomain).toBe(true);
    expect(socket.handshake.headers.origin).toBe(origin);
  });

  test("has the request that opened the connection", async () => {
    const { socket } = await pair(setup, {}, { extraHeaders: { "x-mine": "yes" } });
    const { request } = socket;
    expect(request).toBeInstanceOf(IncomingMessage);
    expect(request).toBe(socket.client.request);
    expect(request).toBe(socket.conn.request);
    expect(request.method).toBe("GET");
    expect(request.url).toContain("EIO=4");
    expect(request.headers["x-mine"]).toBe("yes");
    expect(request._query.EIO).toBe("4");
    expect(request.socket.remoteAddress).toMatch(/127\.0\.0\.1$/);
    expect(request.connection.remoteAddress).toMatch(/127\.0\.0\.1$/);
  });

  test("has a client and its connection", async () => {
    const { io, socket } = await pair(setup);
    const { client: owner, conn } = socket;
    expect(owner.conn).toBe(conn);
    expect(owner.id).toBe(conn.id);
    expect(conn.protocol).toBe(4);
    expect(conn.readyState).toBe("open");
    expect(conn.remoteAddress).toMatch(/127\.0\.0\.1$/);
    expect(["polling", "websocket"]).toContain(conn.transport.name);
    expect(io.engine.clientsCount).toBe(1);
  });

  test("chains what can be chained", async () => {
    const { socket } = await pair(setup);
    const listener = (): void => {};
    expect(socket.on("e", listener)).toBe(socket);
    expect(socket.once("e", listener)).toBe(socket);
    expect(socket.off("e", listener)).toBe(socket);
    expect(socket.use((_event, go) => go())).toBe(socket);
    expect(socket.onAny(listener)).toBe(socket);
    expect(socket.prependAny(listener)).toBe(socket);
    expect(socket.offAny(listener)).toBe(socket);
    expect(socket.onAnyOutgoing(listener)).toBe(socket);
    expect(socket.prependAnyOutgoing(listener)).toBe(socket);
    expect(socket.offAnyOutgoing()).toBe(socket);
    expect(socket.compress(true)).toBe(socket);
    expect(socket.timeout(1)).toBe(socket);
    expect(socket.volatile).toBe(socket);
    expect(socket.emit("e")).toBe(true);
    expect(socket.send("e")).toBe(socket);
    expect(socket.write("e")).toBe(socket);
    expect(socket.disconnect()).toBe(socket);
    expect(socket.disconnect(true)).toBe(socket);
  });

  test("is told of before anything that its client sends", async () => {
    const { io, url } = await start(setup);
    const log: unknown[] = [];
    const done = new Promise<void>((resolve) => {
      io.on("connection", (socket) => {
        log.push("connection");
        socket.onAny((name) => log.push(name));
        socket.on("last", () => resolve());
      });
    });
    const eager = client(url, setup.client);
    eager.emit("first");
    eager.emit("last");
    await done;
    expect(log).toEqual(["connection", "first", "last"]);
  });

  test("client and server may both greet at once", async () => {
    const { io, url } = await start(setup);
    io.on("connection", (socket) => socket.emit("greeting", "from the server"));
    const eager = client(url, setup.client);
    const greeting = next(eager, "greeting");
    expect(await greeting).toEqual(["from the server"]);
  });
});
