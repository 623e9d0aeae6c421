import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { describe, expect, test } from "vitest";
import { connect, deferred, listen, listenHttp, next, nextError, track } from "./fixture.ts";
import { openRawClient, requestUpgrade, sampleKey } from "./raw-peer.ts";
import { type ServerOptions, type Socket, targets } from "./targets.ts";

type Info = { origin: string; secure: boolean; req: IncomingMessage };
type Verify = NonNullable<ServerOptions["verifyClient"]>;

describe.each(targets)("the opening handshake of a $name server", (target) => {
  const { WebSocketServer } = target;

  test("answers the RFC's own example with its accept value", async () => {
    const { port } = await listen(target);
    const { response } = await requestUpgrade(port);
    expect(response.status).toBe(101);
    expect(response.headers).toMatchObject({
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    });
    expect(response.headers).not.toHaveProperty("sec-websocket-protocol");
    expect(response.headers).not.toHaveProperty("sec-websocket-extensions");
  });

  test.each<[string, number, string, Parameters<typeof requestUpgrade>[1]]>([
    [
      "another method",
      405,
      "Invalid HTTP method",
      { method: "POST", headers: { "Content-Length": "0" } },
    ],
    ["another protocol", 400, "Invalid Upgrade header", { headers: { Upgrade: "foo" } }],
    [
      "no key",
      400,
      "Missing or invalid Sec-WebSocket-Key header",
      { headers: { "Sec-WebSocket-Key": null } },
    ],
    [
      "a key of another length",
      400,
      "Missing or invalid Sec-WebSocket-Key header",
      { headers: { "Sec-WebSocket-Key": "c2hvcnQ=" } },
    ],
    [
      "an empty subprotocol list",
      400,
      "Invalid Sec-WebSocket-Protocol header",
      { headers: { "Sec-WebSocket-Protocol": "" } },
    ],
    [
      "a subprotocol list with a hole",
      400,
      "Invalid Sec-WebSocket-Protocol header",
      { headers: { "Sec-WebSocket-Protocol": "a,,b" } },
    ],
    [
      "a subprotocol named twice",
      400,
      "Invalid Sec-WebSocket-Protocol header",
      { headers: { "Sec-WebSocket-Protocol": "a, b, a" } },
    ],
  ])("refuses %s with %d", async (_, status, body, request) => {
    const { server, port } = await listen(target);
    server.on("connection", () => expect.unreachable("the handshake is wrong"));
    const { response, peer } = await requestUpgrade(port, request);
    expect(response.status).toBe(status);
    expect(response.body).toContain(body);
    expect(response.headers.connection).toBe("close");
    await peer.ended();
  });

  test("accepts an Upgrade header in any case", async () => {
    const { port } = await listen(target);
    const { response } = await requestUpgrade(port, { headers: { Upgrade: "WebSocket" } });
    expect(response.status).toBe(101);
  });

  test("takes frames that come in the packet of the handshake", async () => {
    const { server, port } = await listen(target);
    const message = deferred<string>();
    server.on("connection", (socket) =>
      socket.on("message", (data) => message.resolve(String(data))),
    );
    await openRawClient(port, { extra: Buffer.from("818537fa213d7f9f4d5158", "hex") });
    expect(await message.promise).toBe("Hello");
  });

  describe("wsClientError", () => {
    test.each<[string, Parameters<typeof requestUpgrade>[1], string]>([
      [
        "a bad key",
        { headers: { "Sec-WebSocket-Key": "x" } },
        "Missing or invalid Sec-WebSocket-Key header",
      ],
      [
        "a bad method",
        { method: "POST", headers: { "Content-Length": "0" } },
        "Invalid HTTP method",
      ],
      ["a bad protocol", { headers: { Upgrade: "h2c" } }, "Invalid Upgrade header"],
      [
        "bad subprotocols",
        { headers: { "Sec-WebSocket-Protocol": "," } },
        "Invalid Sec-WebSocket-Protocol header",
      ],
    ])("hands %s to the listener, who answers", async (_, request, message) => {
      const { server, port } = await listen(target);
      const seen = deferred<[Error, IncomingMessage]>();
      server.on("wsClientError", (error: Error, socket: Duplex, incoming: IncomingMessage) => {
        seen.resolve([error, incoming]);
        socket.end("HTTP/1.1 418 I'm a Teapot\r\nConnection: close\r\n\r\n");
      });
      const { response } = await requestUpgrade(port, request);
      expect(response.status).toBe(418);
      const [error, incoming] = await seen.promise;
      expect(error).toBeInstanceOf(Error);
      expect(error.message).toBe(message);
      expect(incoming.url).toBe("/");
    });
  });

  describe("headers", () => {
    test("may be read and added to before they are sent", async () => {
      const { server, port } = await listen(target);
      const seen = deferred<[string[], IncomingMessage]>();
      server.on("headers", (headers: string[], request: IncomingMessage) => {
        seen.resolve([[...headers], request]);
        headers.push("Set-Cookie: id=1", "X-Node: a");
      });
      const { response } = await requestUpgrade(port, { path: "/here" });
      const [headers, request] = await seen.promise;
      expect(headers[0]).toBe("HTTP/1.1 101 Switching Protocols");
      expect(headers).toContain("Upgrade: websocket");
      expect(headers).toContain("Connection: Upgrade");
      expect(headers).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      expect(request.url).toBe("/here");
      expect(response.headers).toMatchObject({ "set-cookie": "id=1", "x-node": "a" });
    });

    test("come before 'connection'", async () => {
      const { server, url } = await listen(target);
      const order: string[] = [];
      server.on("headers", () => order.push("headers"));
      server.on("connection", () => order.push("connection"));
      await next(connect(target, url), "open");
      expect(order).toEqual(["headers", "connection"]);
    });
  });

  test("connection brings the socket, open, and the request", async () => {
    const { server, url } = await listen(target);
    const seen = deferred<[Socket, IncomingMessage, number]>();
    server.on("connection", (socket, request) =>
      seen.resolve([socket, request, socket.readyState]),
    );
    connect(target, `${url}/room?name=ann`, { headers: { "X-Who": "ann" } });
    const [socket, request, state] = await seen.promise;
    expect(socket).toBeInstanceOf(target.WebSocket);
    expect(state).toBe(target.WebSocket.OPEN);
    expect(request.url).toBe("/room?name=ann");
    expect(request.headers["x-who"]).toBe("ann");
    expect(request.socket.remoteAddress).toBe("127.0.0.1");
  });

  describe("handleProtocols", () => {
    test.each<[string, ServerOptions["handleProtocols"], string | undefined]>([
      ["is the first that the client names, by default", undefined, "chat.v2"],
      ["is what the function says", () => "chat.v1", "chat.v1"],
      ["is none when the function says false", () => false, undefined],
      ["is none when the function says nothing", () => "", undefined],
    ])("%s", async (_, handleProtocols, chosen) => {
      const { server, port } = await listen(target, handleProtocols ? { handleProtocols } : {});
      const connected = next<[Socket]>(server, "connection");
      const { response } = await requestUpgrade(port, {
        headers: { "Sec-WebSocket-Protocol": "chat.v2, chat.v1" },
      });
      expect(response.status).toBe(101);
      expect(response.headers["sec-websocket-protocol"]).toBe(chosen);
      expect((await connected)[0].protocol).toBe(chosen ?? "");
    });

    test("gets a Set of names and the request", async () => {
      const seen = deferred<[Set<string>, string | undefined]>();
      const { url } = await listen(target, {
        handleProtocols: (protocols, request) => {
          seen.resolve([protocols, request.url]);
          return "b";
        },
      });
      const client = connect(target, `${url}/p`, ["a", "b"]);
      await next(client, "open");
      const [protocols, path] = await seen.promise;
      expect(protocols).toEqual(new Set(["a", "b"]));
      expect(path).toBe("/p");
      expect(client.protocol).toBe("b");
    });

    test("is not asked when the client names none", async () => {
      const { port } = await listen(target, {
        handleProtocols: () => expect.unreachable("no subprotocol was offered"),
      });
      expect((await requestUpgrade(port)).response.status).toBe(101);
    });
  });

  describe("verifyClient", () => {
    test("with one parameter returns true or false", async () => {
      const { port } = await listen(target, {
        verifyClient: (info: Info) => info.req.url === "/in",
      });
      expect((await requestUpgrade(port, { path: "/in" })).response.status).toBe(101);
      expect((await requestUpgrade(port, { path: "/out" })).response.status).toBe(401);
    });

    test("learns origin, secure and the request", async () => {
      const seen = deferred<unknown[]>();
      const { port } = await listen(target, {
        verifyClient: ({ origin, secure, req }: Info) => {
          seen.resolve([origin, secure, req.url]);
          return true;
        },
      });
      await requestUpgrade(port, { path: "/x", headers: { Origin: `http://127.0.0.1:${port}` } });
      expect(await seen.promise).toEqual([`http://127.0.0.1:${port}`, false, "/x"]);
    });

    test("has no origin for a client that is no browser", async () => {
      const seen = deferred<unknown>();
      const { port } = await listen(target, {
        verifyClient: ({ origin }: Info) => {
          seen.resolve(origin);
          return true;
        },
      });
      await requestUpgrade(port);
      expect(await seen.promise).toBeUndefined();
    });

    test.each<[string, unknown[], number, string]>([
      ["401 by default", [false], 401, "Unauthorized"],
      ["a status of one's own", [false, 404], 404, "Not Found"],
      ["a message of one's own", [false, 403, "not you"], 403, "not you"],
    ])("with two parameters may refuse later: %s", async (_, args, status, body) => {
      const verifyClient: Verify = (_info, done) => {
        setImmediate(() => (done as (...all: unknown[]) => void)(...args));
      };
      const { port } = await listen(target, { verifyClient });
      const { response } = await requestUpgrade(port);
      expect(response.status).toBe(status);
      expect(response.body).toBe(body);
      expect(response.headers["content-length"]).toBe(String(Buffer.byteLength(body)));
    });

    test("with two parameters may send headers with its refusal", async () => {
      const verifyClient: Verify = (_info, done) => {
        done(false, 503, "later", { "Retry-After": 120, "X-Why": "busy" });
      };
      const { port } = await listen(target, { verifyClient });
      const { response } = await requestUpgrade(port);
      expect(response.status).toBe(503);
      expect(response.headers).toMatchObject({ "retry-after": "120", "x-why": "busy" });
    });

    test("with two parameters may accept later", async () => {
      const verifyClient: Verify = (_info, done) => setImmediate(() => done(true));
      const { url } = await listen(target, { verifyClient });
      await next(connect(target, url), "open");
    });

    test("does not connect a client that left while it thought", async () => {
      const asked = deferred<(isVerified: boolean) => void>();
      const { server, port } = await listen(target, {
        verifyClient: (_info, done) => asked.resolve(done),
      });
      server.on("connection", () => expect.unreachable("the client is gone"));
      const socket = (await import("node:net")).connect(port, "127.0.0.1");
      socket.write(
        `GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: ${sampleKey}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      );
      const done = await asked.promise;
      const closed = next(socket, "close");
      socket.resetAndDestroy();
      await closed;
      // A round trip through the same event loop: the reset has been seen by then.
      await fetch(`http://127.0.0.1:${port}/`);
      done(true);
      expect(server.clients.size).toBe(0);
    });
  });

  describe("shouldHandle", () => {
    test("may be overridden", async () => {
      const { server, port } = await listen(target);
      server.shouldHandle = (request) => request.headers["x-pass"] === "yes";
      expect((await requestUpgrade(port)).response.status).toBe(400);
      expect((await requestUpgrade(port, { headers: { "X-Pass": "yes" } })).response.status).toBe(
        101,
      );
    });

    test("says whether a request has the server's path", () => {
      const server = new WebSocketServer({ noServer: true, path: "/chat" });
      expect(server.shouldHandle({ url: "/chat?x=1" } as IncomingMessage)).toBe(true);
      expect(server.shouldHandle({ url: "/other" } as IncomingMessage)).toBe(false);
      const open = new WebSocketServer({ noServer: true });
      expect(open.shouldHandle({ url: "/any" } as IncomingMessage)).toBe(true);
    });
  });

  describe("handleUpgrade", () => {
    test("calls back with the socket and the request, and emits no 'connection'", async () => {
      const { http, url } = await listenHttp();
      const server = track(new WebSocketServer({ noServer: true }));
      server.on("connection", () => expect.unreachable("whoever called handleUpgrade emits it"));
      const seen = deferred<[Socket, IncomingMessage, IncomingMessage]>();
      http.on("upgrade", (request, socket, head) => {
        server.handleUpgrade(request, socket, head, (client, again) => {
          seen.resolve([client, request, again]);
        });
      });
      const client = connect(target, url);
      const [socket, request, again] = await seen.promise;
      expect(again).toBe(request);
      const received = next<[Buffer]>(socket, "message");
      await next(client, "open");
      client.send("hello");
      expect(String((await received)[0])).toBe("hello");
      expect(server.clients.has(socket)).toBe(true);
    });

    test("throws when it is called twice for one socket", async () => {
      const { http, url } = await listenHttp();
      const server = track(new WebSocketServer({ noServer: true }));
      const thrown = deferred<unknown>();
      http.on("upgrade", (request, socket, head) => {
        server.handleUpgrade(request, socket, head, () => {});
        try {
          server.handleUpgrade(request, socket, head, () => {});
          thrown.resolve(null);
        } catch (error) {
          thrown.resolve(error);
        }
      });
      connect(target, url);
      const error = await thrown.promise;
      expect(error).toBeInstanceOf(Error);
      expect((error as Error).message).toBe(
        "server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration",
      );
    });

    test("throws when two servers are given the same socket", async () => {
      const { http, url } = await listenHttp();
      const one = track(new WebSocketServer({ noServer: true }));
      const other = track(new WebSocketServer({ noServer: true }));
      const thrown = deferred<unknown>();
      http.on("upgrade", (request, socket, head) => {
        one.handleUpgrade(request, socket, head, () => {});
        try {
          other.handleUpgrade(request, socket, head, () => {});
          thrown.resolve(null);
        } catch (error) {
          thrown.resolve(error);
        }
      });
      connect(target, url);
      expect(String(await thrown.promise)).toContain("more than once with the same socket");
    });

    test("refuses with 503 once the server is closing", async () => {
      const { http, url } = await listenHttp();
      const server = new WebSocketServer({ noServer: true });
      server.close();
      http.on("upgrade", (request, socket, head) => {
        server.handleUpgrade(request, socket, head, () => expect.unreachable("it is closing"));
      });
      const error = await nextError(connect(target, url));
      expect(error.message).toBe("Unexpected server response: 503");
    });

    test("honours path, too", async () => {
      const { http, url } = await listenHttp();
      const server = track(new WebSocketServer({ noServer: true, path: "/chat" }));
      http.on("upgrade", (request, socket, head) => {
        server.handleUpgrade(request, socket, head, () => {});
      });
      const error = await nextError(connect(target, `${url}/other`));
      expect(error.message).toBe("Unexpected server response: 400");
      await next(connect(target, `${url}/chat`), "open");
    });
  });
});
