import { Agent, type ClientRequest } from "node:http";
import { connect as connectNet, type Socket as NetSocket } from "node:net";
import { describe, expect, test } from "vitest";
import {
  connect,
  deferred,
  listen,
  listenHttp,
  next,
  nextClose,
  nextError,
  onTestEnd,
} from "./fixture.ts";
import { listenRaw } from "./raw-peer.ts";
import { type ClientOptions, type Socket, targets } from "./targets.ts";

describe.each(targets)("client options of $name", (target) => {
  const { WebSocket } = target;

  async function headersOf(
    protocols?: string | string[] | ClientOptions,
    options?: ClientOptions,
    address: (url: string) => string = (url) => url,
  ) {
    const { url, accepted } = await listenRaw();
    const client = connect(target, address(url), protocols, options);
    client.on("error", () => {});
    return (await accepted()).request;
  }

  test("a handshake has what RFC 6455 wants", async () => {
    const { headers, method, httpVersion } = await headersOf();
    expect([method, httpVersion]).toEqual(["GET", "1.1"]);
    expect(headers).toMatchObject({
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-version": "13",
    });
    expect(headers["sec-websocket-key"]).toMatch(/^[+/0-9A-Za-z]{22}==$/);
    expect(headers).not.toHaveProperty("origin");
    expect(headers).not.toHaveProperty("sec-websocket-protocol");
    expect(headers.host).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  test("the key differs each time", async () => {
    const keys = [await headersOf(), await headersOf()].map(
      ({ headers }) => headers["sec-websocket-key"],
    );
    expect(keys[0]).not.toBe(keys[1]);
  });

  test("headers are added", async () => {
    const { headers } = await headersOf({ headers: { Cookie: "a=1", "X-Mine": "yes" } });
    expect(headers).toMatchObject({ cookie: "a=1", "x-mine": "yes", upgrade: "websocket" });
  });

  test("headers cannot break the handshake", async () => {
    const { headers } = await headersOf({
      headers: { "Sec-WebSocket-Key": "mine", Upgrade: "mine", Connection: "close" },
    });
    expect(headers.upgrade).toBe("websocket");
    expect(headers["sec-websocket-key"]).not.toBe("mine");
  });

  test("origin", async () => {
    expect((await headersOf({ origin: "https://example.com" })).headers.origin).toBe(
      "https://example.com",
    );
  });

  test.each<
    [
      string,
      string | string[] | ClientOptions | undefined,
      ClientOptions | undefined,
      string | undefined,
    ]
  >([
    ["one name", "a", undefined, "a"],
    ["a list", ["a", "b"], undefined, "a,b"],
    ["an empty list", [], undefined, undefined],
    ["one in the options", { protocols: "a" }, undefined, "a"],
    ["a list in the options", { protocols: ["a", "b"] }, undefined, "a,b"],
    ["undefined, then options with a list", undefined, { protocols: ["c"] }, "c"],
    ["the argument rather than the options", ["a"], { protocols: ["b"] }, "a"],
  ])("protocols: %s", async (_, protocols, options, expected) => {
    const { headers } = await headersOf(protocols, options);
    expect(headers["sec-websocket-protocol"]?.replaceAll(" ", "")).toBe(expected);
  });

  test("a user and password in the URL become a basic Authorization", async () => {
    const { headers } = await headersOf(undefined, undefined, (url) =>
      url.replace("//", "//ann:s%3Acr%C3%A4t@"),
    );
    expect(headers.authorization).toBe(`Basic ${Buffer.from("ann:s:crät").toString("base64")}`);
  });

  test("auth does the same", async () => {
    const { headers } = await headersOf({ auth: "bob:secret" });
    expect(headers.authorization).toBe(`Basic ${Buffer.from("bob:secret").toString("base64")}`);
  });

  test("the URL's credentials win over auth", async () => {
    const { headers } = await headersOf({ auth: "bob:secret" }, undefined, (url) =>
      url.replace("//", "//ann:a@"),
    );
    expect(headers.authorization).toBe(`Basic ${Buffer.from("ann:a").toString("base64")}`);
  });

  test("method, path, host, port and timeout of request options are ignored", async () => {
    const { method, url } = await headersOf(
      { method: "POST", path: "/other", host: "127.0.0.2", port: 1, timeout: 1 },
      undefined,
      (address) => `${address}/mine?x=1`,
    );
    expect([method, url]).toEqual(["GET", "/mine?x=1"]);
  });

  test("options are left as they were", async () => {
    const options = Object.freeze({
      headers: Object.freeze({ a: "1" }),
      origin: "http://a.example",
    });
    await headersOf(options);
    expect(options.headers).toEqual({ a: "1" });
  });

  test("protocolVersion other than a known one is a RangeError", () => {
    const open = () => new WebSocket("ws://127.0.0.1:1", { protocolVersion: 1000 });
    expect(open).toThrow(RangeError);
    expect(open).toThrow("Unsupported protocol version: 1000");
  });

  test("protocolVersion 13 is the default, and may be said", async () => {
    expect((await headersOf({ protocolVersion: 13 })).headers["sec-websocket-version"]).toBe("13");
  });

  test("agent", async () => {
    const agent = new Agent();
    onTestEnd(() => agent.destroy());
    const { url } = await listen(target);
    const created = deferred<unknown>();
    const plain = agent as unknown as { createConnection: (options: object) => NetSocket };
    plain.createConnection = (options: object) => {
      created.resolve(options);
      return connectNet(options as { port: number; host: string });
    };
    const client = connect(target, url, { agent });
    await next(client, "open");
    expect(await created.promise).toMatchObject({ host: "127.0.0.1" });
  });

  test("createConnection", async () => {
    const { port } = await listen(target);
    const client = connect(target, "ws://nowhere.invalid/", {
      createConnection: (() => connectNet(port, "127.0.0.1")) as NonNullable<
        ClientOptions["createConnection"]
      >,
    });
    await next(client, "open");
  });

  test("localAddress and family reach the connection", async () => {
    const { server, url } = await listen(target);
    const connected = next<[Socket, { socket: NetSocket }]>(server, "connection");
    connect(target, url, { localAddress: "127.0.0.9", family: 4 });
    expect((await connected)[1].socket.remoteAddress).toBe("127.0.0.9");
  });

  test("finishRequest may add headers, and sends the request", async () => {
    const { url, accepted } = await listenRaw();
    const seen = deferred<unknown[]>();
    const client = connect(target, url, {
      finishRequest: (request: ClientRequest, websocket) => {
        seen.resolve([request.getHeader("upgrade"), websocket.readyState, websocket.url]);
        request.setHeader("X-Signed", "yes");
        request.end();
      },
    });
    expect((await accepted()).request.headers["x-signed"]).toBe("yes");
    expect(await seen.promise).toEqual(["websocket", 0, client.url]);
  });

  test("finishRequest may send later", async () => {
    const { url } = await listen(target);
    const client = connect(target, url, {
      finishRequest: (request: ClientRequest) => setImmediate(() => request.end()),
    });
    await next(client, "open");
  });

  test("generateMask makes the masking keys", async () => {
    const { url, accepted } = await listenRaw();
    const sizes: number[] = [];
    const client = connect(target, url, {
      generateMask: (mask: Buffer) => {
        sizes.push(mask.length);
        mask.set([1, 2, 3, 4]);
      },
    });
    await next(client, "open");
    const { peer } = await accepted();
    client.send("a message");
    client.ping("ping");
    client.send(Buffer.alloc(300, 9));
    client.close(1000);
    for (const payload of ["a message", "ping", Buffer.alloc(300, 9), Buffer.from([0x03, 0xe8])]) {
      expect(await peer.frame()).toMatchObject({
        maskingKey: Buffer.from([1, 2, 3, 4]),
        payload: Buffer.from(payload as string),
      });
    }
    expect(sizes).toEqual([4, 4, 4, 4]);
  });

  test("generateMask may leave frames as they are, with zeros", async () => {
    const { server, url } = await listen(target);
    const received = deferred<string>();
    server.on("connection", (socket) =>
      socket.on("message", (data) => received.resolve(String(data))),
    );
    const client = connect(target, url, { generateMask: (mask: Buffer) => mask.fill(0) });
    await next(client, "open");
    client.send("unmasked");
    expect(await received.promise).toBe("unmasked");
  });

  test("masking keys differ from frame to frame by default", async () => {
    const { url, accepted } = await listenRaw();
    const client = connect(target, url);
    await next(client, "open");
    const { peer } = await accepted();
    const keys = new Set<string>();
    for (let index = 0; index < 8; index++) client.send("same");
    for (let index = 0; index < 8; index++)
      keys.add(String((await peer.frame())?.maskingKey.toString("hex")));
    expect(keys.size).toBeGreaterThan(6);
  });

  test("handshakeTimeout ends a handshake that gets no answer", async () => {
    const { http, url } = await listenHttp();
    http.on("upgrade", () => {});
    const client = new WebSocket(url, { handshakeTimeout: 30 });
    const [error, closed] = [nextError(client), nextClose(client)];
    expect((await error).message).toBe("Opening handshake has timed out");
    expect((await closed).code).toBe(1006);
  });

  test("handshakeTimeout does not end an open connection", async () => {
    const { url, server } = await listen(target);
    const connected = next<[Socket]>(server, "connection");
    const client = connect(target, url, { handshakeTimeout: 30 });
    await next(client, "open");
    const [socket] = await connected;
    const closed = nextClose(client);
    const { _socket } = client as unknown as { _socket: NetSocket };
    expect(_socket.timeout ?? 0).toBe(0);
    socket.close(4000);
    expect((await closed).code).toBe(4000);
  });

  describe("a ws+unix: address", () => {
    test.each<[string, string | undefined]>([
      ["", "/"],
      [":/", "/"],
      [":/chat?x=1", "/chat?x=1"],
    ])("with %j asks for %j", async (suffix, path) => {
      const { tmpdir } = await import("node:os");
      const { createServer } = await import("node:http");
      const file = `${tmpdir()}/ws-api-client-${process.pid}-${target.name}.sock`;
      const http = createServer();
      onTestEnd(() => http.close());
      const asked = deferred<string | undefined>();
      http.on("upgrade", (request, socket) => {
        asked.resolve(request.url);
        socket.destroy();
      });
      await new Promise<void>((resolve) => http.listen(file, resolve));
      const client = connect(target, `ws+unix://${file}${suffix}`);
      client.on("error", () => {});
      expect(await asked.promise).toBe(path);
    });
  });
});
