import { describe, expect, test } from "vitest";
import {
  client,
  connected,
  join,
  next,
  nowhere,
  pairs,
  pairsByWay,
  record,
  start,
} from "./fixture.ts";

describe.each(pairsByWay)("$client on $server by $way: entering", (sides) => {
  test("tells of itself and of its engine", async () => {
    const running = await start(sides);
    const made = client(sides, running.url, sides.options);
    expect([made.connected, made.disconnected, made.active, made.id]).toEqual([
      ...[false, true, true, undefined],
    ]);
    await connected(made);
    expect([made.connected, made.disconnected, made.active]).toEqual([true, false, true]);
    expect(running.io.sockets.sockets.has(made.id ?? "")).toBe(true);
    const { engine } = made.io;
    expect(engine.readyState).toBe("open");
    expect(engine.id).toEqual(expect.any(String));
    expect(engine.transport.name).toBe(sides.options.transports?.[0]);
  });

  test("auth as an object reaches the server, and can be changed for the next connection", async () => {
    const running = await start(sides);
    const seen: unknown[] = [];
    running.io.on("connection", (socket) => void seen.push(socket.handshake.auth));
    const made = client(sides, running.url, { ...sides.options, auth: { token: 1 } });
    await connected(made);
    made.disconnect();
    made.auth = { token: 2 };
    made.connect();
    await connected(made);
    expect(seen).toEqual([{ token: 1 }, { token: 2 }]);
  });

  test("auth as a function is asked at each connection, and may answer later", async () => {
    const running = await start(sides);
    const seen: unknown[] = [];
    running.io.on("connection", (socket) => void seen.push(socket.handshake.auth));
    let asked = 0;
    const made = client(sides, running.url, {
      ...sides.options,
      auth: (give) => setImmediate(() => give({ asked: ++asked })),
    });
    await connected(made);
    made.disconnect().connect();
    await connected(made);
    expect(seen).toEqual([{ asked: 1 }, { asked: 2 }]);
  });

  test("a middleware's refusal is an error with its data, and the client stays out", async () => {
    const running = await start(sides);
    running.io.of("/admin").use((_socket, go) => {
      go(Object.assign(new Error("no entry"), { data: { code: 7 } }));
    });
    const made = client(sides, `${running.url}/admin`, sides.options);
    const [error] = await next<[Error & { data: unknown }]>(made, "connect_error");
    expect([error.message, error.data]).toEqual(["no entry", { code: 7 }]);
    expect(error).toBeInstanceOf(Error);
    expect([made.connected, made.active]).toEqual([false, false]);
  });

  test("an unknown namespace is refused", async () => {
    const running = await start(sides);
    const made = client(sides, `${running.url}/nobody`, sides.options);
    const [error] = await next<[Error]>(made, "connect_error");
    expect(error.message).toBe("Invalid namespace");
  });

  test("query, of the options or of the URL, and extra headers reach the server", async () => {
    const running = await start(sides);
    const { socket } = await join(sides, running, {
      ...sides.options,
      query: { a: "ü & b", n: 1 },
      extraHeaders: { "x-extra": "yes" },
    });
    expect(socket.handshake.query).toMatchObject({ a: "ü & b", n: "1", EIO: "4" });
    expect(socket.handshake.headers["x-extra"]).toBe("yes");
    const ofUrl = client(sides, `${running.url}/?b=2&c=%26`, sides.options);
    const [second] = await next<[typeof socket]>(running.io, "connection");
    expect(second.handshake.query).toMatchObject({ b: "2", c: "&" });
    ofUrl.disconnect();
  });

  test("the path of the options is asked for, with its slash unless that is unwanted", async () => {
    for (const [path, addTrailingSlash, asked] of [
      ["/there", true, "/there/"],
      ["/there/", false, "/there"],
    ] as const) {
      const running = await start(sides, { path: "/there", addTrailingSlash: false });
      const paths: string[] = [];
      for (const event of ["request", "upgrade"]) {
        running.http.prependListener(event, ({ url }) => paths.push(url.split("?")[0]));
      }
      await join(sides, running, { ...sides.options, path, addTrailingSlash });
      expect(new Set(paths)).toEqual(new Set([asked]));
    }
  });

  test("what cannot be reached is an error, and tried again", async () => {
    const made = client(sides, await nowhere(), sides.options);
    const log = record(made.io, ["error", "reconnect_attempt", "reconnect_error"]);
    const [error] = await next<[Error & { type: string }]>(made, "connect_error");
    expect(error.type).toBe("TransportError");
    const isPolling = sides.options.transports?.[0] === "polling";
    expect(error.message).toBe(isPolling ? "xhr poll error" : "websocket error");
    await next(made.io, "reconnect_error");
    expect(log.map(([name]) => name)).toEqual([
      ...["error", "reconnect_attempt", "error", "reconnect_error"],
    ]);
    expect(log[1]).toEqual(["reconnect_attempt", 1]);
  });

  test("a connection that is not made in time is given up", async () => {
    const running = await start(sides);
    running.http.removeAllListeners("request").removeAllListeners("upgrade");
    running.http.on("request", () => {}).on("upgrade", () => {});
    const made = client(sides, running.url, {
      ...sides.options,
      timeout: 20,
      reconnection: false,
    });
    const [error] = await next<[Error]>(made, "connect_error");
    expect(error.message).toBe("timeout");
    expect(made.active).toBe(true);
  });
});

describe.each(pairs)("$client on $server: namespaces", (sides) => {
  test("share a connection, which ends with the last of them", async () => {
    const running = await start(sides);
    running.io.of("/a");
    const main = sides.io(running.url);
    const a = sides.io(`${running.url}/a`);
    expect(a.io).toBe(main.io);
    await Promise.all([connected(main), connected(a)]);
    expect(running.io.engine.clientsCount).toBe(1);
    expect(main.id).not.toBe(a.id);
    const closed = next(main.io, "close");
    main.disconnect();
    expect(a.connected).toBe(true);
    expect(main.io.engine.readyState).toBe("open");
    a.disconnect();
    expect(await closed).toEqual(["forced close", undefined]);
  });

  test("of the same name, and those that are told to, have connections of their own", async () => {
    const running = await start(sides);
    const made = [
      sides.io(running.url),
      sides.io(running.url),
      sides.io(running.url, { forceNew: true }),
      sides.io(running.url, { multiplex: false }),
    ];
    expect(new Set(made.map(({ io }) => io)).size).toBe(4);
    await Promise.all(made.map(connected));
    for (const each of made) each.disconnect();
  });

  test("of one manager are made once, and connect when asked again", async () => {
    const running = await start(sides);
    const manager = new sides.Manager(running.url);
    const first = manager.socket("/");
    await connected(first);
    expect(manager.socket("/")).toBe(first);
    first.disconnect();
    manager.socket("/");
    await connected(first);
    first.disconnect();
  });

  test("connect when told to, with autoConnect off", async () => {
    const running = await start(sides);
    const made = client(sides, running.url, { autoConnect: false });
    expect([made.active, made.io._readyState]).toEqual([false, "closed"]);
    expect(made.open()).toBe(made);
    await connected(made);
    expect(made.connect()).toBe(made);
  });

  test("a manager opens and says when, or why not", async () => {
    const running = await start(sides);
    const manager = new sides.Manager(running.url, { autoConnect: false });
    await new Promise<void>((resolve, reject) =>
      manager.open((error) => (error ? reject(error) : resolve())),
    );
    expect(manager._readyState).toBe("open");
    manager._close();
    const refused = new sides.Manager(await nowhere(), { autoConnect: false });
    const error = await new Promise((resolve) => refused.connect(resolve));
    expect(error).toBeInstanceOf(Error);
    refused._close();
  });

  test("settings are as Socket.IO has them, and can be changed", () => {
    const manager = new sides.Manager({ autoConnect: false });
    expect([
      ...[manager.reconnection(), manager.reconnectionAttempts(), manager.reconnectionDelay()],
      ...[manager.reconnectionDelayMax(), manager.randomizationFactor(), manager.timeout()],
    ]).toEqual([true, Number.POSITIVE_INFINITY, 1_000, 5_000, 0.5, 20_000]);
    expect(manager.reconnection(false).reconnectionAttempts(3).reconnectionDelay(4)).toBe(manager);
    expect(manager.reconnectionDelayMax(5).randomizationFactor(0).timeout(false)).toBe(manager);
    expect([
      ...[manager.reconnection(), manager.reconnectionAttempts(), manager.reconnectionDelay()],
      ...[manager.reconnectionDelayMax(), manager.randomizationFactor(), manager.timeout()],
    ]).toEqual([false, 3, 4, 5, 0, false]);
  });
});
