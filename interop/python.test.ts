import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { WebSocket, WebSocketServer } from "@openline/websocket";
import { afterEach, describe, expect, it } from "vitest";
import { debianPython } from "../tools/machine/debian.ts";

/** Sends what a peer may send, checks what comes back, and prints how it ended. */
const clientProgram = `
import asyncio, sys, websockets
async def main(url, compression):
    async with websockets.connect(url, subprotocols=["chat"], compression=compression, max_size=None) as peer:
        assert peer.subprotocol == "chat"
        for data in ["", "Grüße 世界", b"\\x00\\xff", "x" * 70000, bytes(1 << 20)]:
            await peer.send(data)
            assert await peer.recv() == data
        await peer.send(["in ", "frag", "ments"])
        assert await peer.recv() == "in fragments"
        await (await peer.ping("hi"))
        for i in range(500):
            await peer.send(str(i))
        for i in range(500):
            assert await peer.recv() == str(i)
        await peer.close(4001, "done")
    print(peer.close_code, peer.close_reason)
asyncio.run(main(sys.argv[1], None if sys.argv[2] == "none" else "deflate"))
`;

/** Echoes, with the protocol "chat"; closes with 4002 when it hears "close". */
const serverProgram = `
import asyncio, websockets
async def echo(peer):
    async for data in peer:
        if data == "close":
            await peer.close(4002, "as asked")
        else:
            await peer.send(data)
async def main():
    async with websockets.serve(echo, "127.0.0.1", 0, subprotocols=["chat"], max_size=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()
asyncio.run(main())
`;

const children: ChildProcess[] = [];
const servers: WebSocketServer[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(servers.splice(0).map((server) => server.shutdown({ graceMs: 0 })));
});

function python(program: string, ...parameters: string[]): ChildProcess {
  const child = spawn(debianPython, ["-c", program, ...parameters], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  return child;
}

describe("python3-websockets", () => {
  it.each(["none", "deflate"])(
    "is a client of our server, compression: %s",
    async (compression) => {
      const server = new WebSocketServer({
        port: 0,
        host: "127.0.0.1",
        maxPayload: 8 << 20,
        perMessageDeflate: { threshold: 0 },
      });
      servers.push(server);
      server.on("connection", (socket) => {
        socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
      });
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const connected = once(server, "connection");
      const child = python(clientProgram, `ws://127.0.0.1:${port}`, compression);
      let output = "";
      let errors = "";
      child.stdout?.on("data", (chunk) => {
        output += chunk;
      });
      child.stderr?.on("data", (chunk) => {
        errors += chunk;
      });
      const [socket] = (await connected) as [WebSocket];
      const closed = once(socket, "close");
      expect(socket.extensions).toBe(compression === "none" ? "" : "permessage-deflate");
      const [exitCode] = await once(child, "close");
      expect(errors).toBe("");
      expect([exitCode, output.trim()]).toEqual([0, "4001 done"]);
      const [code, reason] = await closed;
      expect([code, String(reason)]).toEqual([4001, "done"]);
    },
  );

  it("is a server for our client", async () => {
    const child = python(serverProgram);
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const [port] = (await once(lines, "line")) as [string];
    const client = new WebSocket(`ws://127.0.0.1:${port}`, ["chat"]);
    await once(client, "open");
    expect([client.protocol, client.extensions]).toEqual(["chat", "permessage-deflate"]);
    for (const data of ["", "Grüße 世界", "x".repeat(70_000), Buffer.alloc(1 << 20, 7)]) {
      const answered = once(client, "message");
      client.send(data);
      const [received] = (await answered) as [Buffer];
      expect(received.equals(Buffer.from(data))).toBe(true);
    }
    const pong = once(client, "pong");
    client.ping("hi");
    expect(String((await pong)[0])).toBe("hi");
    const closed = once(client, "close");
    client.send("close");
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([4002, "as asked"]);
  });
});
