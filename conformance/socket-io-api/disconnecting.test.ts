import { connect as connectTcp } from "node:net";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  type ClientSocket,
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

/** Why both sides say that they are disconnected. */
async function reasons(socket: Socket, peer: ClientSocket): Promise<[unknown, unknown]> {
  const [[server], [other]] = await Promise.all([
    next(socket, "disconnect"),
    next(peer, "disconnect"),
  ]);
  return [server, other];
}

/** What the manager of a client does not show in its types: its engine's transport. */
function engineOf(peer: ClientSocket): {
  close(): void;
  transport: { onError(why: string): void };
} {
  return peer.io.engine as never; // what it has at run time
}

describe.each(each(transports))("reasons to disconnect, of $name by $way", (setup) => {
  test("the client leaves the namespace", async () => {
    const { socket, client: peer } = await pair(setup);
    const both = reasons(socket, peer);
    peer.disconnect();
    expect(await both).toEqual(["client namespace disconnect", "io client disconnect"]);
    expect(socket.connected).toBe(false);
    expect(socket.disconnected).toBe(true);
  });

  test("the server disconnects the socket", async () => {
    const { socket, client: peer } = await pair(setup);
    const both = reasons(socket, peer);
    expect(socket.disconnect()).toBe(socket);
    expect(await both).toEqual(["server namespace disconnect", "io server disconnect"]);
  });

  test("the server closes the connection with it", async () => {
    const { io, socket, client: peer } = await pair(setup);
    const both = reasons(socket, peer);
    const closed = next(socket.conn, "close");
    socket.disconnect(true);
    expect(await both).toEqual(["server namespace disconnect", "io server disconnect"]);
    await closed;
    expect(io.engine.clientsCount).toBe(0);
  });

  test("the client's engine closes", async () => {
    const { socket, client: peer } = await pair(setup);
    const gone = next(socket, "disconnect");
    engineOf(peer).close();
    expect((await gone)[0]).toBe("transport close");
  });

  test("the server's engine closes the connection", async () => {
    const { socket, client: peer } = await pair(setup);
    const both = reasons(socket, peer);
    socket.conn.close();
    expect(await both).toEqual(["forced close", "transport close"]);
  });

  test("the server is closed", async () => {
    const { io, socket, client: peer } = await pair(setup);
    const both = reasons(socket, peer);
    const [closed] = await Promise.all([io.close(), both]);
    expect(closed).toBeUndefined();
    expect((await both)[0]).toBe("server shutting down");
    // A poll may be answered, or find nobody any more.
    expect(["transport close", "transport error"]).toContain((await both)[1]);
  });

  test("a packet that is none", async () => {
    const { socket, client: peer } = await pair(setup);
    const both = reasons(socket, peer);
    (peer.io.engine as unknown as { write(data: string): void }).write("9bogus");
    expect(await both).toEqual(["forced close", "transport close"]);
  });

  test("disconnecting comes before disconnect, once each, with the same reason", async () => {
    const { socket, client: peer } = await pair(setup);
    const log: unknown[] = [];
    socket.on("disconnecting", (reason) => log.push(["disconnecting", reason, socket.connected]));
    socket.on("disconnect", (reason) => log.push(["disconnect", reason, socket.connected]));
    const closed = next(socket.conn, "close");
    peer.disconnect();
    await closed;
    expect(log).toEqual([
      ["disconnecting", "client namespace disconnect", true],
      ["disconnect", "client namespace disconnect", false],
    ]);
    socket.disconnect();
    expect(log).toHaveLength(2);
  });

  test("what is sent to a socket that is gone vanishes", async () => {
    const { io, socket, client: peer } = await pair(setup);
    const gone = next(socket, "disconnect");
    peer.disconnect();
    await gone;
    socket.emit("nobody");
    socket.to(socket.id).emit("nobody");
    io.to(socket.id).emit("nobody");
    expect(io.sockets.sockets.size).toBe(0);
  });

  // Socket.IO tells an event in the next turn, and by then the socket may be gone.
  test.runIf(setup.name === "openline")(
    "events that came before the disconnection are told before it",
    async () => {
      const { socket, client: peer } = await pair(setup);
      const log: unknown[] = [];
      socket.on("n", (n) => log.push(n));
      const gone = next(socket, "disconnect");
      for (let n = 0; n < 5; n += 1) peer.emit("n", n);
      peer.disconnect();
      await gone;
      expect(log).toEqual([0, 1, 2, 3, 4]);
    },
  );

  test("what the server sends before it disconnects arrives before", async () => {
    const { socket, client: peer } = await pair(setup);
    const log: unknown[] = [];
    peer.on("n", (n) => log.push(n));
    const gone = next(peer, "disconnect");
    for (let n = 0; n < 5; n += 1) socket.emit("n", n);
    socket.disconnect(true);
    await gone;
    expect(log).toEqual([0, 1, 2, 3, 4]);
  });

  test("a client comes back by itself, as another socket", async () => {
    const { io, url } = await start(setup);
    const peer = client(url, { ...setup.client, reconnection: true, reconnectionDelay: 1 });
    const [[first]] = await Promise.all([next<[Socket]>(io, "connection"), connected(peer)]);
    const back = next<[Socket]>(io, "connection");
    first.conn.close();
    const [second] = await back;
    expect(second.id).not.toBe(first.id);
    expect(second.recovered).toBe(false);
    expect(io.sockets.sockets.size).toBe(1);
  });
});

describe.each(implementations)("reasons to disconnect, of $name", (implementation) => {
  test("the line breaks", async () => {
    const { io, port } = await start(implementation);
    const raw = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    raw.on("error", () => {});
    const connection = next<[Socket]>(io, "connection");
    raw.on("open", () => raw.send("40"));
    const [socket] = await connection;
    const gone = next(socket, "disconnect");
    raw.terminate();
    expect((await gone)[0]).toBe("transport close");
  });

  test("the client does not answer pings, by WebSocket", async () => {
    const { io, port } = await start(implementation, { pingInterval: 300, pingTimeout: 300 });
    const raw = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    raw.on("error", () => {});
    const reason = new Promise((resolve) => {
      io.on("connection", (socket) => socket.on("disconnect", resolve));
    });
    raw.on("open", () => raw.send("40"));
    expect(await reason).toBe("ping timeout");
  });

  test("the client does not answer pings, by polling", async () => {
    const { io, url } = await start(implementation, { pingInterval: 300, pingTimeout: 300 });
    const reason = new Promise((resolve) => {
      io.on("connection", (socket) => socket.on("disconnect", resolve));
    });
    const base = `${url}/socket.io/?EIO=4&transport=polling`;
    const opened = await (await fetch(base)).text();
    const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
    await fetch(`${base}&sid=${sid}`, { method: "POST", body: "40" });
    expect(await reason).toBe("ping timeout");
  });

  test("a frame that is none", async () => {
    const { io, port } = await start(implementation);
    const raw = connectTcp(port, "127.0.0.1");
    raw.on("error", () => {});
    const connection = next<[Socket]>(io, "connection");
    raw.write(
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n" +
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    );
    await next(raw, "data");
    const masked = (text: string): Buffer =>
      Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
    raw.write(masked("40"));
    const [socket] = await connection;
    const gone = next(socket, "disconnect");
    raw.write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0])); // reserved bits
    const [reason, description] = await gone;
    expect(reason).toBe("transport error");
    expect(description).toBeInstanceOf(Error);
    raw.destroy();
  });

  test("a connection that joins no namespace in time is closed", async () => {
    const { io, port } = await start(implementation, { connectTimeout: 20 });
    const raw = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    await next(raw, "close");
    expect(io.engine.clientsCount).toBe(0);
  });

  test("one that has joined in time is not", async () => {
    const running = await start(implementation, { connectTimeout: 1_000 });
    const { socket } = await join(running);
    const late = new WebSocket(
      `ws://127.0.0.1:${running.port}/socket.io/?EIO=4&transport=websocket`,
    );
    // It connected later: when it is closed, the first one's time is over.
    await next(late, "close");
    expect(socket.connected).toBe(true);
  });

  test("a packet for a namespace that was not joined closes the connection", async () => {
    const { io, port } = await start(implementation);
    const raw = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    raw.on("open", () => raw.send('42/elsewhere,["e"]'));
    const closed = deferred<void>();
    raw.on("close", () => closed.resolve());
    await closed.promise;
    expect(io.engine.clientsCount).toBe(0);
  });
});
