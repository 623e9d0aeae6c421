import { describe, expect } from "vitest";
import { fieldOf, formatHead, parseHead, sampleKey, statusOf } from "../handshake.ts";
import { expectFrame, requires, text } from "../scenario.ts";
import {
  connectRaw,
  frameMaker,
  type RunningServer,
  requestFields,
  sides,
  startServer,
} from "../sides.ts";

type Fields = Readonly<Record<string, string | readonly string[] | null>>;

/** The accept of the RFC's sample key, as the RFC itself gives it (§1.3). */
const SAMPLE_ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const server = await startServer();
const side = sides.find(({ name }) => name === "server")!;

/** Sends a request and reads the head of the answer. */
async function request(
  fields: Fields = {},
  startLine = "GET /chat HTTP/1.1",
  to: RunningServer = server,
) {
  const peer = await connectRaw(to.port);
  peer.write(formatHead(startLine, { ...requestFields(to.port), ...fields }));
  return { peer, answer: parseHead(await peer.readHead()) };
}

async function isAccepted(fields: Fields, startLine?: string): Promise<void> {
  const { peer, answer } = await request(fields, startLine);
  expect(answer.startLine).toBe("HTTP/1.1 101 Switching Protocols");
  // An upgrade alone does not prove that frames are understood.
  const frame = frameMaker(true);
  peer.write(frame(text("Hello")));
  expectFrame(await peer.nextFrame(), text("Hello"), side);
  peer.destroy();
}

/** The answer is an error, is the last thing that comes, and speaks no WebSocket. */
async function isRefused(fields: Fields, startLine?: string): Promise<number> {
  const { peer, answer } = await request(fields, startLine);
  expect(statusOf(answer)).toBeGreaterThanOrEqual(400);
  expect(statusOf(answer)).toBeLessThan(500);
  expect(answer.fields.has("sec-websocket-accept")).toBe(false);
  peer.end();
  await peer.framesUntilEnd();
  return statusOf(answer);
}

describe("server", () => {
  requires(
    "RFC 6455 §4.2.2: a good request is answered with 101 and the fields of the RFC",
    async () => {
      const { peer, answer } = await request();
      expect(answer.startLine).toBe("HTTP/1.1 101 Switching Protocols");
      expect(fieldOf(answer, "Upgrade")?.toLowerCase()).toBe("websocket");
      expect(fieldOf(answer, "Connection")?.toLowerCase()).toBe("upgrade");
      expect(fieldOf(answer, "Sec-WebSocket-Accept")).toBe(SAMPLE_ACCEPT);
      expect(answer.fields.has("sec-websocket-protocol")).toBe(false);
      expect(answer.fields.has("sec-websocket-extensions")).toBe(false);
      peer.destroy();
    },
  );

  requires("RFC 6455 §4.2.1: a request that comes byte by byte is accepted", async () => {
    const peer = await connectRaw(server.port);
    for (const letter of formatHead("GET / HTTP/1.1", requestFields(server.port))) {
      peer.write(letter);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(fieldOf(parseHead(await peer.readHead()), "Sec-WebSocket-Accept")).toBe(SAMPLE_ACCEPT);
    peer.destroy();
  });

  const accepted: readonly [string, Fields, string?][] = [
    ["§4.2.1: Upgrade is read in any case", { Upgrade: "WebSocket" }],
    ["§4.2.1: Upgrade is read in capitals", { Upgrade: "WEBSOCKET" }],
    ["§4.2.1: Upgrade may list other protocols", { Upgrade: "h2c, websocket" }],
    ["§4.2.1: Connection is read in any case", { Connection: "uPGRADE" }],
    ["§4.2.1: Connection may be a list", { Connection: "keep-alive, Upgrade" }],
    ["§4.2.1: Connection may be a list without spaces", { Connection: "Upgrade,keep-alive" }],
    ["§4.2.1: Connection may come twice", { Connection: ["keep-alive", "Upgrade"] }],
    ["§4.2.1: space around values is no part of them", { Upgrade: "  websocket \t" }],
    ["§4.2.1: names of fields are read in any case", { Upgrade: null, uPGRADE: "websocket" }],
    ["§4.2.1: unknown fields are ignored", { "X-Unknown": "1", Cookie: "a=b", "Sec-Foo": "," }],
    ["§4.2.1: a request without Origin is accepted, it comes from no browser", { Origin: null }],
    ["§4.2.1: an unknown extension is ignored", { "Sec-WebSocket-Extensions": "foo; bar=1" }],
    ["§4.2.1: the resource may have a query", {}, "GET /chat?room=1&name=%20 HTTP/1.1"],
    ["§4.2.1: the resource may be an absolute URI", {}, "GET http://127.0.0.1/chat HTTP/1.1"],
    [
      "§4.2.1: bits that pad the base64 of the key do not matter",
      { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZR==" },
    ],
    ["§4.2.1: a key of zeros is accepted", { "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==" }],
    ["§4.2.1: a Host without a port is accepted", { Host: "localhost" }],
    ["§4.2.1: a Host that is an IPv6 address is accepted", { Host: "[::1]:3000" }],
  ];
  for (const [name, fields, startLine] of accepted) {
    requires(`RFC 6455 ${name}`, () => isAccepted(fields, startLine));
  }

  const keyOf = (length: number) => Buffer.alloc(length, 7).toString("base64");
  const refused: readonly [string, Fields, string?][] = [
    ["§4.2.1: POST is refused", {}, "POST /chat HTTP/1.1"],
    ["§4.2.1: PUT is refused", {}, "PUT /chat HTTP/1.1"],
    ["§4.2.1: HEAD is refused", {}, "HEAD /chat HTTP/1.1"],
    ["§4.2.1: OPTIONS is refused", {}, "OPTIONS /chat HTTP/1.1"],
    ["§4.2.1: HTTP/1.0 is refused", {}, "GET /chat HTTP/1.0"],
    ["§4.2.1: a request that is not HTTP is refused", {}, "HELLO"],
    ["§4.2.1: a request without Host is refused", { Host: null }],
    ["§4.2.1: an invalid Host is refused", { Host: "a b/c" }],
    ["§4.2.1: a request without Upgrade is refused", { Upgrade: null }],
    ["§4.2.1: an Upgrade to something else is refused", { Upgrade: "h2c" }],
    ["§4.2.1: an Upgrade that only begins with websocket is refused", { Upgrade: "websocket2" }],
    ["§4.2.1: a request without Connection is refused", { Connection: null }],
    ["§4.2.1: a Connection without Upgrade is refused", { Connection: "keep-alive" }],
    ["§4.2.1: a Connection of a longer word is refused", { Connection: "Upgraded" }],
    ["§4.2.1: a request without a key is refused", { "Sec-WebSocket-Key": null }],
    ["§4.2.1: an empty key is refused", { "Sec-WebSocket-Key": "" }],
    ["§4.2.1: a key of 15 bytes is refused", { "Sec-WebSocket-Key": keyOf(15) }],
    ["§4.2.1: a key of 17 bytes is refused", { "Sec-WebSocket-Key": keyOf(17) }],
    ["§4.2.1: a key without padding is refused", { "Sec-WebSocket-Key": sampleKey.slice(0, 22) }],
    [
      "§4.2.1: a key with characters that are not base64 is refused",
      { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25j*Q==" },
    ],
    [
      "§4.2.1: two keys are refused",
      { "Sec-WebSocket-Key": [sampleKey, "AAAAAAAAAAAAAAAAAAAAAA=="] },
    ],
    ["§11.3.4: a subprotocol that is no token is refused", { "Sec-WebSocket-Protocol": "a b" }],
    ["§11.3.4: a subprotocol named twice is refused", { "Sec-WebSocket-Protocol": "a, b, a" }],
    ["§11.3.4: an empty list of subprotocols is refused", { "Sec-WebSocket-Protocol": "" }],
  ];
  for (const [name, fields, startLine] of refused) {
    requires(`RFC 6455 ${name}`, async () => {
      await isRefused(fields, startLine);
    });
  }

  requires("RFC 9110 §15.5.6: a method other than GET is answered with 405", async () => {
    expect(await isRefused({}, "POST /chat HTTP/1.1")).toBe(405);
  });

  for (const version of [
    null,
    "0",
    "7",
    "8",
    "12",
    "14",
    "255",
    "13, 8",
    "013",
    "1e1",
    "abc",
    "",
  ]) {
    requires(
      `RFC 6455 §4.4: the version ${version === null ? "that is missing" : JSON.stringify(version)} is refused, and the answer names 13`,
      async () => {
        const { peer, answer } = await request({ "Sec-WebSocket-Version": version });
        expect([400, 426]).toContain(statusOf(answer));
        expect(answer.fields.get("sec-websocket-version")?.join(", ")).toMatch(/\b13\b/);
        peer.end();
        await peer.framesUntilEnd();
      },
    );
  }

  requires("RFC 6455 §4.4: two Version fields that differ are refused", async () => {
    await isRefused({ "Sec-WebSocket-Version": ["13", "8"] });
  });

  requires(
    "RFC 6455 §4.2.2: a refusal is a whole HTTP answer, and ends the connection",
    async () => {
      const { peer, answer } = await request({ "Sec-WebSocket-Key": "bad" });
      expect(answer.startLine).toMatch(/^HTTP\/1\.1 400 /);
      expect(fieldOf(answer, "Connection")?.toLowerCase()).toBe("close");
      expect(Number(fieldOf(answer, "Content-Length"))).toBeGreaterThan(0);
      // It does not wait for us to hang up.
      await peer.framesUntilEnd();
      peer.end();
    },
  );

  requires(
    "RFC 6455 §4.2.2: a plain HTTP request is answered with 426, not left waiting",
    async () => {
      const { peer, answer } = await request({ Upgrade: null, Connection: null });
      expect(statusOf(answer)).toBe(426);
      expect(fieldOf(answer, "Upgrade")?.toLowerCase()).toBe("websocket");
      peer.destroy();
    },
  );

  const protocols: readonly [string, string | readonly string[], string][] = [
    ["the only subprotocol is chosen", "chat", "chat"],
    ["the first of the subprotocols is chosen", "chat, superchat", "chat"],
    ["subprotocols may be listed without spaces", "v2,v1", "v2"],
    ["subprotocols of two fields are one list", ["v3", "v2, v1"], "v3"],
    ["subprotocols keep their case", "Chat, chat", "Chat"],
    ["a subprotocol may be any token", "v1.chat!#$%&'*+-^_`|~", "v1.chat!#$%&'*+-^_`|~"],
  ];
  for (const [name, value, chosen] of protocols) {
    requires(`RFC 6455 §4.2.2: ${name}`, async () => {
      const { peer, answer } = await request({ "Sec-WebSocket-Protocol": value });
      expect(statusOf(answer)).toBe(101);
      expect(fieldOf(answer, "Sec-WebSocket-Protocol")).toBe(chosen);
      peer.destroy();
    });
  }

  requires("RFC 6455 §4.2.2: the application chooses among the client's subprotocols", async () => {
    const seen: string[][] = [];
    const choosing = await startServer({
      handleProtocols: (offered) => {
        seen.push([...offered]);
        return "v1";
      },
    });
    const { peer, answer } = await request(
      { "Sec-WebSocket-Protocol": "v3, v2, v1" },
      "GET / HTTP/1.1",
      choosing,
    );
    expect(seen).toEqual([["v3", "v2", "v1"]]);
    expect(fieldOf(answer, "Sec-WebSocket-Protocol")).toBe("v1");
    peer.destroy();
  });

  requires("RFC 6455 §4.2.2: without a subprotocol that suits none is named", async () => {
    const choosing = await startServer({ handleProtocols: () => false });
    const { peer, answer } = await request(
      { "Sec-WebSocket-Protocol": "v3, v2" },
      "GET / HTTP/1.1",
      choosing,
    );
    expect(statusOf(answer)).toBe(101);
    expect(answer.fields.has("sec-websocket-protocol")).toBe(false);
    peer.destroy();
  });

  requires("RFC 6455 §10.2: the application may refuse an origin with 403", async () => {
    const guarded = await startServer({
      verifyClient: (
        info: { origin: string },
        callback: (isFine: boolean, code?: number) => void,
      ) => callback(info.origin === "https://good.example", 403),
      // Our own check of the origin comes first, and is not what is tested here.
      ...({ origins: "*" } as object),
    });
    const from = (origin: string) => request({ Origin: origin }, "GET / HTTP/1.1", guarded);
    expect(statusOf((await from("https://good.example")).answer)).toBe(101);
    expect(statusOf((await from("https://bad.example")).answer)).toBe(403);
  });
});
