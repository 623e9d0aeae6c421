import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import {
  Agent,
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect, createServer as createNetServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import type { TLSSocket } from "node:tls";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Certificate, makeCertificate } from "./certificate.fixture.ts";
import { accept, acceptance, type Reactions, Recording, Servers } from "./opening.fixture.ts";
import type { ClientOptions } from "./options.ts";

let servers: Servers;
let folder: string;

beforeEach(() => {
  servers = new Servers();
  folder = mkdtempSync(join(tmpdir(), "openline-client-"));
});

afterEach(async () => {
  await servers.close();
  rmSync(folder, { recursive: true });
});

function open(
  address: string | URL,
  options: ClientOptions<object> = {},
  reactions?: Reactions,
): Recording {
  return new Recording(address, [], options, reactions);
}

type OnUpgrade = (request: IncomingMessage, socket: Duplex) => void;

/** A web server that takes upgrades; its requests are kept. */
async function webServer(
  onUpgrade: OnUpgrade = accept,
): Promise<{ host: string; server: Server; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createHttpServer();
  server.on("upgrade", (request, socket) => {
    requests.push(request);
    onUpgrade(request, socket);
  });
  return { host: await servers.listen(server), server, requests };
}

/** A server that answers every upgrade by a redirect. */
async function redirectServer(
  location: string | ((request: IncomingMessage) => string),
): Promise<{ host: string; requests: IncomingMessage[] }> {
  return await webServer((request, socket) => {
    const target = typeof location === "string" ? location : location(request);
    socket.end(`HTTP/1.1 302 Found\r\nLocation: ${target}\r\nContent-Length: 0\r\n\r\n`);
  });
}

/** A server that writes raw bytes as soon as a request has come. */
async function rawServer(
  answer: (key: string, socket: Socket) => string | Buffer | null,
): Promise<string> {
  const server = createNetServer((socket) => {
    let request = "";
    socket.on("data", (chunk) => {
      request += chunk.toString("latin1");
      if (!request.endsWith("\r\n\r\n")) return;
      const key = /sec-websocket-key: (.*)\r\n/i.exec(request)?.[1] ?? "";
      const bytes = answer(key, socket);
      if (bytes !== null) socket.write(bytes);
    });
  });
  return await servers.listen(server);
}

describe("the opening request", () => {
  it("says what RFC 6455 §4.1 asks for", async () => {
    const { host, requests } = await webServer((request, socket) => {
      accept(request, socket, ["Sec-WebSocket-Protocol: two"]);
    });
    const options = { origin: "https://page.test", headers: { "X-Mine": "1", upgrade: "mine" } };
    const recording = new Recording(`ws://${host}/chat?room=1`, ["one", "two"], options);
    const { protocol, deflate, socket } = await recording.opened();
    expect(protocol).toBe("two");
    expect(deflate).toBe(null);
    expect(socket.listenerCount("error")).toBe(1);
    expect(recording.names).toEqual(["upgrade", "open"]);
    expect(recording.urls).toEqual([`ws://${host}/chat?room=1`]);
    const [request] = requests;
    expect(request).toMatchObject({
      method: "GET",
      url: "/chat?room=1",
      headers: {
        host,
        connection: "Upgrade",
        upgrade: "websocket",
        origin: "https://page.test",
        "x-mine": "1",
        "sec-websocket-version": "13",
        "sec-websocket-protocol": "one,two",
        "sec-websocket-extensions": "permessage-deflate; client_max_window_bits",
      },
    });
    expect(Buffer.from(request?.headers["sec-websocket-key"] ?? "", "base64")).toHaveLength(16);
    socket.destroy();
  });

  it("has a new key every time", async () => {
    const { host, requests } = await webServer();
    for (const recording of [open(`ws://${host}`), open(`ws://${host}`)])
      (await recording.opened()).socket.destroy();
    expect(new Set(requests.map((request) => request.headers["sec-websocket-key"])).size).toBe(2);
  });

  it("takes http: addresses and URL objects", async () => {
    const { host } = await webServer();
    const recording = open(new URL(`http://${host}/a`));
    (await recording.opened()).socket.destroy();
    expect(recording.urls).toEqual([`ws://${host}/a`]);
  });

  it("offers no compression with perMessageDeflate: false", async () => {
    const { host, requests } = await webServer();
    (await open(`ws://${host}`, { perMessageDeflate: false }).opened()).socket.destroy();
    expect(requests[0]?.headers["sec-websocket-extensions"]).toBe(undefined);
  });

  it("tells what was agreed on about compression", async () => {
    const { host, requests } = await webServer((request, socket) => {
      accept(request, socket, [
        "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_max_window_bits=10",
      ]);
    });
    const perMessageDeflate = { serverNoContextTakeover: true, clientMaxWindowBits: 12 };
    const { deflate, socket } = await open(`ws://${host}`, { perMessageDeflate }).opened();
    expect(requests[0]?.headers["sec-websocket-extensions"]).toBe(
      "permessage-deflate; server_no_context_takeover; client_max_window_bits=12",
    );
    expect(deflate).toEqual({
      serverNoContextTakeover: true,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 10,
    });
    socket.destroy();
  });

  it.each<[string, ClientOptions<object>, string | undefined]>([
    ["ws://us%65r:p%40ss@", {}, `Basic ${Buffer.from("user:p@ss").toString("base64")}`],
    ["ws://", { auth: "user:pass" }, `Basic ${Buffer.from("user:pass").toString("base64")}`],
    ["ws://", { auth: "user:pass", headers: { authorization: "Bearer x" } }, "Bearer x"],
    ["ws://user:pass@", { auth: "a:b" }, `Basic ${Buffer.from("user:pass").toString("base64")}`],
    ["ws://", {}, undefined],
  ])("to %s with %j authenticates as it should", async (prefix, options, expected) => {
    const { host, requests } = await webServer();
    (await open(prefix + host, options).opened()).socket.destroy();
    expect(requests[0]?.headers.authorization).toBe(expected);
  });

  it("is finished by finishRequest when there is one", async () => {
    const { host, requests } = await webServer();
    const finishRequest = vi.fn(
      (request: { setHeader(name: string, value: string): void; end(): void }) => {
        request.setHeader("X-Late", "1");
        request.end();
      },
    );
    const recording = open(`ws://${host}`, { finishRequest });
    expect(finishRequest).toHaveBeenCalledExactlyOnceWith(expect.anything(), recording.websocket);
    (await recording.opened()).socket.destroy();
    expect(requests[0]?.headers["x-late"]).toBe("1");
  });

  it("throws what finishRequest throws, and leaves nothing behind", async () => {
    const { host, server } = await webServer();
    const connected = once(server, "connection");
    const finishRequest = (): void => {
      throw new Error("mine");
    };
    expect(() => open(`ws://${host}`, { finishRequest })).toThrow("mine");
    await Promise.race([connected, servers.idle()]);
    await servers.idle();
  });

  it.each<[string, readonly string[], ClientOptions<object>, new (...parts: never[]) => Error]>([
    ["a fragment", [], {}, SyntaxError],
    ["a subprotocol twice", ["a", "a"], {}, SyntaxError],
    ["a malformed subprotocol", ["a b"], {}, SyntaxError],
    ["version 8", [], { protocolVersion: 8 }, RangeError],
    ["a negative deadline", [], { handshakeTimeout: -1 }, RangeError],
    ["redirects that are no number", [], { maxRedirects: Number.NaN }, RangeError],
    ["window bits of 7", [], { perMessageDeflate: { clientMaxWindowBits: 7 } }, RangeError],
    ["a line feed in a field", [], { headers: { a: "b\r\nc: d" } }, TypeError],
    ["a line feed in the origin", [], { origin: "http://a\r\nb: c" }, TypeError],
  ])("throws at once for %s", (what, protocols, options, type) => {
    const address = `ws://127.0.0.1:1/${what === "a fragment" ? "#a" : ""}`;
    expect(() => new Recording(address, protocols, options)).toThrow(type);
  });
});

describe("the connection under it", () => {
  it("is made by createConnection, or by the agent", async () => {
    const { host } = await webServer();
    const createConnection = vi.fn((options: object) =>
      connect({ ...options, path: undefined } as never),
    );
    (await open(`ws://${host}`, { createConnection }).opened()).socket.destroy();
    expect(createConnection).toHaveBeenCalledOnce();

    const agent = new Agent();
    const made = vi.spyOn(agent as unknown as { createConnection(): void }, "createConnection");
    (await open(`ws://${host}`, { agent }).opened()).socket.destroy();
    expect(made).toHaveBeenCalledOnce();
    agent.destroy();
  });

  it("looks names up and binds as it is told", async () => {
    const { host, requests } = await webServer();
    const lookup = vi.fn(
      (_name: string, options: { all?: boolean }, done: (...result: unknown[]) => void) => {
        if (options.all) done(null, [{ address: "127.0.0.1", family: 4 }]);
        else done(null, "127.0.0.1", 4);
      },
    );
    const port = host.split(":")[1];
    const options = { lookup: lookup as never, family: 4, localAddress: "127.0.0.7" };
    (await open(`ws://name.test:${port}`, options).opened()).socket.destroy();
    expect(lookup.mock.calls[0]?.[0]).toBe("name.test");
    expect(lookup.mock.calls[0]?.[1]).toMatchObject({ family: 4 });
    expect(requests[0]?.headers.host).toBe(`name.test:${port}`);
  });

  it("comes from localAddress", async () => {
    let remote: string | undefined;
    const { host } = await webServer((request, socket) => {
      remote = (socket as Socket).remoteAddress;
      accept(request, socket);
    });
    (await open(`ws://${host}`, { localAddress: "127.0.0.7" }).opened()).socket.destroy();
    expect(remote).toBe("127.0.0.7");
  });

  it.each([
    ["ws+unix:PATH:/chat?a=b", {}, "/chat?a=b"],
    ["ws+unix:PATH", {}, "/"],
    ["ws://name.test/chat", { isOption: true }, "/chat"],
  ])(
    "is a Unix socket for %s",
    async (address, { isOption = false }: { isOption?: boolean }, url) => {
      const path = join(folder, "a.sock");
      const requests: IncomingMessage[] = [];
      const server = createHttpServer().on("upgrade", (request, socket) => {
        requests.push(request);
        accept(request, socket);
      });
      await servers.listen(server, path);
      const options = isOption ? { socketPath: path } : {};
      (await open(address.replace("PATH", path), options).opened()).socket.destroy();
      expect(requests[0]?.url).toBe(url);
    },
  );

  it("fails with the world's own error", async () => {
    const server = createNetServer();
    const host = await servers.listen(server);
    await new Promise((done) => server.close(done));
    expect((await open(`ws://${host}`).failed()).code).toBe("ECONNREFUSED");
    expect((await open(`ws+unix:${join(folder, "none.sock")}`).failed()).code).toBe("ENOENT");
  });
});

describe("over TLS", () => {
  let certificate: Certificate;
  beforeAll(() => {
    certificate = makeCertificate("localhost");
  });

  async function secureServer(
    path?: string,
    options = {},
  ): Promise<{ host: string; sockets: TLSSocket[] }> {
    const sockets: TLSSocket[] = [];
    const server = createHttpsServer({ ...certificate, ...options }, (_request, response) =>
      response.end(),
    );
    server.on("upgrade", (request, socket) => {
      sockets.push(socket as TLSSocket);
      accept(request, socket);
    });
    return { host: await servers.listen(server, path), sockets };
  }

  it.each(["wss:", "https:"])(
    "opens %s to a server whose certificate it trusts",
    async (scheme) => {
      const { host } = await secureServer();
      const options = { ca: certificate.cert, checkServerIdentity: undefined as never };
      const { socket } = await open(`${scheme}//${host}`, options).opened();
      expect((socket as TLSSocket).authorized).toBe(true);
      socket.destroy();
    },
  );

  it("refuses a certificate that nobody vouches for, unless told otherwise", async () => {
    const { host } = await secureServer();
    expect((await open(`wss://${host}`).failed()).code).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
    (await open(`wss://${host}`, { rejectUnauthorized: false }).opened()).socket.destroy();
  });

  it("checks the name, which checkServerIdentity and servername can change", async () => {
    const { host, sockets } = await secureServer();
    const port = host.split(":")[1];
    const ca = certificate.cert;
    const lookup = ((
      _name: string,
      options: { all?: boolean },
      done: (...result: unknown[]) => void,
    ) => {
      if (options.all) done(null, [{ address: "127.0.0.1", family: 4 }]);
      else done(null, "127.0.0.1", 4);
    }) as never;
    const address = `wss://other.test:${port}`;
    expect((await open(address, { ca, lookup }).failed()).code).toBe(
      "ERR_TLS_CERT_ALTNAME_INVALID",
    );
    (await open(address, { ca, lookup, servername: "localhost" }).opened()).socket.destroy();
    expect(sockets.at(-1)).toMatchObject({ servername: "localhost" });
    const checkServerIdentity = vi.fn(() => undefined);
    (await open(address, { ca, lookup, checkServerIdentity }).opened()).socket.destroy();
    expect(checkServerIdentity).toHaveBeenCalledExactlyOnceWith("other.test", expect.anything());
    const refuse = (): Error => new Error("not this one");
    expect(
      (await open(address, { ca, lookup, checkServerIdentity: refuse }).failed()).message,
    ).toBe("not this one");
  });

  it("shows a client's own certificate", async () => {
    const { host, sockets } = await secureServer(undefined, {
      requestCert: true,
      rejectUnauthorized: false,
    });
    const own = makeCertificate("client.test");
    const { socket } = await open(`wss://${host}`, { ca: certificate.cert, ...own }).opened();
    expect(sockets[0]?.getPeerCertificate().subject.CN).toBe("client.test");
    socket.destroy();
  });

  it("opens wss+unix:", async () => {
    const path = join(folder, "a.sock");
    const { sockets } = await secureServer(path);
    const { socket } = await open(`wss+unix:${path}:/chat`, { ca: certificate.cert }).opened();
    expect((socket as TLSSocket).encrypted).toBe(true);
    expect(sockets).toHaveLength(1);
    socket.destroy();
  });
});

describe("the server's answer", () => {
  it("may hold frames already, which are handed over", async () => {
    const host = await rawServer((key) =>
      Buffer.concat([Buffer.from(acceptance(key)), Buffer.from("8103616263", "hex")]),
    );
    const { head, socket } = await open(`ws://${host}`).opened();
    expect(head.toString("hex")).toBe("8103616263");
    socket.destroy();
  });

  it("may come a byte at a time, with frames right behind", async () => {
    const host = await rawServer((key, socket) => {
      const bytes = Buffer.from(`${acceptance(key)}\x81\x03abc`, "latin1");
      let at = 0;
      const next = (): void => {
        if (at === bytes.length) return;
        socket.write(bytes.subarray(at, at + 1), () => setImmediate(next));
        at += 1;
      };
      next();
      return null;
    });
    const { head, socket } = await open(`ws://${host}`).opened();
    let seen = head;
    while (seen.length < 5) {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) await once(socket, "readable");
      else seen = Buffer.concat([seen, chunk]);
    }
    expect(seen.toString("latin1")).toBe("\x81\x03abc");
    socket.destroy();
  });

  it.each<[string, string[], string, (readonly string[])?]>([
    ["Invalid Upgrade header", ["Upgrade: h2c", "Connection: Upgrade", "ACCEPT"], ""],
    ["Unexpected server response: 101", ["ACCEPT"], ""],
    ["Invalid Sec-WebSocket-Accept header", ["Upgrade: websocket", "Connection: Upgrade"], ""],
    [
      "Invalid Sec-WebSocket-Accept header",
      ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: x"],
      "",
    ],
    ["Server sent a subprotocol but none was requested", ["OK", "Sec-WebSocket-Protocol: a"], ""],
    ["Server sent an invalid subprotocol", ["OK", "Sec-WebSocket-Protocol: b"], "", ["a"]],
    ["Server sent no subprotocol", ["OK"], "", ["a"]],
    [
      "Invalid Sec-WebSocket-Extensions header",
      ["OK", "Sec-WebSocket-Extensions: permessage-deflate; x="],
      "",
    ],
    [
      "Invalid Sec-WebSocket-Extensions header",
      ["OK", "Sec-WebSocket-Extensions: permessage-deflate; x"],
      "",
    ],
    [
      "Server indicated an extension that was not requested",
      ["OK", "Sec-WebSocket-Extensions: foo"],
      "",
    ],
    ["no extension was requested", ["OK", "Sec-WebSocket-Extensions: foo"], "off"],
  ])("is refused with %j when it says %j", async (message, fields, deflate, protocols = []) => {
    const host = await rawServer((key) => {
      const [status, upgrade, connection, accepted] = acceptance(key).split("\r\n");
      const lines = fields.map((field) => {
        if (field === "ACCEPT") return accepted;
        return field === "OK" ? [upgrade, connection, accepted].join("\r\n") : field;
      });
      return `${[status, ...lines].join("\r\n")}\r\n\r\n`;
    });
    const recording = new Recording(`ws://${host}`, protocols, {
      perMessageDeflate: deflate !== "off",
    });
    const error = await recording.failed();
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ name: "HandshakeError", status: 101 });
    await servers.idle();
    expect(recording.names.filter((name) => name === "error")).toHaveLength(1);
  });

  it("that is refused and followed by a reset harms nobody (CVE-2022-41940)", async () => {
    const host = await rawServer((_key, socket) => {
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        () => socket.resetAndDestroy(),
      );
      return null;
    });
    for (let time = 0; time < 20; time += 1) await open(`ws://${host}`).failed();
    await servers.idle();
  });

  it.each([
    ["taken", (key: string) => acceptance(key)],
    ["refused", () => "HTTP/1.1 101 OK\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"],
  ])("that is %s never leaves its socket without an error listener", async (_, answer) => {
    const host = await rawServer(answer);
    let socket: Socket | undefined;
    const counts: (number | undefined)[] = [];
    const onUpgrade = (_opening: unknown, response: IncomingMessage): void => {
      socket = response.socket;
      counts.push(socket.listenerCount("error"));
    };
    const recording = open(`ws://${host}`, {}, { onUpgrade });
    await recording.outcome;
    counts.push(socket?.listenerCount("error"));
    expect(counts).toEqual([1, 1]);
    socket?.destroy();
  });

  it("that never comes, because the server hangs up, is an error", async () => {
    const host = await rawServer((_key, socket) => {
      socket.end();
      return null;
    });
    const error = await open(`ws://${host}`).failed();
    expect(error).toMatchObject({ code: "ECONNRESET", message: "socket hang up" });
  });

  it("that is no HTTP is an error", async () => {
    const host = await rawServer(() => "\x81\x03abc\r\n\r\n");
    expect((await open(`ws://${host}`).failed()).code).toMatch(/^HPE_/);
    await servers.idle();
  });
});

describe("an answer without an upgrade", () => {
  const answer = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\nhello";

  it("is an error that names the status", async () => {
    const host = await rawServer(() => answer);
    const recording = open(`ws://${host}`);
    expect(await recording.failed()).toMatchObject({
      message: "Unexpected server response: 401",
      status: 401,
    });
    expect(recording.names).toEqual(["unexpected-response", "error"]);
    await servers.idle();
  });

  it("closes the connection when the user has read it, and no agent wants it back", async () => {
    const host = await rawServer(() => answer);
    const read = new EventEmitter();
    open(
      `ws://${host}`,
      {},
      {
        onUnexpectedResponse: (_opening, response) =>
          response.on("end", () => read.emit("end")).resume(),
      },
    );
    await once(read, "end");
    await servers.idle();
  });

  it("is the user's to read when they listen, and then no error", async () => {
    const host = await rawServer(() => answer);
    const body = new Promise<string>((resolve) => {
      const recording = open(
        `ws://${host}`,
        {},
        {
          onUnexpectedResponse: (opening, response) => {
            resolve(
              text(response).then((read) => {
                opening.abort();
                return `${read} ${recording.names.join()}`;
              }),
            );
          },
        },
      );
    });
    expect(await body).toBe("hello unexpected-response");
    await servers.idle();
  });

  it("cannot be read forever: the deadline still counts", async () => {
    const host = await rawServer(() => answer.slice(0, -2));
    const recording = open(
      `ws://${host}`,
      { handshakeTimeout: 50 },
      { onUnexpectedResponse: (_opening, response) => response.on("error", () => {}).resume() },
    );
    expect((await recording.failed()).message).toBe("Opening handshake has timed out");
    await servers.idle();
  });
});

describe("redirects", () => {
  it("are errors unless they are asked for", async () => {
    const { host } = await redirectServer("/");
    expect((await open(`ws://${host}`).failed()).message).toBe("Unexpected server response: 302");
  });

  it("are followed by a new request, relative to the last address", async () => {
    const { host, requests } = await webServer((request, socket) => {
      if (request.url === "/old/b") return accept(request, socket);
      socket.end("HTTP/1.1 307 Temporary Redirect\r\nLocation: b\r\nContent-Length: 0\r\n\r\n");
    });
    const first = await redirectServer(`http://${host}/old/a`);
    const recording = open(`ws://${first.host}/`, { followRedirects: true });
    (await recording.opened()).socket.destroy();
    expect(recording.names).toEqual(["redirect", "redirect", "upgrade", "open"]);
    expect(recording.urls).toEqual([
      `ws://${first.host}/`,
      `ws://${host}/old/a`,
      `ws://${host}/old/b`,
    ]);
    const keys = [...first.requests, ...requests].map(
      (request) => request.headers["sec-websocket-key"],
    );
    expect(new Set(keys).size).toBe(3);
    await servers.idle();
  });

  it("end after maxRedirects", async () => {
    const { host, requests } = await redirectServer("/again");
    const recording = open(`ws://${host}`, { followRedirects: true, maxRedirects: 2 });
    expect((await recording.failed()).message).toBe("Maximum redirects exceeded");
    expect(requests).toHaveLength(3);
    await servers.idle();
  });

  it.each([
    ["ws://", "Invalid URL: ws://"],
    ["ftp://example.com", "The URL's protocol must be one of"],
    ["/#chat", "The URL contains a fragment identifier"],
  ])("to %j are errors", async (location, message) => {
    const { host } = await redirectServer(location);
    const error = await open(`ws://${host}`, { followRedirects: true }).failed();
    expect(error).toBeInstanceOf(SyntaxError);
    expect(error.message).toContain(message);
    await servers.idle();
  });

  const secrets = { headers: { Authorization: "Bearer a", Cookie: "b=c", Host: "virtual.test" } };

  it("carry secrets to the same host", async () => {
    const { host, requests } = await webServer((request, socket) => {
      if (request.url === "/end") return accept(request, socket);
      socket.end("HTTP/1.1 302 Found\r\nLocation: /end\r\nContent-Length: 0\r\n\r\n");
    });
    (await open(`ws://${host}`, { followRedirects: true, ...secrets }).opened()).socket.destroy();
    expect(requests[1]?.headers).toMatchObject({
      authorization: "Bearer a",
      cookie: "b=c",
      host: "virtual.test",
    });
  });

  it("do not carry secrets to another host", async () => {
    const target = await webServer();
    const { host, requests } = await redirectServer(`ws://u:p@${target.host}`);
    (
      await open(`ws://${host}`, { followRedirects: true, auth: "x:y", ...secrets }).opened()
    ).socket.destroy();
    expect(requests[0]?.headers.cookie).toBe("b=c");
    expect(target.requests[0]?.headers).toMatchObject({ host: target.host });
    expect(target.requests[0]?.headers.authorization).toBe(undefined);
    expect(target.requests[0]?.headers.cookie).toBe(undefined);
  });

  it("leave the choice to who listens", async () => {
    const target = await webServer();
    const { host } = await redirectServer(`ws://${target.host}`);
    const reactions: Reactions = {
      hasRedirectListener: true,
      onRedirect: (_opening, request) => request.removeHeader("cookie"),
    };
    (
      await open(`ws://${host}`, { followRedirects: true, ...secrets }, reactions).opened()
    ).socket.destroy();
    expect(target.requests[0]?.headers.authorization).toBe("Bearer a");
    expect(target.requests[0]?.headers.cookie).toBe(undefined);
  });

  it("that the user destroys with an error end with it", async () => {
    const { host } = await redirectServer("/again");
    const reactions: Reactions = {
      onRedirect: (_opening, request) => void request.destroy(new Error("mine")),
    };
    expect(
      (await open(`ws://${host}`, { followRedirects: true }, reactions).failed()).message,
    ).toBe("mine");
    await servers.idle();
  });
});

describe("the deadline", () => {
  it("ends a handshake that is not answered", async () => {
    const host = await rawServer(() => null);
    const recording = open(`ws://${host}`, { handshakeTimeout: 20 });
    expect((await recording.failed()).message).toBe("Opening handshake has timed out");
    await servers.idle();
    expect(recording.names).toEqual(["error"]);
  });

  it("ends one that is answered a byte at a time", async () => {
    const host = await rawServer((_key, socket) => {
      const drip = setInterval(() => socket.write("H"), 2);
      socket.write("HTTP/1.1 101 Switching Protocols\r\nX-Slow: ");
      socket.on("close", () => clearInterval(drip));
      return null;
    });
    expect((await open(`ws://${host}`, { handshakeTimeout: 60 }).failed()).message).toBe(
      "Opening handshake has timed out",
    );
    await servers.idle();
  });

  it("leaves no timer behind when the connection opens, fails or is given up", async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const { host } = await webServer();
    const { socket } = await open(`ws://${host}`, { handshakeTimeout: 3_600_000 }).opened();
    const refused = open(`ws://${host}`, {
      handshakeTimeout: 3_600_000,
      perMessageDeflate: false,
      protocolVersion: 13,
    });
    refused.opening.abort();
    await open(`ws+unix:${join(folder, "none")}`, { handshakeTimeout: 3_600_000 }).failed();
    expect(timers()).toBeLessThanOrEqual(before);
    socket.destroy();
  });

  it("may be Infinity or 0 for none", async () => {
    const { host } = await webServer();
    for (const handshakeTimeout of [Number.POSITIVE_INFINITY, 0, 2 ** 40]) {
      (await open(`ws://${host}`, { handshakeTimeout }).opened()).socket.destroy();
    }
  });
});

describe("abort", () => {
  it("before the connection is made ends it silently", async () => {
    const { host } = await webServer();
    const recording = open(`ws://${host}`);
    recording.opening.abort();
    recording.opening.abort();
    // Another connection, made later and opened, shows that the first had its time.
    (await open(`ws://${host}`).opened()).socket.destroy();
    await servers.idle();
    expect(recording.names).toEqual([]);
  });

  it("from within the constructor sends nothing", async () => {
    const { host, requests } = await webServer();
    const finishRequest = vi.fn();
    const recording = open(
      `ws://${host}/never`,
      { finishRequest },
      { onStart: (opening) => opening.abort() },
    );
    (await open(`ws://${host}/other`).opened()).socket.destroy();
    await servers.idle();
    expect(finishRequest).not.toHaveBeenCalled();
    expect(requests.map((request) => request.url)).toEqual(["/other"]);
    expect(recording.names).toEqual([]);
  });

  it("while the answer is awaited hangs up", async () => {
    const arrivals = new EventEmitter();
    const host = await rawServer(() => {
      arrivals.emit("request");
      return null;
    });
    const recording = open(`ws://${host}`);
    await once(arrivals, "request");
    recording.opening.abort();
    await servers.idle();
    expect(recording.names).toEqual([]);
  });

  it("in an agent's queue is silent", async () => {
    const { host } = await webServer();
    const agent = new Agent({ maxSockets: 1 });
    const first = await open(`ws://${host}`, { agent }).opened();
    const recording = open(`ws://${host}`, { agent });
    recording.opening.abort();
    first.socket.destroy();
    await servers.idle();
    expect(recording.names).toEqual([]);
    agent.destroy();
  });

  it.each<[string, Reactions, string[]]>([
    ["in 'upgrade'", { onUpgrade: (opening) => opening.abort() }, ["redirect", "upgrade"]],
    ["in 'redirect'", { onRedirect: (opening) => opening.abort() }, ["redirect"]],
  ])("%s ends it there", async (_, reactions, names) => {
    const target = await webServer();
    const { host } = await redirectServer(`ws://${target.host}`);
    const recording = open(`ws://${host}`, { followRedirects: true }, reactions);
    await vi.waitUntil(() => recording.names.length === names.length);
    await servers.idle();
    expect(recording.names).toEqual(names);
  });

  it("after the connection opened leaves it to its owner", async () => {
    const { host } = await webServer();
    const recording = open(`ws://${host}`);
    const { socket } = await recording.opened();
    recording.opening.abort();
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });
});
