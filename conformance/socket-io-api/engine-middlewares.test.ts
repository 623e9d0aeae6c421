import type { IncomingMessage, ServerResponse } from "node:http";
import session from "express-session";
import helmet from "helmet";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { implementations, join, next, onTestEnd, start, transports } from "./fixture.ts";

type Next = (error?: unknown) => void;

interface WithSession extends IncomingMessage {
  session: session.Session & { visits?: number };
  sessionID: string;
}

/** What a WebSocket's handshake is answered with, be it taken or refused. */
async function answerTo(url: string, headers: Record<string, string> = {}) {
  const webSocket = new WebSocket(
    `${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`,
    {
      headers,
    },
  );
  webSocket.on("error", () => undefined); // told by the answer
  onTestEnd(() => webSocket.terminate());
  const answer = await Promise.race([
    next<[IncomingMessage]>(webSocket, "upgrade").then(([response]) => response),
    next<[unknown, IncomingMessage]>(webSocket, "unexpected-response").then(([, made]) => made),
    next<[Error]>(webSocket, "error").then(([error]) => error),
  ]);
  return answer instanceof Error
    ? { statusCode: 0, headers: {} as IncomingMessage["headers"] }
    : answer;
}

describe.each(implementations)("io.engine.use of $name", (implementation) => {
  const { name } = implementation;
  const polling = (url: string): string => `${url}/socket.io/?EIO=4&transport=polling`;

  test("runs middlewares in order on each request, the change to WebSocket included", async () => {
    const running = await start(implementation);
    const log: string[] = [];
    for (const each of ["a", "b"]) {
      running.io.engine.use((request: IncomingMessage, _response: ServerResponse, go: Next) => {
        log.push(`${each} ${request.method} ${request.headers.upgrade ?? ""}`.trim());
        setImmediate(go);
      });
    }
    const { socket } = await join(running);
    if (socket.conn.transport.name === "polling") await next(socket.conn, "upgrade");
    expect(log.slice(0, 2)).toEqual(["a GET", "b GET"]);
    expect(log).toContain("a POST");
    expect(log).toContain("b GET websocket");
  });

  test("sets the headers of helmet on polling answers and WebSocket's", async () => {
    const running = await start(implementation);
    running.io.engine.use(helmet());
    const polled = await fetch(polling(running.url));
    expect(polled.headers.get("x-content-type-options")).toBe("nosniff");
    expect(polled.headers.get("content-security-policy")).toContain("default-src");
    const { headers } = await answerTo(running.url);
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff" });
  });

  test.each(transports)(
    "shares sessions of express-session by $way",
    async ({ client: options }) => {
      const middleware = session({ secret: "s", resave: false, saveUninitialized: true });
      const running = await start(implementation, {}, (request, response) => {
        middleware(request as never, response as never, () => {
          const { session: own } = request as WithSession;
          own.visits = (own.visits ?? 0) + 1;
          response.end(String(own.visits));
        });
      });
      running.io.engine.use(middleware);
      const page = await fetch(running.url);
      const cookie = page.headers.getSetCookie()[0]?.split(";")[0] ?? "";
      const { socket } = await join(running, { ...options, extraHeaders: { cookie } });
      const request = socket.request as never as WithSession;
      expect(request.session.visits).toBe(1);
      // As Socket.IO's guide on sessions does it.
      await fetch(running.url, { headers: { cookie } });
      await new Promise<void>((resolve) => request.session.reload(() => resolve()));
      expect(request.session.visits).toBe(2);
      request.session.visits = 40;
      await new Promise<void>((resolve) => request.session.save(() => resolve()));
      expect(await (await fetch(running.url, { headers: { cookie } })).text()).toBe("41");
      const old = request.sessionID;
      await new Promise<void>((resolve) => request.session.regenerate(() => resolve()));
      expect([request.session.visits, request.sessionID === old]).toEqual([undefined, false]);
      await new Promise<void>((resolve) => request.session.destroy(() => resolve()));
      expect(request.session).toBeUndefined();
    },
  );

  test("starts a session whose cookie comes with the handshake", async () => {
    const running = await start(implementation);
    running.io.engine.use(session({ secret: "s", resave: false, saveUninitialized: true }));
    const polled = await fetch(polling(running.url));
    expect(polled.headers.getSetCookie()[0]).toMatch(/^connect\.sid=/);
    const { headers } = await answerTo(running.url);
    expect(headers["set-cookie"]?.[0]).toMatch(/^connect\.sid=/);
  });

  test("runs on the handshake alone what looks for the session's id", async () => {
    const running = await start(implementation);
    let handshakes = 0;
    type Parsed = IncomingMessage & { _query: { sid?: string } };
    running.io.engine.use((request: Parsed, _response: unknown, go: Next) => {
      if (request._query.sid === undefined) handshakes += 1;
      go();
    });
    const { socket } = await join(running);
    if (socket.conn.transport.name === "polling") await next(socket.conn, "upgrade");
    expect(handshakes).toBe(1);
  });

  test("puts what middlewares leave on the request into socket.request", async () => {
    const running = await start(implementation);
    running.io.engine.use((request: IncomingMessage, _response: unknown, go: Next) => {
      (request as { user?: string } & IncomingMessage).user = "ada";
      go();
    });
    for (const { client: options } of transports) {
      const { socket } = await join(running, options);
      expect(socket.request).toMatchObject({ user: "ada" });
    }
  });

  test("refuses the requests of which a middleware says an error", async () => {
    const running = await start(implementation);
    running.io.engine.use((_request: unknown, _response: unknown, go: Next) => go(new Error("no")));
    const polled = await fetch(polling(running.url));
    expect([polled.status, await polled.json()]).toEqual([
      400,
      { code: 3, message: "Bad request" },
    ]);
    expect((await answerTo(running.url)).statusCode).toBe(400);
    expect(running.io.engine.clientsCount).toBe(0);
  });

  test("lets a middleware answer by itself", async () => {
    const running = await start(implementation);
    running.io.engine.use((_request: unknown, response: ServerResponse) => {
      response.writeHead(503, { "retry-after": "60" });
      response.end("later");
    });
    const polled = await fetch(polling(running.url));
    expect([polled.status, polled.headers.get("retry-after"), await polled.text()]).toEqual([
      503,
      "60",
      "later",
    ]);
    // Socket.IO hangs up on WebSockets; ours passes the answer on.
    const { statusCode } = await answerTo(running.url);
    expect(statusCode).toBe(name === "openline" ? 503 : 0);
  });
});
