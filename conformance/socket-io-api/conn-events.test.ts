import { describe, expect, test } from "vitest";
import {
  each,
  implementations,
  join,
  next,
  onTestEnd,
  type Socket,
  start,
  transports,
} from "./fixture.ts";

describe.each(each(transports))("what socket.conn of $name tells by $way", (setup) => {
  test("packetCreate, flush and drain for what is sent, packet for what comes", async () => {
    const running = await start(setup);
    const { socket, client: made } = await join(running, setup.client);
    if (setup.way.includes("upgrades") && socket.conn.transport.name === "polling") {
      await next(socket.conn, "upgrade");
    }
    const log: string[] = [];
    socket.conn.on("packetCreate", ({ type, data }) => log.push(`create ${type} ${data}`));
    socket.conn.on("flush", () => log.push("flush"));
    socket.conn.on("drain", () => log.push("drain"));
    socket.conn.on("packet", ({ type, data }) => log.push(`packet ${type} ${data}`));
    const drained = next(socket.conn, "drain");
    socket.emit("there", 1);
    await drained;
    const come = next(socket, "back");
    made.emit("back", 2);
    await come;
    const told = log.filter((line) => line.includes("message"));
    expect(told).toEqual(['create message 2["there",1]', 'packet message 2["back",2]']);
    expect(log.filter((line) => line === "flush" || line === "drain").slice(0, 2)).toEqual([
      "flush",
      "drain",
    ]);
  });

  test("the connection is in `conn` with what a server asks of it", async () => {
    const running = await start(setup);
    const { socket, client: made } = await join(running, setup.client);
    expect(socket.conn.id).toBe(made.io.engine.id);
    expect(socket.conn.readyState).toBe("open");
    expect(socket.conn.remoteAddress).toBe("127.0.0.1");
    expect(socket.conn.request.headers.host).toBe(`127.0.0.1:${running.port}`);
    expect(socket.conn).toBe(socket.client.conn);
  });

  test("close tells why, once", async () => {
    const running = await start(setup);
    const { socket, client: made } = await join(running, setup.client);
    const told: unknown[] = [];
    const closed = next(socket.conn, "close");
    socket.conn.on("close", (reason) => told.push(reason));
    made.disconnect();
    await closed;
    await new Promise(setImmediate);
    expect(told).toEqual(["transport close"]);
    expect(socket.conn.readyState).toBe("closed");
  });
});

describe.each(implementations)("a connection of $name", (implementation) => {
  test("tells of the change to WebSocket: upgrading, then upgrade", async () => {
    const running = await start(implementation);
    const log: string[] = [];
    running.io.engine.on("connection", (conn: Socket["conn"]) => {
      conn.on("upgrading", ({ name }) => log.push(`upgrading ${name}, is ${conn.transport.name}`));
      conn.on("upgrade", ({ name }) => log.push(`upgrade ${name}, is ${conn.transport.name}`));
    });
    const { socket } = await join(running);
    if (socket.conn.transport.name === "polling") await next(socket.conn, "upgrade");
    expect(log).toEqual(["upgrading websocket, is polling", "upgrade websocket, is websocket"]);
  });

  test("tells of each heartbeat that is answered", async () => {
    const running = await start(implementation, { pingInterval: 20, pingTimeout: 20_000 });
    const { socket, client: made } = await join(running, { transports: ["websocket"] });
    const pinged = next(made.io, "ping");
    await next(socket.conn, "heartbeat");
    await next(socket.conn, "heartbeat");
    await pinged;
    onTestEnd(() => made.disconnect());
  });
});
