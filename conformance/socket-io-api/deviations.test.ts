import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  deferred,
  implementations,
  join,
  next,
  onTestEnd,
  pair,
  type ServerOptions,
  type Socket,
  start,
  transports,
  type Way,
} from "./fixture.ts";

// The rows of "Everything that is different" in docs/migrating-from-socket-io.md, for both.

const polling = transports[0] as Way;
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Throws in a handler; then tells whether the process and the connection are there. */
const program = (specifier: string, handler: string): string => `
  import { Server } from ${JSON.stringify(specifier)};
  import { io as connect } from "socket.io-client";
  const io = new Server(0, { onError: (error, { event }) => console.log(event, error.message) });
  io.on("connection", (socket) => {
    socket.on("bad", ${handler});
    socket.on("good", (answer) => answer("alive"));
  });
  const client = connect("http://127.0.0.1:" + io.httpServer.address().port);
  client.on("connect", async () => {
    console.log(JSON.stringify(await client.emitWithAck("bad")));
    console.log(await client.emitWithAck("good"));
    process.exit(0);
  });
`;

function run(source: string): Promise<{ failed: boolean; stdout: string; stderr: string }> {
  const args = ["--conditions=@openline/source", "--import", "tsx", "--input-type=module"];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...args, "--eval", source],
      { cwd: root, env: { ...process.env, NODE_OPTIONS: "" }, timeout: 25_000 },
      (error, stdout, stderr) => resolve({ failed: error !== null, stdout, stderr }),
    );
  });
}

describe.each(implementations)("what differs, of $name", (implementation) => {
  const isOurs = implementation.name === "openline";
  const setup = { ...implementation, ...(transports[1] as Way) };

  test.each([
    ["throws", '() => { throw new Error("oops"); }'],
    ["rejects", 'async () => { throw new Error("oops"); }'],
  ])("a handler that %s", async (_how, handler) => {
    const { failed, stdout, stderr } = await run(program(implementation.name, handler));
    if (!isOurs) {
      expect(failed).toBe(true);
      expect(stderr).toContain("Error: oops");
      return;
    }
    expect(stderr).toBe("");
    const [reported, answer, end] = stdout.trim().split("\n");
    expect(reported).toBe("bad oops");
    expect(JSON.parse(answer as string)).toEqual({
      code: "OPENLINE_HANDLER_FAILED",
      message: "The server failed to handle this event",
    });
    expect(end).toBe("alive");
  });

  test("a page of another origin, by WebSocket", async () => {
    const answerTo = async (options: Partial<ServerOptions>): Promise<number | undefined> => {
      const { port } = await start(implementation, options);
      const page = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, {
        origin: "http://page.example",
      });
      onTestEnd(() => page.terminate());
      page.on("error", () => {});
      return await new Promise((resolve) => {
        page.on("upgrade", ({ statusCode }) => resolve(statusCode));
        page.on("unexpected-response", (_request, { statusCode }) => resolve(statusCode));
      });
    };
    expect(await answerTo({})).toBe(isOurs ? 403 : 101);
    expect(await answerTo({ cors: { origin: "http://page.example" } })).toBe(101);
    expect(await answerTo({ cors: { origin: "*" } })).toBe(101);
    expect(await answerTo({ origins: ["http://page.example"] })).toBe(101);
  });

  test("a client that does not read, and what emit returns", async () => {
    const { io, port } = await start(implementation, { backpressure: { maxBytes: 1_000_000 } });
    const slow = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    onTestEnd(() => slow.terminate());
    slow.on("error", () => {});
    const connection = next<[Socket]>(io, "connection");
    slow.on("open", () => {
      slow.send("40");
      slow.pause();
    });
    const [socket] = await connection;
    const filling = "x".repeat(200_000);
    const answers = new Set<boolean>();
    // 60 MB: more than the kernel takes.
    for (let n = 0; n < 300 && socket.connected; n += 1) {
      answers.add(socket.emit("filling", filling));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(answers).toEqual(new Set(isOurs ? [true, false] : [true]));
    expect(socket.connected).toBe(!isOurs);
  });

  test("socket.request", async () => {
    const { socket } = await pair({ ...setup, ...polling });
    // Node's own is a stream, with its buffers.
    expect(Object.hasOwn(socket.request, "_readableState")).toBe(!isOurs);
    expect(socket.request.headers.host).toContain("127.0.0.1");
    const kept = await pair({ ...setup, ...polling }, { keepRequest: true });
    expect(Object.hasOwn(kept.socket.request, "_readableState")).toBe(true);
  });

  test("session ids and the answer to one that is not known", async () => {
    const { io, url, socket } = await pair({ ...setup, ...polling });
    const { id } = socket.conn;
    expect(id.length > 20).toBe(isOurs);
    const ask = async (sid: string): Promise<unknown> => {
      const response = await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`);
      expect(response.status).toBe(400);
      return await response.json();
    };
    const known = { code: 1, message: "Session ID unknown" };
    const detail = { detail: expect.any(String) };
    expect(await ask("never")).toEqual(isOurs ? { ...known, ...detail } : known);
    const closed = next(socket.conn, "close");
    io.disconnectSockets(true);
    await closed;
    const answer = (await ask(id)) as { detail?: string };
    expect(answer).toEqual(isOurs ? { ...known, ...detail } : known);
    if (isOurs) expect(answer.detail).toMatch(/closed/);
  });

  test("maxConnectionsPerAddress", async () => {
    const { port } = await start(implementation, { maxConnectionsPerAddress: 1 });
    const answers: (number | undefined)[] = [];
    for (let n = 0; n < 2; n += 1) {
      const peer = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
      onTestEnd(() => peer.terminate());
      peer.on("error", () => {});
      answers.push(
        await new Promise((resolve) => {
          peer.on("upgrade", ({ statusCode }) => resolve(statusCode));
          peer.on("unexpected-response", (_request, { statusCode }) => resolve(statusCode));
        }),
      );
    }
    expect(answers).toEqual([101, isOurs ? 429 : 101]);
  });

  test("a second CONNECT while the first waits for middlewares", async () => {
    const { io, port } = await start(implementation);
    const waiting: (() => void)[] = [];
    const second = deferred<void>();
    io.use((_socket, go) => {
      waiting.push(go);
      if (waiting.length === 2) second.resolve();
    });
    const raw = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    onTestEnd(() => raw.terminate());
    raw.on("open", () => {
      raw.send("40");
      raw.send("40");
    });
    const closed = next(raw, "close").then(() => "closed");
    const outcome = await Promise.race([closed, second.promise.then(() => "second")]);
    expect(outcome).toBe(isOurs ? "closed" : "second");
  });

  test("WebTransport is refused where it is configured", () => {
    const make = (): unknown =>
      new implementation.Server({ transports: ["webtransport"] }).attach(0);
    if (isOurs) expect(make).toThrow('transports takes "polling" and "websocket"');
    else onTestEnd(() => (make() as { close(): unknown }).close());
  });

  test("many events of one turn", async () => {
    const { socket, client } = await join(await start(implementation), polling.client);
    while (!socket.conn.transport.writable) await new Promise((resolve) => setImmediate(resolve));
    const polls: number[] = [];
    socket.conn.on("flush", () => polls.push(1));
    const last = next(client, "last");
    for (let n = 0; n < 10; n += 1) socket.emit("n", n);
    socket.emit("last");
    await last;
    // In Socket.IO the first takes the poll that waits, and the others the next one.
    expect(polls).toHaveLength(isOurs ? 1 : 2);
  });
});
