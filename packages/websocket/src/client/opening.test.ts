import { EventEmitter, once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it, vi } from "vitest";
import { accept, acceptance, Recording } from "./opening.fixture.ts";
import { open, rawServer, servers, webServer } from "./opening-servers.fixture.ts";
import type { ClientOptions } from "./options.ts";

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
