import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "openline";
import { afterEach, describe, expect, it } from "vitest";
import { debianPython } from "../tools/machine/debian.ts";

/** Does what a client does, checks what comes back, and prints how it ended. */
const program = `
import asyncio, sys, socketio

async def main(url, transports):
    sio = socketio.AsyncClient(reconnection=False)
    got = asyncio.Queue()

    @sio.on("asked")
    async def asked(data):
        return {"answer": data}

    @sio.on("news")
    async def news(*args):
        await got.put(args)

    @sio.on("news", namespace="/admin")
    async def admin_news(*args):
        await got.put(("admin",) + args)

    await sio.connect(url, transports=transports, namespaces=["/", "/admin"], auth={"token": "t"})
    expected = "websocket" if "websocket" in transports else "polling"
    assert sio.transport() == expected, sio.transport()

    for data in ["", "Grüße 世界 🎉", 42, [1, {"a": None}], b"\\x00\\xff", {"file": b"abc", "name": "n"}]:
        back = await sio.call("echo", data)
        assert back == data, (back, data)

    await sio.emit("publish", ("text", b"bytes"))
    assert await asyncio.wait_for(got.get(), 10) == ("text", b"bytes")
    await sio.emit("publish", "x", namespace="/admin")
    assert await asyncio.wait_for(got.get(), 10) == ("admin", "x")

    assert await sio.call("ask me", 7) == {"answer": 7}

    for n in range(300):
        await sio.emit("count", n)
    assert await sio.call("counted") == list(range(300))

    # A ping and its pong have passed: the server says when it has heard one.
    assert await sio.call("after a heartbeat", timeout=20) == "alive"
    await sio.disconnect()
    print("done")

asyncio.run(main(sys.argv[1], sys.argv[2].split(",")))
`;

const children: ChildProcess[] = [];
const servers: Server[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(servers.splice(0).map((io) => io.close()));
});

async function start(): Promise<{ io: Server; url: string }> {
  const http = createServer().listen(0, "127.0.0.1");
  const io = new Server(http, { pingInterval: 500, pingTimeout: 10_000 });
  servers.push(io);
  await once(http, "listening");
  io.of("/admin").on("connection", (socket) => {
    socket.on("publish", (...args) => io.of("/admin").emit("news", ...args));
  });
  io.on("connection", (socket) => {
    const counted: number[] = [];
    socket.on("echo", (data, answer) => answer(data));
    socket.on("publish", (...args) => io.emit("news", ...args));
    socket.on("count", (n: number) => counted.push(n));
    socket.on("counted", (answer) => answer(counted));
    socket.on("ask me", async (data, answer) => answer(await socket.emitWithAck("asked", data)));
    socket.on("after a heartbeat", (answer) => {
      socket.conn.once("heartbeat", () => answer("alive"));
    });
  });
  return { io, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

describe("python3-socketio", () => {
  it.each(["polling", "websocket", "polling,websocket"])(
    "is a client of our server by %s",
    { timeout: 60_000 },
    async (transports) => {
      const { io, url } = await start();
      const connected = once(io, "connection");
      const child = spawn(debianPython, ["-c", program, url, transports], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      children.push(child);
      let output = "";
      // Python complains there about its own client's sessions: shown only if something else fails.
      let complaints = "";
      child.stdout.on("data", (chunk) => {
        output += chunk;
      });
      child.stderr.on("data", (chunk) => {
        complaints += chunk;
      });
      const ended = once(child, "close");
      const [socket] = (await Promise.race([connected, ended])) as [
        { handshake: { auth: unknown }; once: typeof io.once } | number,
      ];
      if (typeof socket === "number") throw new Error(complaints);
      expect(socket.handshake.auth).toEqual({ token: "t" });
      await ended;
      expect(output.trim(), complaints).toBe("done");
    },
  );
});
