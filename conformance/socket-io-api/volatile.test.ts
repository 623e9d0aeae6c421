import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { implementations, join, next, record, type Socket, settled, start } from "./fixture.ts";

const polling = { transports: ["polling"] };
const websocket = { transports: ["websocket"] };

describe.each(implementations)("volatile events of $name", (implementation) => {
  test("arrive when the client reads", async () => {
    const running = await start(implementation);
    const { socket, client } = await join(running, websocket);
    await settled(socket, client);
    const log = record(client);
    socket.volatile.emit("e", 1);
    await settled(socket, client);
    expect(log).toEqual([["e", 1]]);
  });

  test("are left out between two polls", async () => {
    const running = await start(implementation);
    const { socket, client } = await join(running, polling);
    const log = record(client);
    // What waits for the end of this turn takes the poll: there is none for the next turn.
    socket.emit("takes the poll");
    await new Promise((resolve) => setImmediate(resolve));
    expect(socket.conn.transport.writable).toBe(false);
    socket.volatile.emit("left out");
    running.io.volatile.emit("left out");
    running.io.to(socket.id).volatile.emit("left out");
    socket.emit("is kept");
    await settled(socket, client);
    expect(log).toEqual([["takes the poll"], ["is kept"]]);
  });

  test("are left out while a client does not read, and others are not", async () => {
    const running = await start(implementation);
    const slow = new WebSocket(
      `ws://127.0.0.1:${running.port}/socket.io/?EIO=4&transport=websocket`,
    );
    slow.on("error", () => {});
    const connection = next<[Socket]>(running.io, "connection");
    slow.on("open", () => slow.send("40"));
    const [socket] = await connection;
    const log: string[] = [];
    const last = new Promise<void>((resolve) => {
      slow.on("message", (data) => {
        const text = String(data);
        if (!text.startsWith("42")) return;
        const [name] = JSON.parse(text.slice(2)) as [string];
        log.push(name);
        if (name === "last") resolve();
      });
    });
    slow.pause();
    const filling = "x".repeat(500_000);
    let sent = 0;
    // Until what was sent is more than the kernel takes.
    while (socket.conn.transport.writable && sent < 200) {
      socket.emit("filling", filling);
      sent += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(socket.conn.transport.writable).toBe(false);
    for (let n = 0; n < 20; n += 1) socket.volatile.emit("left out");
    running.io.volatile.emit("left out");
    socket.emit("last");
    slow.resume();
    await last;
    expect(log.filter((name) => name === "filling")).toHaveLength(sent);
    expect(log).not.toContain("left out");
    slow.terminate();
  });

  test("is said of the next event alone", async () => {
    const running = await start(implementation);
    const { socket, client } = await join(running, polling);
    const log = record(client);
    socket.emit("takes the poll");
    await new Promise((resolve) => setImmediate(resolve));
    socket.volatile.emit("left out");
    socket.emit("is kept");
    await settled(socket, client);
    expect(log).toEqual([["takes the poll"], ["is kept"]]);
  });
});
