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

describe("F7 (CVE-2026-45736, CVE-2016-10518)", () => {
  it.each([
    ["a number", 123],
    ["an object with a length", { length: 100 }],
    ["an array", [1, 2, 3]],
    ["true", true],
  ])("a close reason that is %s is refused, and no memory is disclosed", async (_, reason) => {
    const { socket } = await pairOf();
    expect(() => socket.close(1000, reason as never)).toThrow(TypeError);
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  it("a close reason in a typed array is its own bytes and no others", async () => {
    const { socket, client } = await pairOf();
    const memory = new Uint8Array(1_000).fill(0x41);
    memory.set([0x68, 0x69], 500);
    const closed = once(client, "close");
    socket.close(1000, memory.subarray(500, 502));
    const [, reason] = (await closed) as [number, Buffer];
    expect(String(reason)).toBe("hi");
  });

  it("a wide typed array is sent by its bytes", async () => {
    const { socket, client } = await pairOf();
    const got = once(client, "message");
    socket.send(Uint16Array.of(0x4241, 0x4443));
    expect(String((await got)[0])).toBe("ABCD");
  });

  it("a ping of a number is the number's digits", async () => {
    const { socket, client } = await pairOf();
    const got = once(client, "ping");
    socket.ping(100 as never);
    expect(String((await got)[0])).toBe("100");
  });
});
