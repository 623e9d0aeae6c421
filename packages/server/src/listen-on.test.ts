import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { Server } from "./server.ts";

const running: Server[] = [];
const dialled: Socket[] = [];

afterEach(async () => {
  // Node waits for those that never begin a request.
  for (const socket of dialled.splice(0)) socket.destroy();
  await Promise.all(running.splice(0).map((io) => io.close()));
});

/** A connection to a server that listens by itself. */
async function dial(options: ConstructorParameters<typeof Server>[1]): Promise<Socket> {
  const io = new Server(0, options);
  running.push(io);
  const { httpServer } = io;
  if (!httpServer.listening) await once(httpServer, "listening");
  const { port } = httpServer.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  dialled.push(socket);
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

async function statusLine(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket, "data")) as [Buffer];
  return chunk.toString("latin1").slice(0, 12);
}

it("refuses heads beyond 8 KiB", async () => {
  const socket = await dial({});
  socket.write(`GET /socket.io/ HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(9_000)}\r\n\r\n`);
  expect(await statusLine(socket)).toBe("HTTP/1.1 431");
});

it("does not wait for a head longer than for a message", async () => {
  const socket = await dial({ limits: { message: 50 } });
  socket.write("GET /socket.io/ HTTP/1.1\r\nHost: x\r\n");
  expect(await statusLine(socket)).toBe("HTTP/1.1 408");
});

it("waits for a head for ten seconds by default", async () => {
  await dial({});
  expect(running[0]?.httpServer).toMatchObject({ headersTimeout: 10_000, requestTimeout: 60_000 });
  await dial({ limits: { message: false } });
  expect(running[1]?.httpServer).toMatchObject({ headersTimeout: 10_000, requestTimeout: 0 });
});
