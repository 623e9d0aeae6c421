import type { ClientRequest, IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import {
  connect,
  deferred,
  listen,
  listenHttp,
  next,
  nextClose,
  nextError,
  record,
} from "./fixture.ts";
import { acceptOf, frame, listenRaw } from "./raw-peer.ts";
import { targets } from "./targets.ts";

/** A 101 response whose header lines are all the test's own. */
function response(key: string, lines: string[]): string {
  return [
    "HTTP/1.1 101 Switching Protocols",
    ...lines.map((line) => line.replace("ACCEPT", acceptOf(key))),
    "\r\n",
  ].join("\r\n");
}

const good = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: ACCEPT"];

describe.each(targets)("the opening handshake of a $name client", (target) => {
  test.each<[string, string[], string[], string]>([
    ["another protocol", ["Upgrade: foo", ...good.slice(1)], [], "Invalid Upgrade header"],
    [
      "a wrong accept value",
      [...good.slice(0, 2), "Sec-WebSocket-Accept: CxYS6+NgJSBG74mdgLvGscRvpns="],
      [],
      "Invalid Sec-WebSocket-Accept header",
    ],
    ["no accept value", good.slice(0, 2), [], "Invalid Sec-WebSocket-Accept header"],
    [
      "a subprotocol that nobody asked for",
      [...good, "Sec-WebSocket-Protocol: foo"],
      [],
      "Server sent a subprotocol but none was requested",
    ],
    [
      "another subprotocol",
      [...good, "Sec-WebSocket-Protocol: foo"],
      ["bar"],
      "Server sent an invalid subprotocol",
    ],
    ["no subprotocol", good, ["bar"], "Server sent no subprotocol"],
  ])("refuses %s", async (_, lines, protocols, message) => {
    const { url } = await listenRaw({
      answer: (request) => response(String(request.headers["sec-websocket-key"]), lines),
    });
    const client = connect(target, url, protocols);
    client.on("open", () => expect.unreachable("the response is wrong"));
    const order = record(client, ["upgrade", "error", "close"]);
    const [error, closed] = [nextError(client), nextClose(client)];
    expect((await error).message).toBe(message);
    expect(await closed).toEqual({ code: 1006, reason: "" });
    expect(order).toEqual(["upgrade", "error", "close"]);
  });

  test.each([200, 301, 400, 401, 404, 500, 503])(
    "an answer of %d is an error that names it",
    async (status) => {
      const { url } = await listenHttp((_request, answer) => {
        answer.writeHead(status, { Location: "ws://127.0.0.1:1" });
        answer.end("no");
      });
      const client = connect(target, url);
      const order = record(client, ["open", "upgrade", "error", "close"]);
      const [error, closed] = [nextError(client), nextClose(client)];
      expect((await error).message).toBe(`Unexpected server response: ${status}`);
      expect(await closed).toEqual({ code: 1006, reason: "" });
      expect(order).toEqual(["error", "close"]);
    },
  );

  test("an answer that is no HTTP is an error", async () => {
    const { url } = await listenRaw({ answer: () => "hello\r\n\r\n" });
    const client = connect(target, url);
    const [error, closed] = [nextError(client), nextClose(client)];
    expect((await error).code).toMatch(/^HPE_/);
    expect((await closed).code).toBe(1006);
  });

  test("a server that hangs up is an error", async () => {
    const { http, url } = await listenHttp();
    http.on("upgrade", (_request, socket) => socket.destroy());
    const client = connect(target, url);
    const [error, closed] = [nextError(client), nextClose(client)];
    expect((await error).code).toBe("ECONNRESET");
    expect((await closed).code).toBe(1006);
  });

  describe("unexpected-response", () => {
    test("hands over the request and the response, and leaves the rest to the program", async () => {
      const { url } = await listenHttp((_request, answer) => {
        answer.writeHead(402, { "X-Price": "5" });
        answer.end("pay first");
      });
      const client = connect(target, url);
      client.on("error", () => {});
      const [request, answer] = await next<[ClientRequest, IncomingMessage]>(
        client,
        "unexpected-response",
      );
      expect(request.path).toBe("/");
      expect([answer.statusCode, answer.headers["x-price"]]).toEqual([402, "5"]);
      let body = "";
      for await (const chunk of answer) body += chunk;
      expect(body).toBe("pay first");
      expect(client.readyState).toBe(target.WebSocket.CONNECTING);
      const closed = nextClose(client);
      client.close();
      expect((await closed).code).toBe(1006);
    });

    test("with a listener there is no error until the program ends it", async () => {
      const { url } = await listenHttp((_request, answer) => answer.writeHead(400).end());
      const client = connect(target, url);
      const errors: string[] = [];
      client.on("error", (error) => errors.push(error.message));
      const [, answer] = await next<[ClientRequest, IncomingMessage]>(
        client,
        "unexpected-response",
      );
      const ended = next(answer, "end");
      answer.resume();
      await ended;
      expect(errors).toEqual([]);
      const closed = nextClose(client);
      client.terminate();
      await closed;
      expect(errors).toEqual(["WebSocket was closed before the connection was established"]);
    });
  });

  describe("upgrade", () => {
    test("brings the response, before 'open'", async () => {
      const { server, url } = await listen(target);
      server.on("headers", (headers: string[]) => headers.push("X-Node: seven"));
      const client = connect(target, url);
      const order = record(client, ["upgrade", "open"]);
      const [response] = await next<[IncomingMessage]>(client, "upgrade");
      expect([response.statusCode, response.headers["x-node"]]).toEqual([101, "seven"]);
      expect(client.readyState).toBe(target.WebSocket.OPEN);
      expect(order).toEqual(["upgrade", "open"]);
    });

    test("is CONNECTING during the event", async () => {
      const { url } = await listen(target);
      const client = connect(target, url);
      const state = deferred<number>();
      client.on("upgrade", () => state.resolve(client.readyState));
      expect(await state.promise).toBe(target.WebSocket.CONNECTING);
    });
  });

  test("takes frames that come in the packet of the response, after 'open'", async () => {
    const { url } = await listenRaw({
      extra: Buffer.concat([
        frame({ opcode: 1, payload: "early" }),
        frame({ opcode: 9, payload: "p" }),
      ]),
    });
    const client = connect(target, url);
    const order = record(client, ["upgrade", "open", "message", "ping"]);
    await next(client, "ping");
    expect(order).toEqual(["upgrade", "open", "message", "ping"]);
  });

  test("listeners that are added in 'open' miss nothing", async () => {
    const { url } = await listenRaw({ extra: frame({ opcode: 1, payload: "early" }) });
    const client = connect(target, url);
    const received = deferred<string>();
    client.on("open", () => client.on("message", (data) => received.resolve(String(data))));
    expect(await received.promise).toBe("early");
  });
});
