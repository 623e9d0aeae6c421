import { once } from "node:events";
import { WebSocket, WebSocketServer } from "@openline/websocket";
import { afterEach, describe, expect, it } from "vitest";

let server: WebSocketServer;

async function pairOf(): Promise<{ socket: WebSocket; client: WebSocket }> {
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const [[socket]] = (await Promise.all([once(server, "connection"), once(client, "open")])) as [
    [WebSocket],
    unknown,
  ];
  return { socket, client };
}

afterEach(() => server.shutdown({ graceMs: 100 }));

/** "hi" and what is not to be seen around it, in one buffer. */
function inSecrets(): ArrayBuffer {
  const memory = new Uint8Array(1_000).fill(0x41);
  memory.set([0x68, 0x69, 0x20, 0x68, 0x69, 0x20, 0x68, 0x69], 496);
  return memory.buffer;
}

const views: [string, ArrayBufferView][] = [
  ["Uint8Array", new Uint8Array(inSecrets(), 496, 8)],
  ["Int16Array", new Int16Array(inSecrets(), 496, 4)],
  ["Uint32Array", new Uint32Array(inSecrets(), 496, 2)],
  ["Float64Array", new Float64Array(inSecrets(), 496, 1)],
  ["BigInt64Array", new BigInt64Array(inSecrets(), 496, 1)],
  ["DataView", new DataView(inSecrets(), 496, 8)],
  ["Buffer", Buffer.from(inSecrets(), 496, 8)],
];

describe("F7 (CVE-2026-45736, CVE-2016-10518)", () => {
  it.each([
    ["a number", 123],
    ["an object with a length", { length: 100 }],
    ["an object with a byteLength", { byteLength: 100 }],
    ["an array", [1, 2, 3]],
    ["true", true],
  ])("a close reason that is %s is refused, and no memory is disclosed", async (_, reason) => {
    const { socket } = await pairOf();
    expect(() => socket.close(1000, reason as never)).toThrow(TypeError);
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  it.each(views)("a close reason in a %s is its own bytes and no others", async (_, view) => {
    const { socket, client } = await pairOf();
    const closed = once(client, "close");
    socket.close(1000, view as Buffer);
    const [code, reason] = (await closed) as [number, Buffer];
    expect([code, String(reason)]).toEqual([1000, "hi hi hi"]);
  });

  it.each(views)("a ping, a pong and a message of a %s are, too", async (_, view) => {
    const { socket, client } = await pairOf();
    const got = ["ping", "pong", "message"].map((event) => once(client, event));
    socket.ping(view);
    socket.pong(view);
    socket.send(view);
    const all = (await Promise.all(got)).map(([data]) => String(data));
    expect(all).toEqual(["hi hi hi", "hi hi hi", "hi hi hi"]);
  });

  it("a view that says that it is longer than it is, is refused", async () => {
    const { socket } = await pairOf();
    const own = Object.defineProperty(new Uint8Array(8), "length", { value: 500 });
    class Inherited extends Uint8Array {
      override get length(): number {
        return 500;
      }
    }
    for (const view of [own, new Inherited(8), Object.create(Uint8Array.prototype)]) {
      expect(() => socket.send(view)).toThrow(TypeError);
      expect(() => socket.ping(view)).toThrow(TypeError);
      expect(() => socket.close(1000, view)).toThrow(TypeError);
      expect(() => server.broadcast(view)).toThrow(TypeError);
    }
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  it.each([100, 0, 65_536])("a ping of the number %d is its digits", async (number) => {
    const { socket, client } = await pairOf();
    const got = once(client, "ping");
    socket.ping(number as never);
    expect(String((await got)[0])).toBe(String(number));
  });
});

describe("H17 (CVE-2017-16031): what must not be guessed", () => {
  it("the client's nonce has 128 random bits, whatever Math.random says", async () => {
    server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const keys = new Set<string>();
    server.on("connection", (_, request) => keys.add(request.headers["sec-websocket-key"] ?? ""));
    await withoutChance(async () => {
      for (let round = 0; round < 20; round += 1) {
        const client = new WebSocket(`ws://127.0.0.1:${port}`);
        await once(client, "open");
        client.terminate();
      }
    });
    expect([...keys].map((key) => Buffer.from(key, "base64").length)).toEqual(
      Array.from({ length: 20 }, () => 16),
    );
  });
});

/** Runs `work` while Math.random gives always the same, as for one who has guessed it. */
async function withoutChance(work: () => Promise<void>): Promise<void> {
  const { random } = Math;
  Math.random = () => 0.5;
  try {
    await work();
  } finally {
    Math.random = random;
  }
}
