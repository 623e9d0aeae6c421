import { describe, expect, test } from "vitest";
import {
  client,
  connected,
  each,
  implementations,
  join,
  type Namespace,
  next,
  record,
  type Socket,
  settled,
  start,
  transports,
} from "./fixture.ts";

describe.each(each(transports))("namespaces of $name by $way", (setup) => {
  test("many share one connection, and do not hear each other", async () => {
    const { io, url } = await start(setup);
    const names = Array.from({ length: 20 }, (_, n) => `/n${n}`);
    for (const name of names) io.of(name).on("connection", (socket) => socket.emit("name", name));
    const clients = names.map((name) => client(url + name, { ...setup.client, forceNew: false }));
    const got = await Promise.all(clients.map((each) => next(each, "name")));
    expect(got).toEqual(names.map((name) => [name]));
    expect(io.engine.clientsCount).toBe(1);
    const logs = clients.map(record);
    io.of("/n7").emit("seven");
    const sockets = names.map((name) => [...io.of(name).sockets.values()][0] as Socket);
    await Promise.all(clients.map((each, n) => settled(sockets[n] as Socket, each)));
    expect(logs.map((log) => log.length)).toEqual(names.map((name) => (name === "/n7" ? 1 : 0)));
  });

  test("one can be left while the others go on", async () => {
    const { io, url } = await start(setup);
    io.of("/a");
    io.of("/b");
    const shared = { ...setup.client, forceNew: false };
    const [a, b] = [client(`${url}/a`, shared), client(`${url}/b`, shared)];
    const [[socket], [other]] = await Promise.all([
      next<[Socket]>(io.of("/a"), "connection"),
      next<[Socket]>(io.of("/b"), "connection"),
      connected(a),
      connected(b),
    ]);
    const reason = next(socket, "disconnect");
    a.disconnect();
    expect((await reason)[0]).toBe("client namespace disconnect");
    await settled(other, b);
    expect(b.connected).toBe(true);
    a.connect();
    await connected(a);
    expect(io.engine.clientsCount).toBe(1);
  });

  test("one that is not there is refused", async () => {
    const { io, url } = await start(setup);
    const stranger = client(`${url}/nowhere`, setup.client);
    const [error] = await next<[Error]>(stranger, "connect_error");
    expect(error.message).toBe("Invalid namespace");
    expect(stranger.connected).toBe(false);
    expect(io._nsps.has("/nowhere")).toBe(false);
  });

  test("ids differ from namespace to namespace, and from the connection's", async () => {
    const running = await start(setup);
    running.io.of("/a");
    const shared = { ...setup.client, forceNew: false };
    const main = await join(running, shared);
    const other = await join(running, shared, "/a");
    const ids = new Set([main.socket.id, other.socket.id, main.socket.conn.id]);
    expect(ids.size).toBe(3);
    expect(main.client.id).toBe(main.socket.id);
    expect(other.client.id).toBe(other.socket.id);
    expect(main.socket.conn).toBe(other.socket.conn);
    expect(main.socket.client).toBe(other.socket.client);
  });
});

describe.each(implementations)("namespaces of $name", (implementation) => {
  test("of gives the same for the same name, with and without a slash", async () => {
    const { io } = await start(implementation);
    expect(io.of("/a")).toBe(io.of("a"));
    expect(io.of("/a").name).toBe("/a");
    expect(io.of("/")).toBe(io.sockets);
    expect(io.of("")).toBe(io.sockets);
  });

  test("of calls its second argument for each connection", async () => {
    const running = await start(implementation);
    const got = new Promise<Socket>((resolve) => running.io.of("/a", resolve));
    const { socket } = await join(running, {}, "/a");
    expect(await got).toBe(socket);
  });

  test("both `connect` and `connection` are told", async () => {
    const running = await start(implementation);
    const told = Promise.all([next(running.io, "connect"), next(running.io, "connection")]);
    const { socket } = await join(running);
    expect(await told).toEqual([[socket], [socket]]);
  });

  test("new_namespace tells of each that is made", async () => {
    const { io, url } = await start(implementation);
    const names: string[] = [];
    io.on("new_namespace", (namespace) => names.push(namespace.name));
    io.of("/a");
    io.of("/a");
    io.of(/^\/dynamic-\d+$/);
    const dynamic = client(`${url}/dynamic-1`);
    await connected(dynamic);
    expect(names).toEqual(["/a", "/dynamic-1"]);
  });

  test("a pattern makes the namespaces that match it", async () => {
    const running = await start(implementation);
    const parent = running.io.of(/^\/room-(\d+)$/);
    const names: string[] = [];
    parent.on("connection", (socket) => names.push(socket.nsp.name));
    const one = await join(running, {}, "/room-1").catch(() => undefined);
    expect(one).toBeDefined();
    const two = client(`${running.url}/room-2`);
    await connected(two);
    expect(names.filter((name) => name === "/room-2")).toHaveLength(1);
    const [error] = await next<[Error]>(client(`${running.url}/room-x`), "connect_error");
    expect(error.message).toBe("Invalid namespace");
    expect(running.io._nsps.has("/room-2")).toBe(true);
    expect(running.io._nsps.has("/room-x")).toBe(false);
  });

  test("a namespace of that name comes before a pattern that matches it, made before or after", async () => {
    const { io, url } = await start(implementation);
    const got: string[] = [];
    io.of("/early").on("connection", () => got.push("early"));
    io.of(/^\/.*$/).on("connection", () => got.push("pattern"));
    io.of("/late").on("connection", () => got.push("late"));
    await connected(client(`${url}/early`));
    await connected(client(`${url}/late`));
    await connected(client(`${url}/other`));
    // One that is made after a pattern that matches it is a child of the pattern's.
    expect(got[0]).toBe("early");
    expect(got.slice(1).toSorted()).toEqual(["late", "pattern", "pattern"]);
  });

  test("a function says which may be made, by name and auth", async () => {
    const { io, url } = await start(implementation);
    const asked: unknown[][] = [];
    const parent = io.of((name, auth, allow) => {
      asked.push([name, { ...auth }]);
      allow(null, auth.token === "open");
    });
    parent.on("connection", (socket) => socket.emit("in", socket.nsp.name));
    const welcome = client(`${url}/any`, { auth: { token: "open" } });
    expect(await next(welcome, "in")).toEqual(["/any"]);
    const stranger = client(`${url}/other`, { auth: { token: "wrong" } });
    expect((await next<[Error]>(stranger, "connect_error"))[0].message).toBe("Invalid namespace");
    expect(asked).toEqual([
      ["/any", { token: "open" }],
      ["/other", { token: "wrong" }],
    ]);
  });

  test("a function may answer later, and an error of it is a no", async () => {
    const { io, url } = await start(implementation);
    io.of((_name, auth, allow) => {
      setImmediate(() => allow(auth.fails ? new Error("no") : null, true));
    });
    await connected(client(`${url}/later`));
    const stranger = client(`${url}/fails`, { auth: { fails: true } });
    expect((await next<[Error]>(stranger, "connect_error"))[0].message).toBe("Invalid namespace");
  });

  test("the parent's middlewares and listeners are the children's, its broadcasts reach them all", async () => {
    const running = await start(implementation);
    const used: string[] = [];
    const parent = running.io.of(/^\/c-\d$/).use((socket, go) => {
      used.push(socket.nsp.name);
      go();
    });
    const [one, two] = [client(`${running.url}/c-1`), client(`${running.url}/c-2`)];
    await Promise.all([connected(one), connected(two)]);
    expect(used.toSorted()).toEqual(["/c-1", "/c-2"]);
    const got = Promise.all([next(one, "all"), next(two, "all")]);
    parent.emit("all", 1);
    expect(await got).toEqual([[1], [1]]);
    const bob = [...running.io.of("/c-2").sockets.values()][0] as Socket;
    await bob.join("room");
    const inRoom = next(two, "room");
    parent.to("room").emit("room", 2);
    expect(await inRoom).toEqual([2]);
    await expect((async () => parent.fetchSockets())()).rejects.toThrow(
      "fetchSockets() is not supported on parent namespaces",
    );
  });

  test("children that are empty stay, unless cleanupEmptyChildNamespaces", async () => {
    for (const cleanupEmptyChildNamespaces of [false, true]) {
      const running = await start(implementation, { cleanupEmptyChildNamespaces });
      running.io.of(/^\/child$/);
      running.io.of("/static");
      const child = client(`${running.url}/child`);
      await connected(child);
      const kept = await join(running, {}, "/static");
      const [socket] = [...running.io.of("/child").sockets.values()] as [Socket];
      const left = Promise.all([next(socket, "disconnect"), next(kept.socket, "disconnect")]);
      child.disconnect();
      kept.client.disconnect();
      await left;
      // What is cleaned up goes after the last has left.
      await new Promise((resolve) => setImmediate(resolve));
      expect(running.io._nsps.has("/child")).toBe(!cleanupEmptyChildNamespaces);
      expect(running.io._nsps.has("/static")).toBe(true);
      // It comes again when it is asked for.
      await connected(client(`${running.url}/child`));
    }
  });

  test("a child whose first client is refused goes, too", async () => {
    const { io, url } = await start(implementation, { cleanupEmptyChildNamespaces: true });
    io.of(/^\/child$/).use((_socket, go) => go(new Error("no")));
    const [error] = await next<[Error]>(client(`${url}/child`), "connect_error");
    expect(error.message).toBe("no");
    expect(io._nsps.has("/child")).toBe(false);
  });

  test("what a client connects with is in handshake.query and handshake.auth", async () => {
    const running = await start(implementation);
    const main = await join(running, { query: { a: "1", b: "ü" }, auth: { token: "t" } });
    expect(main.socket.handshake.query).toMatchObject({ a: "1", b: "ü", EIO: "4" });
    expect(main.socket.handshake.auth).toEqual({ token: "t" });
    const later = await join(running, { auth: (give) => give({ token: "later" }) });
    expect(later.socket.handshake.auth).toEqual({ token: "later" });
  });

  test("members of a namespace", async () => {
    const running = await start(implementation);
    const namespace: Namespace = running.io.of("/a");
    const { socket } = await join(running, {}, "/a");
    expect(namespace.name).toBe("/a");
    expect(namespace.server).toBe(running.io);
    expect(namespace.sockets).toEqual(new Map([[socket.id, socket]]));
    expect(namespace.adapter.nsp).toBe(namespace);
    expect(namespace.use((_socket, go) => go())).toBe(namespace);
    expect(running.io.use((_socket, go) => go())).toBe(running.io);
    expect(namespace.on("connection", () => {})).toBe(namespace);
  });
});
