import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  client,
  connected,
  implementations,
  join,
  next,
  onTestEnd,
  start,
  transports,
} from "./fixture.ts";

type Headers = Record<string, string>;

describe.each(implementations)("io.engine of $name", (implementation) => {
  const { name } = implementation;

  test("initial_headers lets fields be added to a session's first answer only", async () => {
    const { io, url } = await start(implementation);
    const urls: (string | undefined)[] = [];
    io.engine.on("initial_headers", (headers: Headers, request: IncomingMessage) => {
      headers["x-first"] = "yes";
      urls.push(request.url?.split("?")[0]);
    });
    const opened = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    expect(opened.headers.get("x-first")).toBe("yes");
    const { sid } = JSON.parse((await opened.text()).slice(1)) as { sid: string };
    const posted = await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, {
      method: "POST",
      body: "40",
    });
    expect(posted.headers.get("x-first")).toBeNull();
    expect(urls).toEqual(["/socket.io/"]);
  });

  test("headers lets fields be added to every answer", async () => {
    const { io, url } = await start(implementation);
    io.engine.on("headers", (headers: Headers) => {
      headers["x-every"] = "yes";
    });
    const opened = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse((await opened.text()).slice(1)) as { sid: string };
    const session = `${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    const posted = await fetch(session, { method: "POST", body: "40" });
    const polled = await fetch(session);
    for (const response of [opened, posted, polled]) {
      expect(response.headers.get("x-every")).toBe("yes");
    }
  });

  test("both are told of the answer to a WebSocket's handshake", async () => {
    const { io, url } = await start(implementation);
    const told: string[] = [];
    io.engine.on("initial_headers", (headers: Headers) => {
      headers["x-first"] = "yes";
      told.push("initial_headers");
    });
    io.engine.on("headers", (headers: Headers) => {
      headers["x-every"] = "yes";
      told.push("headers");
    });
    const webSocket = new WebSocket(
      `${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`,
    );
    onTestEnd(() => webSocket.terminate());
    const [answer] = await next<[IncomingMessage]>(webSocket, "upgrade");
    expect(answer.headers).toMatchObject({ "x-first": "yes", "x-every": "yes" });
    expect(told).toEqual(["initial_headers", "headers"]);
  });

  const refusals = [
    { why: "an unknown transport", query: "EIO=4&transport=pigeon", code: 0 },
    { why: "an unknown session", query: "EIO=4&transport=polling&sid=unknown", code: 1 },
    { why: "a handshake by POST", query: "EIO=4&transport=polling", code: 2, method: "POST" },
    { why: "a WebSocket by GET", query: "EIO=4&transport=websocket", code: 3 },
    { why: "an old protocol", query: "EIO=3&transport=polling", code: 5 },
  ];

  test.each(refusals)("connection_error tells of $why", async ({ query, code, method = "GET" }) => {
    const { io, url } = await start(implementation);
    const told = next(io.engine, "connection_error");
    const response = await fetch(`${url}/socket.io/?${query}`, { method });
    expect(response.status).toBe(400);
    const body = (await response.json()) as { code: number; message: string };
    const [error] = (await told) as [{ code: number; message: string; req: IncomingMessage }];
    expect(error).toMatchObject({ code, message: body.message });
    expect(error.req.url).toBe(`/socket.io/?${query}`);
    expect(error).toHaveProperty("context");
    expect(body.code).toBe(code);
  });

  test("connection_error tells of those whom allowRequest refuses", async () => {
    const { io, url } = await start(implementation, {
      allowRequest: (_request, callback) => callback("not today", false),
    });
    const told = next(io.engine, "connection_error");
    const made = client(url, { transports: ["websocket"] });
    await expect(connected(made)).rejects.toThrow();
    expect((await told)[0]).toMatchObject({ code: 4, context: { message: "not today" } });
  });

  test.each(transports)("clientsCount counts connections by $way", async ({ client: options }) => {
    const running = await start(implementation);
    const { io } = running;
    expect(io.engine.clientsCount).toBe(0);
    const one = await join(running, options);
    const two = await join(running, options);
    expect(io.engine.clientsCount).toBe(2);
    const closed = [next(one.socket.conn, "close"), next(two.socket.conn, "close")];
    one.client.disconnect();
    await closed[0];
    expect(io.engine.clientsCount).toBe(1);
    two.socket.disconnect(true);
    await closed[1];
    expect(io.engine.clientsCount).toBe(0);
  });

  test.each(transports)("generateId names the connections by $way", async ({ client: options }) => {
    const running = await start(implementation);
    const urls: unknown[] = [];
    running.io.engine.generateId = (request: IncomingMessage) => {
      urls.push(request.url?.split("?")[0]);
      return "chosen";
    };
    const { socket, client: made } = await join(running, options);
    expect(socket.conn.id).toBe("chosen");
    expect(made.io.engine.id).toBe("chosen");
    expect(socket.id).not.toBe("chosen");
    expect(urls).toEqual(["/socket.io/"]);
  });

  test("generateId may be asynchronous", async () => {
    const running = await start(implementation);
    let made = 0;
    running.io.engine.generateId = async () => {
      await new Promise(setImmediate);
      made += 1;
      return `chosen-${made}`;
    };
    const ids = await Promise.all(
      transports
        .slice(0, 2)
        .map(async (way) => (await join(running, way.client)).client.io.engine.id),
    );
    expect(ids.sort()).toEqual(["chosen-1", "chosen-2"]);
  });

  test("a generateId that fails refuses the connection", async () => {
    const { io, url } = await start(implementation);
    io.engine.generateId = () => Promise.reject(new Error("no more ids"));
    const told = next(io.engine, "connection_error");
    const response = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ code: 3, message: "Bad request" });
    expect((await told)[0]).toMatchObject({ context: { name: "ID_GENERATION_ERROR" } });
  });

  test("connection hands over the connection before the namespaces have it", async () => {
    const running = await start(implementation);
    const conn = next(running.io.engine, "connection");
    const { socket } = await join(running);
    expect((await conn)[0]).toBe(socket.conn);
    expect(socket.conn.id).not.toBe(socket.id);
    expect([name, socket.conn.protocol]).toEqual([name, 4]);
  });
});
