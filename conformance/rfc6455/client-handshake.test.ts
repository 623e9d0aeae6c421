import { describe, expect } from "vitest";
import type { ClientOptions } from "ws";
import { fieldOf, formatHead, type HttpHead } from "../handshake.ts";
import { closesCleanly, expectFrame, requires, text } from "../scenario.ts";
import { answerFields, frameMaker, type RawRequest, sides, startRawServer } from "../sides.ts";
import { target } from "../target.ts";

const server = await startRawServer();
const side = sides.find(({ name }) => name === "client")!;

type Fields = Readonly<Record<string, string | readonly string[] | null>>;

/** A client that connects to the raw server, which has not answered yet. */
async function connect(protocols: string[] = [], options: ClientOptions = {}) {
  const { path, arrival } = server.expect();
  const url = `ws://127.0.0.1:${server.port}${path}`;
  const socket = new target.WebSocket(url, protocols, { perMessageDeflate: false, ...options });
  const outcome = new Promise<"open" | "error">((resolve) => {
    socket.on("open", () => resolve("open"));
    socket.on("error", () => resolve("error"));
  });
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  const request: RawRequest = await arrival;
  return { socket, outcome, closed, request, path };
}

type Connecting = Awaited<ReturnType<typeof connect>>;

function answer(
  { request }: Connecting,
  fields: Fields = {},
  startLine = "HTTP/1.1 101 Switching Protocols",
) {
  request.peer.write(formatHead(startLine, { ...answerFields(request.head), ...fields }));
}

/** The connection is open, and understands frames. */
async function isOpen(client: Connecting): Promise<void> {
  expect(await client.outcome).toBe("open");
  client.socket.send("Hello");
  expectFrame(await client.request.peer.nextFrame(), text("Hello"), side);
  client.request.peer.destroy();
  await client.closed;
}

/** The client gives up: it reports an error, sends no frame, and hangs up. */
async function isRefused(client: Connecting): Promise<void> {
  expect(await client.outcome).toBe("error");
  expect(await client.closed).toBe(1006);
  client.request.peer.end();
  expect(await client.request.peer.framesUntilEnd()).toEqual([]);
}

/** The request of a client with these protocols and options; the client is ended. */
async function requestOf(protocols: string[] = [], options: ClientOptions = {}): Promise<HttpHead> {
  const client = await connect(protocols, options);
  client.request.peer.destroy();
  await client.closed;
  return client.request.head;
}

describe("client", () => {
  requires("RFC 6455 §4.1: the request is a GET of the resource by HTTP/1.1", async () => {
    const client = await connect();
    expect(client.request.head.startLine).toBe(`GET ${client.path} HTTP/1.1`);
    client.request.peer.destroy();
  });

  requires("RFC 6455 §4.1: the request has each field of the handshake once", async () => {
    const head = await requestOf();
    expect(fieldOf(head, "Host")).toBe(`127.0.0.1:${server.port}`);
    expect(fieldOf(head, "Upgrade")?.toLowerCase()).toBe("websocket");
    expect(fieldOf(head, "Connection")).toBe("Upgrade");
    expect(fieldOf(head, "Sec-WebSocket-Version")).toBe("13");
    expect(fieldOf(head, "Sec-WebSocket-Key")).toMatch(/^[A-Za-z0-9+/]{22}==$/);
    for (const name of ["origin", "sec-websocket-protocol", "sec-websocket-extensions"]) {
      expect(head.fields.has(name), name).toBe(false);
    }
  });

  requires("RFC 6455 §4.1: the key is 16 bytes in base64, new for each connection", async () => {
    const keys = new Set<string>();
    for (let count = 0; count < 20; count += 1) {
      const key = fieldOf(await requestOf(), "Sec-WebSocket-Key") ?? "";
      expect(Buffer.from(key, "base64")).toHaveLength(16);
      keys.add(key);
    }
    expect(keys.size).toBe(20);
  });

  requires(
    "RFC 6455 §4.1: the query is part of the resource, and a path that is missing is /",
    async () => {
      for (const [rest, resource] of [
        ["", "/"],
        ["/", "/"],
        ["?a=b", "/?a=b"],
        ["/a%20b?c=d&e", "/a%20b?c=d&e"],
      ] as const) {
        const raw = await startRawServer();
        const arrival = raw.expectPath(resource);
        const socket = new target.WebSocket(`ws://127.0.0.1:${raw.port}${rest}`);
        socket.on("error", () => {});
        const { peer, head } = await arrival;
        expect(head.startLine).toBe(`GET ${resource} HTTP/1.1`);
        peer.destroy();
      }
    },
  );

  requires("RFC 6455 §3: an address with a fragment is refused", async () => {
    expect(() => new target.WebSocket(`ws://127.0.0.1:${server.port}/#fragment`)).toThrow(
      SyntaxError,
    );
  });

  requires("RFC 6455 §4.1: an Origin is sent when the application gives one", async () => {
    const head = await requestOf([], { origin: "https://good.example" });
    expect(fieldOf(head, "Origin")).toBe("https://good.example");
  });

  requires("RFC 6455 §4.1: subprotocols are sent as one list in their order", async () => {
    const head = await requestOf(["v2", "v1"]);
    expect(fieldOf(head, "Sec-WebSocket-Protocol")).toMatch(/^v2, ?v1$/);
  });

  for (const protocols of [["a", "a"], ["a b"], [""], ["a,b"], ["\u00e9"]]) {
    requires(
      `RFC 6455 §4.1: the subprotocols ${JSON.stringify(protocols)} are refused: unique tokens are needed`,
      async () => {
        const url = `ws://127.0.0.1:${server.port}`;
        expect(() => new target.WebSocket(url, protocols)).toThrow(SyntaxError);
      },
    );
  }

  requires("RFC 6455 §4.1: nothing is sent before the server has answered", async () => {
    const client = await connect();
    expect(() => client.socket.send("early")).toThrow();
    expect(() => client.socket.ping()).toThrow();
    answer(client);
    expect(await client.outcome).toBe("open");
    client.socket.send("now");
    expectFrame(await client.request.peer.nextFrame(), text("now"), side);
    client.request.peer.destroy();
  });

  requires("RFC 6455 §4.1: an answer that comes byte by byte is accepted", async () => {
    const client = await connect();
    for (const letter of formatHead(
      "HTTP/1.1 101 Switching Protocols",
      answerFields(client.request.head),
    )) {
      client.request.peer.write(letter);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await isOpen(client);
  });

  const accepted: readonly [string, Fields, string?][] = [
    ["a good answer opens the connection", {}],
    ["the words behind the status do not matter", {}, "HTTP/1.1 101 Web Socket Handshake"],
    ["there need not be words behind the status", {}, "HTTP/1.1 101 "],
    ["Upgrade is read in any case", { Upgrade: "WebSocket" }],
    ["Connection is read in any case", { Connection: "upgrade" }],
    ["Connection may be a list", { Connection: "keep-alive, Upgrade" }],
    ["names of fields are read in any case", { Upgrade: null, uPGRADE: "websocket" }],
    ["unknown fields are ignored", { Server: "test", "X-Unknown": ",", "Set-Cookie": "a=b" }],
  ];
  for (const [name, fields, startLine] of accepted) {
    requires(`RFC 6455 §4.1: ${name}`, async () => {
      const client = await connect();
      answer(client, fields, startLine);
      await isOpen(client);
    });
  }

  requires("RFC 6455 §4.1: space around the Accept is no part of it", async () => {
    const client = await connect();
    const accept = answerFields(client.request.head)["Sec-WebSocket-Accept"] ?? "";
    answer(client, { "Sec-WebSocket-Accept": `  ${accept} \t` });
    await isOpen(client);
  });

  requires("RFC 9110 §15.2: interim answers before the 101 are passed over", async () => {
    const client = await connect();
    client.request.peer.write("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n");
    answer(client);
    await isOpen(client);
  });

  const refused: readonly [string, Fields, string?][] = [
    ["an answer without Upgrade is refused", { Upgrade: null }],
    ["an Upgrade to something else is refused", { Upgrade: "h2c" }],
    ["an Upgrade that only begins with websocket is refused", { Upgrade: "websocket2" }],
    ["an answer without Connection is refused", { Connection: null }],
    ["a Connection without Upgrade is refused", { Connection: "keep-alive" }],
    ["an answer without Accept is refused", { "Sec-WebSocket-Accept": null }],
    ["an empty Accept is refused", { "Sec-WebSocket-Accept": "" }],
    [
      "the Accept of another key is refused",
      { "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" },
    ],
    ["a subprotocol that was not asked for is refused", { "Sec-WebSocket-Protocol": "chat" }],
    ["an extension that was not asked for is refused", { "Sec-WebSocket-Extensions": "foo" }],
    [
      "permessage-deflate is refused when it was not offered",
      { "Sec-WebSocket-Extensions": "permessage-deflate" },
    ],
  ];
  for (const [name, fields, startLine] of refused) {
    requires(`RFC 6455 §4.1: ${name}`, async () => {
      const client = await connect();
      answer(client, fields, startLine);
      await isRefused(client);
    });
  }

  requires("RFC 6455 §4.1: an Accept in the wrong case is refused", async () => {
    const client = await connect();
    const accept = answerFields(client.request.head)["Sec-WebSocket-Accept"] ?? "";
    const swapped = /[a-z]/.test(accept) ? accept.toUpperCase() : accept.toLowerCase();
    answer(client, { "Sec-WebSocket-Accept": swapped });
    await isRefused(client);
  });

  for (const status of [200, 204, 301, 302, 307, 400, 401, 403, 404, 407, 426, 500, 503]) {
    requires(`RFC 6455 §4.1: the status ${status} is no WebSocket connection`, async () => {
      const client = await connect();
      const fields = { Location: "http://127.0.0.1:1/", "Content-Length": "0" };
      answer(client, fields, `HTTP/1.1 ${status} Status`);
      await isRefused(client);
    });
  }

  requires("RFC 6455 §4.1: an answer that is not HTTP is refused", async () => {
    const client = await connect();
    client.request.peer.write("HELLO\r\n\r\n");
    await isRefused(client);
  });

  requires("RFC 6455 §4.1: a server that hangs up before it answers is an error", async () => {
    const client = await connect();
    client.request.peer.end();
    await isRefused(client);
  });

  const chosen: readonly [string, string[], string | readonly string[] | null, "open" | "error"][] =
    [
      ["the first subprotocol asked for is accepted", ["v2", "v1"], "v2", "open"],
      ["the last subprotocol asked for is accepted", ["v2", "v1"], "v1", "open"],
      ["a subprotocol that is not among those asked for is refused", ["v2", "v1"], "v3", "error"],
      ["a subprotocol in another case is refused", ["chat"], "Chat", "error"],
      ["two subprotocols in an answer are refused", ["v2", "v1"], "v2, v1", "error"],
      ["two fields of subprotocols are refused", ["v2", "v1"], ["v2", "v1"], "error"],
      ["an empty subprotocol is refused", ["v2"], "", "error"],
      ["an answer that names none of the subprotocols is accepted", ["v2"], null, "open"],
    ];
  for (const [name, protocols, value, outcome] of chosen) {
    requires(`RFC 6455 §4.1: ${name}`, async () => {
      const client = await connect(protocols);
      answer(client, { "Sec-WebSocket-Protocol": value });
      if (outcome === "error") {
        await isRefused(client);
        return;
      }
      expect(await client.outcome).toBe("open");
      expect(client.socket.protocol).toBe(value ?? "");
      client.request.peer.destroy();
    });
  }

  requires(
    "RFC 6455 §4.1: what a server sends behind a refusal is not read as frames",
    async () => {
      const client = await connect();
      const heard: string[] = [];
      client.socket.on("message", () => heard.push("message"));
      const bad = formatHead("HTTP/1.1 101 Switching Protocols", {
        ...answerFields(client.request.head),
        "Sec-WebSocket-Accept": "bad",
      });
      client.request.peer.write(
        Buffer.concat([Buffer.from(bad), frameMaker(false)(text("too early"))]),
      );
      await isRefused(client);
      expect(heard).toEqual([]);
    },
  );

  requires("RFC 6455 §4.1: a connection that opened closes as any other", async () => {
    const pair = await side.open();
    await closesCleanly(pair, side);
  });
});
