import { describe, expect, test } from "vitest";
import { connect, listen, next, nextClose, nextError, openPair, record } from "./fixture.ts";
import { closeBody, frame, openRawClient } from "./raw-peer.ts";
import { type Socket, targets } from "./targets.ts";

const everything = ["upgrade", "open", "message", "ping", "pong", "error", "close"];

describe.each(targets)("the order of events of $name", (target) => {
  test("a client that talks and closes", async () => {
    const { server, url } = await listen(target);
    server.on("connection", (socket) => {
      socket.ping();
      socket.send("hello");
      socket.pong();
      socket.close(1000);
    });
    const client = connect(target, url);
    const order = record(client, everything);
    await next(client, "close");
    expect(order).toEqual(["upgrade", "open", "ping", "message", "pong", "close"]);
  });

  test("a server's listeners on 'connection' miss nothing that came with the handshake", async () => {
    const { server, port } = await listen(target);
    const connected = next<[Socket]>(server, "connection");
    const orders: string[][] = [];
    server.on("connection", (socket) => orders.push(record(socket, everything)));
    const peer = await openRawClient(port, {
      extra: Buffer.concat([
        frame({ opcode: 9, mask: true }),
        frame({ opcode: 1, payload: "a", mask: true }),
        frame({ opcode: 8, payload: closeBody(1000), mask: true }),
      ]),
    });
    peer.socket.end();
    const [socket] = await connected;
    if (socket.readyState !== target.WebSocket.CLOSED) await next(socket, "close");
    expect(orders).toEqual([["ping", "message", "close"]]);
  });

  test("'open' is not emitted on a server's socket that the program can see", async () => {
    const { socket } = await openPair(target);
    expect(socket.readyState).toBe(target.WebSocket.OPEN);
  });

  test("error, then close, when the handshake fails", async () => {
    const { url } = await listen(target, { verifyClient: () => false });
    const client = connect(target, url);
    const order = record(client, [...everything, "unexpected-response"].slice(0, -1));
    const states: number[] = [];
    client.on("error", () => states.push(client.readyState));
    client.on("close", () => states.push(client.readyState));
    await next(client, "close");
    expect(order).toEqual(["error", "close"]);
    expect(states).toEqual([2, 3]);
  });

  test("error, then close, when the peer breaks the protocol", async () => {
    const { server, port } = await listen(target);
    const connected = next<[Socket]>(server, "connection");
    const peer = await openRawClient(port);
    const [socket] = await connected;
    const order = record(socket, everything);
    const closed = next(socket, "close");
    peer.write(
      Buffer.concat([
        frame({ opcode: 1, payload: "good", mask: true }),
        frame({ opcode: 3, mask: true }),
      ]),
    );
    await peer.closeCode();
    peer.socket.end();
    await closed;
    expect(order).toEqual(["message", "error", "close"]);
  });

  test("no message after close()'s 'close'", async () => {
    const { socket, client } = await openPair(target);
    const order = record(client, everything);
    const closed = nextClose(client);
    for (let index = 0; index < 3; index++) socket.send("a");
    socket.close();
    socket.send("too late", () => {});
    await closed;
    expect(order).toEqual(["message", "message", "message", "close"]);
  });

  test("messages of both kinds keep their order", async () => {
    const { socket, client } = await openPair(target);
    const got: string[] = [];
    const closed = next(client, "close");
    client.on("message", (data, isBinary) => got.push(`${isBinary ? "binary" : "text"} ${data}`));
    for (let index = 0; index < 100; index++) {
      socket.send(index % 3 === 0 ? Buffer.from(`${index}`) : `${index}`);
    }
    socket.close();
    await closed;
    expect(got).toEqual(
      Array.from({ length: 100 }, (_, index) => `${index % 3 === 0 ? "binary" : "text"} ${index}`),
    );
  });

  test("'close' comes once, even when an error came before", async () => {
    const { url } = await listen(target, { verifyClient: () => false });
    const client = connect(target, url);
    const order = record(client, ["error", "close"]);
    await nextError(client);
    client.close();
    client.terminate();
    if (client.readyState !== target.WebSocket.CLOSED) await next(client, "close");
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(["error", "close"]);
  });
});
