import type { IncomingMessage } from "node:http";
import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import { describe, expect, test } from "vitest";
import {
  type Client,
  client,
  connected,
  deferred,
  join,
  next,
  onTestEnd,
  pairs,
  type Running,
  record,
  several,
  start,
} from "./fixture.ts";

/** Refuses WebSockets, as proxies do that know none. */
function withoutWebSockets({ http }: Running): void {
  http.removeAllListeners("upgrade");
  http.on("upgrade", (_request, stream: Duplex) => {
    stream.end("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
  });
}

/** Resolves when the client has changed over. */
function upgraded(made: Client): Promise<unknown> {
  return new Promise((resolve) => {
    made.io.once("open", () => void made.io.engine.once("upgrade", resolve));
  });
}

/** The transports of requests that begin a session, as they come. */
function beginnings({ http }: Running): string[] {
  const log: string[] = [];
  const listener = ({ url = "" }: IncomingMessage): void => {
    const { searchParams } = new URL(url, "http://x");
    if (!searchParams.has("sid")) log.push(searchParams.get("transport") ?? "");
  };
  http.prependListener("request", listener).prependListener("upgrade", listener);
  return log;
}

describe.each(pairs)("$client on $server: transports", (sides) => {
  test("begins with polling, and changes over to a WebSocket", async () => {
    const running = await start(sides);
    const made = client(sides, running.url);
    const names: string[] = [];
    const upgraded = new Promise<{ name: string }>((resolve) => {
      made.io.on("open", () => {
        names.push(made.io.engine.transport.name);
        made.io.engine.on("upgrading", ({ name }) => names.push(`to ${name}`));
        made.io.engine.on("upgrade", resolve);
      });
    });
    await connected(made);
    const { id } = made.io.engine;
    names.push((await upgraded).name, made.io.engine.transport.name);
    expect(names).toEqual(["polling", "to websocket", "websocket", "websocket"]);
    expect([made.io.engine.id, made.connected]).toEqual([id, true]);
  });

  test("stays where it is with upgrade off", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, { upgrade: false });
    socket.on("ask", (answer) => answer(1));
    for (let n = 0; n < 10; n += 1) await made.emitWithAck("ask");
    expect(made.io.engine.transport.name).toBe("polling");
    expect(socket.conn.transport.name).toBe("polling");
  });

  test("goes on by polling where WebSockets fail, and says so", async () => {
    const running = await start(sides);
    withoutWebSockets(running);
    const made = client(sides, running.url);
    const failed = new Promise<Error & { transport: string }>((resolve) => {
      made.io.on("open", () => made.io.engine.on("upgradeError", resolve as never));
    });
    await connected(made);
    const error = await failed;
    expect(error.message).toMatch(/^probe error/);
    expect(error.transport).toBe("websocket");
    const [socket] = running.io.sockets.sockets.values();
    const got = next(socket as never, "n");
    made.emit("n", 1);
    expect(await got).toEqual([1]);
  });

  // The stock server shows nothing of what comes right before a close in the midst of the change.
  test.runIf(sides.server === "openline")("closes once all has left, amid the change", async () => {
    const running = await start(sides);
    // The WebSocket is let in when everything else is there.
    const asked = deferred<() => void>();
    running.io.engine.use((request: IncomingMessage, _response: unknown, go: () => void) => {
      if (request.headers.upgrade) asked.resolve(go);
      else go();
    });
    const { client: made, socket } = await join(sides, running);
    const change = await asked.promise;
    const log = record(socket, ["n"]);
    const gone = next(socket, "disconnect");
    made.io.engine.on("upgrading", () => {
      made.emit("n", 1).emit("n", 2);
      made.disconnect();
    });
    change();
    expect((await gone)[0]).toBe("client namespace disconnect");
    expect(log).toEqual([
      ["n", 1],
      ["n", 2],
    ]);
  });

  test("tries the others where the first fails, with tryAllTransports", async () => {
    const running = await start(sides);
    withoutWebSockets(running);
    const made = client(sides, running.url, {
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      upgrade: false,
    });
    await connected(made);
    expect(made.io.engine.transport.name).toBe("polling");
    const strict = client(sides, running.url, { transports: ["websocket", "polling"] });
    await expect(connected(strict)).rejects.toThrow("websocket error");
  });

  test("begins with a WebSocket where one has worked, with rememberUpgrade", async () => {
    const running = await start(sides);
    const first = client(sides, running.url, { rememberUpgrade: true });
    await upgraded(first);
    first.disconnect();
    const log = beginnings(running);
    const second = client(sides, running.url, { rememberUpgrade: true });
    await connected(second);
    expect(second.io.engine.transport.name).toBe("websocket");
    const third = client(sides, running.url);
    await connected(third);
    expect(log).toEqual(["websocket", "polling"]);
  });

  test("transports can be changed for the next attempt", async () => {
    const running = await start(sides);
    withoutWebSockets(running);
    const made = client(sides, running.url, { transports: ["websocket"] });
    made.once("connect_error", () => {
      made.io.opts.transports = ["polling"];
    });
    await next(made, "connect");
    expect(made.io.engine.transport.name).toBe("polling");
  });

  test("without a transport there is an error", async () => {
    const made = client(sides, "http://127.0.0.1", { transports: [], reconnection: false });
    const [error] = await next(made, "connect_error");
    expect(`${error}`).toMatch("No transports available");
  });

  test("stamps polling requests against caches, unless told otherwise", async () => {
    const running = await start(sides);
    const stamps = new Map<string, (string | null)[]>();
    const listener = ({ url = "" }: IncomingMessage): void => {
      const { searchParams } = new URL(url, "http://x");
      const key = searchParams.get("key") ?? "";
      stamps.set(key, [...(stamps.get(key) ?? []), searchParams.get("t")]);
    };
    running.http.prependListener("request", listener).prependListener("upgrade", listener);
    const made = [
      { query: { key: "polling" }, transports: ["polling"] },
      { query: { key: "unstamped" }, transports: ["polling"], timestampRequests: false },
      { query: { key: "websocket" }, transports: ["websocket"] },
      { query: { key: "stamped" }, transports: ["websocket"], timestampRequests: true },
    ].map((options) => client(sides, running.url, options));
    await Promise.all(made.map(connected));
    const polled = stamps.get("polling") ?? [];
    expect(polled.every((stamp) => /^[\w-]{4,}$/.test(stamp ?? ""))).toBe(true);
    expect(new Set(polled).size).toBe(polled.length);
    expect(new Set(stamps.get("unstamped"))).toEqual(new Set([null]));
    expect(stamps.get("websocket")).toEqual([null]);
    expect(stamps.get("stamped")).toEqual([expect.any(String)]);
  });

  test("keeps cookies on Node, with withCredentials, also for the WebSocket", async () => {
    const running = await start(sides, { cookie: true });
    const cookies: (string | undefined)[] = [];
    const listener = ({ headers }: IncomingMessage): void => void cookies.push(headers.cookie);
    running.http.prependListener("request", listener).prependListener("upgrade", listener);
    const made = client(sides, running.url, { withCredentials: true });
    await upgraded(made);
    const io = `io=${made.io.engine.id}`;
    expect(cookies[0]).toBeUndefined();
    expect(new Set(cookies.slice(1))).toEqual(new Set([io]));
  });

  test("an answer with an error status is an error that has it", async () => {
    const http = createServer((_request, response) => response.writeHead(503).end());
    onTestEnd(() => http.close());
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const { port } = http.address() as { port: number };
    const made = client(sides, `http://127.0.0.1:${port}`, { reconnection: false });
    const [error] = await next<[Error & { description: number }]>(made, "connect_error");
    expect([error.message, error.description]).toEqual(["xhr poll error", 503]);
    made.disconnect();
  });

  test("the engine tells of packets both ways, and of what has left", async () => {
    const running = await start(sides);
    const { client: made, socket } = await join(sides, running, { upgrade: false });
    const { engine } = made.io;
    const log: unknown[][] = [];
    engine.on("packet", ({ type, data }) => log.push(["packet", type, data]));
    engine.on("packetCreate", ({ type, data }) => log.push(["packetCreate", type, data]));
    const drained = next(engine, "drain");
    made.emit("a");
    await drained;
    const got = several(made, "b", 1);
    socket.emit("b");
    await got;
    expect(log).toEqual([
      ["packetCreate", "message", '2["a"]'],
      ["packet", "message", '2["b"]'],
    ]);
    const closed = next(engine, "close");
    expect(engine.close()).toBe(engine);
    expect((await closed)[0]).toBe("forced close");
  });
});
