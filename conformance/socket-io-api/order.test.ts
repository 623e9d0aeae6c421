import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import * as msgpack from "socket.io-msgpack-parser";
import { describe, expect, test } from "vitest";
import {
  type ClientSocket,
  client,
  each,
  implementations,
  join,
  next,
  type Socket,
  start,
  type Way,
} from "./fixture.ts";

const COUNT = 10_000;

const changes: readonly Way[] = [
  { way: "", server: {}, client: {} },
  { way: " with msgpack", server: { parser: msgpack }, client: { parser: msgpack } },
  { way: " with compression", server: { perMessageDeflate: { threshold: 16 } }, client: {} },
];

const cases = each(changes).map((one) => ({ ...one, way: one.name + one.way }));

/** Resolves in the next turn of the event loop. */
const turn = (): Promise<void> => new Promise(setImmediate);

/** Numbers from 0 on, each seventh with bytes; a few each turn until `isOver`. */
async function send(
  from: Pick<Socket, "emit">,
  isOver: (sent: number) => boolean,
): Promise<number> {
  let sent = 0;
  while (!isOver(sent)) {
    for (let burst = 0; burst < 20; burst += 1) {
      if (sent % 7 === 0) from.emit("n", sent, Buffer.from([sent & 255]));
      else from.emit("n", sent);
      sent += 1;
    }
    await turn();
  }
  from.emit("end");
  return sent;
}

/** What comes until the end: how many, and the first that came out of order or damaged. */
async function receive(at: Socket | ClientSocket): Promise<{ count: number; wrong: unknown }> {
  let count = 0;
  let wrong: unknown = null;
  const listener = (n: number, bytes?: Uint8Array): void => {
    const isWhole = n % 7 === 0 ? bytes?.[0] === (n & 255) : bytes === undefined;
    if (wrong === null && (n !== count || !isWhole)) wrong = { expected: count, got: n, bytes };
    count += 1;
  };
  (at as Socket).on("n", listener); // the one has the other's method
  await next(at, "end");
  return { count, wrong };
}

describe.each(cases)("order on $way", (setup) => {
  test("all arrive once and in order, both ways, through the change to WebSocket", async () => {
    const running = await start(setup, setup.server);
    // The change comes when a good part has gone by polling.
    let change = (): void => undefined;
    running.io.engine.use((request: IncomingMessage, _response: unknown, go: () => void) => {
      if (request.headers.upgrade === undefined) go();
      else change = go;
    });
    const { socket, client: made } = await join(running, setup.client);
    const received = Promise.all([receive(made), receive(socket)]);
    let before = 0;
    let after = 0;
    socket.on("n", () => {
      if (socket.conn.transport.name === "polling") before += 1;
      else after += 1;
      if (before === COUNT / 10) change();
    });
    const isOver = (sent: number): boolean =>
      sent >= COUNT && socket.conn.transport.name === "websocket";
    const sent = await Promise.all([send(socket, isOver), send(made as never, isOver)]);
    const [there, here] = await received;
    expect([there.wrong, here.wrong]).toEqual([null, null]);
    expect([there.count, here.count]).toEqual(sent);
    // There was a change to be tested.
    expect(before).toBeGreaterThanOrEqual(COUNT / 10);
    expect(after).toBeGreaterThan(0);
  });
});

describe.each(implementations)("order on $name", (implementation) => {
  const count = COUNT / 10;
  const isOver = (sent: number): boolean => sent >= count;

  test("all arrive once and in order when the change to WebSocket fails", async () => {
    const running = await start(implementation);
    // As proxies do that know no WebSocket.
    running.http.prependListener("upgrade", (_request, stream: Duplex) => stream.destroy());
    const { socket, client: made } = await join(running);
    const received = Promise.all([receive(made), receive(socket)]);
    const sent = await Promise.all([send(socket, isOver), send(made as never, isOver)]);
    const [there, here] = await received;
    expect([there.wrong, here.wrong]).toEqual([null, null]);
    expect([there.count, here.count]).toEqual(sent);
    expect(socket.conn.transport.name).toBe("polling");
  });

  test("broadcasts and messages to one client keep their order", async () => {
    const running = await start(implementation);
    const { socket, client: made } = await join(running);
    const log: number[] = [];
    made.on("n", (n: number) => log.push(n));
    for (let n = 0; n < count; n += 4) {
      socket.emit("n", n);
      running.io.emit("n", n + 1);
      running.io.to(socket.id).emit("n", n + 2, Buffer.alloc(1));
      socket.emit("n", n + 3, Buffer.alloc(1));
      if (n % 100 === 0) await turn();
    }
    const end = next(made, "end");
    socket.emit("end");
    await end;
    expect(log).toEqual(Array.from({ length: count }, (_, n) => n));
  });

  test("what is sent as a client connects comes in order behind its connecting", async () => {
    const running = await start(implementation);
    running.io.on("connection", (socket) => {
      socket.emit("n", 0);
      running.io.emit("n", 1);
      queueMicrotask(() => socket.emit("n", 2));
      setImmediate(() => socket.emit("end"));
    });
    const made = client(running.url, { transports: ["websocket"] });
    const log: unknown[] = [];
    made.on("connect", () => log.push("connect"));
    made.on("n", (n: number) => log.push(n));
    await next(made, "end");
    expect(log).toEqual(["connect", 0, 1, 2]);
  });
});
