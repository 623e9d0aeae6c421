import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "openline";
import { io as connect } from "socket.io-client";
import { expect, test } from "vitest";
import { lmdbLog } from "./index.ts";
import { newFolder } from "./lmdb-folder.fixture.ts";

/** A chat that keeps its rooms in `path`. */
async function start(path: string, port: number): Promise<{ io: Server; port: number }> {
  const http = createServer();
  const io = new Server(http, { log: lmdbLog({ path }) });
  io.rooms("chat:*", { delivery: "durable" });
  io.on("connection", (socket) => {
    socket.on("enter", async (room: string, answer: () => void) => {
      await socket.join(room);
      socket.data.room = room;
      answer();
    });
  });
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  return { io, port: (http.address() as AddressInfo).port };
}

for (const transport of ["websocket", "polling"] as const) {
  test(`a stock client on ${transport} goes on in a server that has restarted`, async () => {
    const path = newFolder();
    const first = await start(path, 0);
    const client = connect(`http://127.0.0.1:${first.port}`, {
      transports: [transport],
      reconnectionDelay: 10,
      reconnectionDelayMax: 50,
    });
    const got: unknown[] = [];
    client.on("message", (value) => got.push(value));
    await client.emitWithAck("enter", "chat:1");
    const { id } = client;
    await first.io.room("chat:1").publish("message", 1);
    await expect.poll(() => got).toEqual([1]);
    const gone = new Promise((resolve) => client.once("disconnect", resolve));
    await first.io.close({ graceMs: 2_000 });
    await gone;
    // Published by somebody else before the client is back.
    const writer = await start(path, 0);
    await writer.io.room("chat:1").publish("message", 2);
    await writer.io.close();
    const second = await start(path, first.port);
    await second.io.room("chat:1").publish("message", 3);
    await expect.poll(() => client.connected, { timeout: 10_000 }).toBe(true);
    expect(client.recovered).toBe(true);
    expect(client.id).toBe(id);
    const [socket] = second.io.sockets.sockets.values();
    expect(socket?.data).toEqual({ room: "chat:1" });
    await second.io.room("chat:1").publish("message", 4);
    await expect.poll(() => got).toEqual([1, 2, 3, 4]);
    client.close();
    await second.io.close();
  });
}

test("what clients that are away are thrown out of, they do not come back to after a restart", async () => {
  const path = newFolder();
  const first = await start(path, 0);
  const options = { reconnectionDelay: 10, reconnectionDelayMax: 50 };
  const names = ["left", "ended", "other"] as const;
  const clients = names.map(() =>
    connect(`http://127.0.0.1:${first.port}`, { ...options, forceNew: true }),
  );
  const got = clients.map((client) => {
    const values: unknown[] = [];
    client.on("message", (value) => values.push(value));
    return values;
  });
  for (const [index, client] of clients.entries()) {
    await client.emitWithAck("enter", `chat:${names[index]}`);
    await client.emitWithAck("enter", "chat:all");
  }
  await first.io.room("chat:all").publish("message", 1);
  await expect.poll(() => got).toEqual([[1], [1], [1]]);
  const gone = clients.map(
    (client) => new Promise((resolve) => client.once("disconnect", resolve)),
  );
  await first.io.close({ graceMs: 2_000 });
  await Promise.all(gone);
  // Nobody can connect before it listens.
  const second = new Server({ log: lmdbLog({ path }) });
  second.rooms("chat:*", { delivery: "durable" });
  second.in("chat:left").socketsLeave("chat:all");
  second.in("chat:ended").disconnectSockets();
  await second.room("chat:all").publish("message", 2);
  second.listen(first.port);
  await expect
    .poll(() => clients.every(({ connected }) => connected), { timeout: 10_000 })
    .toBe(true);
  expect(clients.map(({ recovered }) => recovered)).toEqual([true, false, true]);
  await second.room("chat:all").publish("message", 3);
  await second.room("chat:left").publish("message", "end");
  await expect.poll(() => got).toEqual([[1, "end"], [1], [1, 2, 3]]);
  for (const client of clients) client.close();
  await second.close();
});
