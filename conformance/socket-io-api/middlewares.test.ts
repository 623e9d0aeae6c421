import { describe, expect, test } from "vitest";
import {
  client,
  connected,
  deferred,
  each,
  implementations,
  join,
  next,
  pair,
  type Socket,
  start,
  transports,
} from "./fixture.ts";

describe.each(each(transports))("middlewares of $name by $way", (setup) => {
  test("run in order, before the connection is told", async () => {
    const running = await start(setup);
    const log: string[] = [];
    running.io.use((socket, go) => {
      log.push(`first ${socket.handshake.auth.token}`);
      socket.data.user = "ann";
      go();
    });
    running.io.use((socket, go) => {
      setImmediate(() => {
        log.push(`second ${socket.data.user} ${socket.connected}`);
        go();
      });
    });
    running.io.on("connection", (socket) => {
      log.push(`connection ${socket.data.user} ${socket.connected}`);
    });
    await join(running, { ...setup.client, auth: { token: "t" } });
    expect(log).toEqual(["first t", "second ann false", "connection ann true"]);
  });

  test("an error keeps the client out, with its message and data", async () => {
    const { io, url } = await start(setup);
    let calls = 0;
    io.use((_socket, go) => {
      go(Object.assign(new Error("not you"), { data: { code: 401, why: ["a", "b"] } }));
    });
    io.use((_socket, go) => {
      calls += 1;
      go();
    });
    io.on("connection", () => {
      calls += 1;
    });
    const stranger = client(url, setup.client);
    const [error] = await next<[Error & { data?: unknown }]>(stranger, "connect_error");
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toBe("not you");
    expect(error.data).toEqual({ code: 401, why: ["a", "b"] });
    expect(stranger.connected).toBe(false);
    expect(stranger.active).toBe(false);
    expect(calls).toBe(0);
    expect(io.sockets.sockets.size).toBe(0);
  });

  test("a client that was kept out may try again with other credentials", async () => {
    const { io, url } = await start(setup);
    io.use((socket, go) => {
      go(socket.handshake.auth.token === "right" ? undefined : new Error("wrong token"));
    });
    const stranger = client(url, { ...setup.client, auth: { token: "wrong" } });
    await next(stranger, "connect_error");
    stranger.auth = { token: "right" };
    stranger.connect();
    await connected(stranger);
    expect(io.sockets.sockets.size).toBe(1);
  });

  test("rooms that were joined before the error are left", async () => {
    const { io, url } = await start(setup);
    io.use((socket, go) => {
      socket.join("room");
      go(new Error("no"));
    });
    await next(client(url, setup.client), "connect_error");
    expect(io.sockets.adapter.rooms.size).toBe(0);
    expect(io.sockets.adapter.sids.size).toBe(0);
  });

  test("a client that goes while a middleware thinks never connects", async () => {
    const { io, url } = await start(setup);
    const asked = deferred<{ socket: Socket; go: () => void }>();
    io.use((socket, go) => asked.resolve({ socket, go }));
    let connections = 0;
    io.on("connection", () => {
      connections += 1;
    });
    const impatient = client(url, setup.client);
    const { socket, go } = await asked.promise;
    const closed = next(socket.conn, "close");
    impatient.disconnect();
    await closed;
    go();
    await new Promise((resolve) => setImmediate(resolve));
    expect(connections).toBe(0);
    expect(io.sockets.sockets.size).toBe(0);
    expect(socket.connected).toBe(false);
  });
});

describe.each(implementations)("middlewares of $name", (implementation) => {
  test("are a namespace's own", async () => {
    const running = await start(implementation);
    const log: string[] = [];
    running.io.use((_socket, go) => {
      log.push("main");
      go();
    });
    running.io.of("/a").use((_socket, go) => {
      log.push("a");
      go();
    });
    await join(running, {}, "/a");
    expect(log).toEqual(["a"]);
  });

  test("that call back twice count once", async () => {
    const running = await start(implementation);
    let connections = 0;
    running.io.use((_socket, go) => go());
    running.io.on("connection", () => {
      connections += 1;
    });
    await join(running);
    expect(connections).toBe(1);
  });
});

describe.each(each(transports))("middlewares of packets, of $name by $way", (setup) => {
  test("see each event with its arguments and may change them", async () => {
    const { socket, client: peer } = await pair(setup);
    const seen: unknown[] = [];
    socket.use((event, go) => {
      seen.push([...event]);
      event[1] = "changed";
      event.push("added");
      go();
    });
    const got = next(socket, "e");
    peer.emit("e", "original");
    expect(await got).toEqual(["changed", "added"]);
    expect(seen).toEqual([["e", "original"]]);
  });

  test("run in order, and may wait", async () => {
    const { socket, client: peer } = await pair(setup);
    const log: string[] = [];
    socket.use((_event, go) => {
      log.push("first");
      setImmediate(go);
    });
    socket.use((_event, go) => {
      log.push("second");
      go();
    });
    socket.on("e", (answer) => {
      log.push("listener");
      answer();
    });
    await peer.emitWithAck("e");
    expect(log).toEqual(["first", "second", "listener"]);
  });

  test("an error of them keeps the event from its listeners and is told to `error`", async () => {
    const { socket, client: peer } = await pair(setup);
    let calls = 0;
    socket.use(([name], go) => go(name === "bad" ? new Error("not allowed") : undefined));
    socket.on("bad", () => {
      calls += 1;
    });
    const error = next<[Error]>(socket, "error");
    peer.emit("bad");
    expect((await error)[0].message).toBe("not allowed");
    const good = next(socket, "good");
    peer.emit("good");
    await good;
    expect(calls).toBe(0);
    expect(socket.connected).toBe(true);
  });

  test("an error that nobody listens to does no harm", async () => {
    const { socket, client: peer } = await pair(setup);
    socket.use(([name], go) => go(name === "bad" ? new Error("not allowed") : undefined));
    peer.emit("bad");
    const good = next(socket, "good");
    peer.emit("good");
    await good;
  });

  test("the acknowledgement is the last of the event", async () => {
    const { socket, client: peer } = await pair(setup);
    socket.use((event, go) => {
      const answer = event.at(-1);
      if (event[0] === "guarded") answer({ error: "denied" });
      else go();
    });
    expect(await peer.emitWithAck("guarded", 1)).toEqual({ error: "denied" });
  });
});
