import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import {
  implementations,
  join,
  next,
  onTestEnd,
  type Running,
  type Socket,
  start,
} from "./fixture.ts";

/** What is used of a client of Socket.IO 2. */
interface OldSocket {
  readonly id: string;
  readonly connected: boolean;
  on(event: string, listener: (...args: never[]) => void): this;
  once(event: string, listener: (...args: never[]) => void): this;
  emit(event: string, ...args: unknown[]): this;
  send(...args: unknown[]): this;
  close(): this;
}
type Connect = (url: string, options: object) => OldSocket;

// It has no types.
const connectOld = createRequire(import.meta.url)("socket.io-client-v2") as Connect;
const bytes = Buffer.from([1, 2, 255]);

function old(url: string, options: object = {}): OldSocket {
  const socket = connectOld(url, { forceNew: true, reconnection: false, ...options });
  onTestEnd(() => socket.close());
  return socket;
}

async function enter(
  { io, url }: Running,
  options: object,
  namespace = "/",
): Promise<{ socket: Socket; client: OldSocket }> {
  const connection = next<[Socket]>(io.of(namespace), "connection");
  const client = old(namespace === "/" ? url : url + namespace, options);
  const [[socket]] = await Promise.all([connection, next(client, "connect")]);
  return { socket, client };
}

const ways = [
  { way: "polling", options: { transports: ["polling"] } },
  { way: "websocket", options: { transports: ["websocket"] } },
  { way: "polling that upgrades", options: {} },
];

describe.each(
  implementations.flatMap((implementation) => ways.map((way) => ({ ...implementation, ...way }))),
)("clients of Socket.IO 2 with $name by $way", ({ options, ...implementation }) => {
  test("exchange events with text, bytes and acknowledgements", async () => {
    const running = await start(implementation, { allowEIO3: true });
    const { socket, client } = await enter(running, options);
    expect(socket.conn.protocol).toBe(3);
    expect(socket.handshake.query.EIO).toBe("3");

    const there = next(socket, "there");
    const back = next(client, "back");
    client.emit("there", 1, "äöü 𝒳", { bytes });
    socket.emit("back", 1, "äöü 𝒳", { bytes });
    expect(await there).toEqual([1, "äöü 𝒳", { bytes }]);
    const [number, text, object] = (await back) as [number, string, { bytes: ArrayBuffer }];
    expect([number, text]).toEqual([1, "äöü 𝒳"]);
    expect(Buffer.from(object.bytes)).toEqual(bytes);

    socket.on("ask", (n: number, answer) => answer(n + 1));
    client.on("ask", ((n: number, answer: (n: number) => void) => answer(n + 2)) as never);
    expect(await new Promise((resolve) => client.emit("ask", 1, resolve))).toBe(2);
    expect(await socket.emitWithAck("ask", 1)).toBe(3);
  });

  test("keep the order of many", async () => {
    const running = await start(implementation, { allowEIO3: true });
    const { socket, client } = await enter(running, options);
    const numbers = Array.from({ length: 300 }, (_, n) => n);
    const received = (from: OldSocket | Socket): Promise<number[]> =>
      new Promise((resolve) => {
        const all: number[] = [];
        from.on("n", (n: number) => {
          all.push(n);
          if (all.length === numbers.length) resolve(all);
        });
      });
    const [up, down] = [received(socket), received(client)];
    for (const n of numbers) {
      client.emit("n", n);
      socket.emit("n", n);
    }
    expect(await up).toEqual(numbers);
    expect(await down).toEqual(numbers);
  });

  test("share rooms and broadcasts with those of version 4", async () => {
    const running = await start(implementation, { allowEIO3: true });
    const { socket, client } = await enter(running, options);
    const modern = await join(running);
    await socket.join("room");
    await modern.socket.join("room");
    const got = Promise.all([next(client, "e"), next(modern.client, "e")]);
    running.io.to("room").emit("e", "text", bytes);
    for (const [text, data] of await got) {
      expect(text).toBe("text");
      expect(Buffer.from(data as ArrayBuffer)).toEqual(bytes);
    }
  });

  test("enter namespaces with a query, and are kept out by middlewares", async () => {
    const running = await start(implementation, { allowEIO3: true });
    running.io.of("/a").use((socket, go) => {
      const isKnown = socket.handshake.query.token === "t";
      go(isKnown ? undefined : Object.assign(new Error("no"), { data: { code: 1 } }));
    });
    const { client } = await enter(running, { ...options, query: { token: "t" } }, "/a");
    expect(client.connected).toBe(true);
    const refused = old(`${running.url}/a`, options);
    // Version 2 has an event of an error, which is data where there is some.
    expect(await next(refused, "error")).toEqual([{ code: 1 }]);
  });

  test("disconnect, and are disconnected", async () => {
    const running = await start(implementation, { allowEIO3: true });
    const first = await enter(running, options);
    const left = next(first.socket, "disconnect");
    first.client.close();
    expect(["client namespace disconnect", "transport close"]).toContain((await left)[0]);
    const second = await enter(running, options);
    const gone = next(second.client, "disconnect");
    second.socket.disconnect();
    expect((await gone)[0]).toBe("io server disconnect");
  });

  test("ping the server", async () => {
    const running = await start(implementation, { allowEIO3: true, pingInterval: 50 });
    const { socket, client } = await enter(running, options);
    const beat = next(socket.conn, "heartbeat");
    const pong = next(client, "pong");
    await Promise.all([beat, pong]);
    expect(socket.connected).toBe(true);
  });

  test("are refused without allowEIO3", async () => {
    const running = await start(implementation);
    const stranger = old(running.url, options);
    await next(stranger, "connect_error");
    expect(stranger.connected).toBe(false);
    expect(running.io.engine.clientsCount).toBe(0);
  });
});
