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
