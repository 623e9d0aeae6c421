import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HandshakeError } from "../errors.ts";
import { growth, LINEAR_GROWTH } from "../linear-time.fixture.ts";
import {
  acceptKey,
  checkHeaderLine,
  createHandshake,
  type ExpectedHandshake,
  formatSwitchingProtocols,
  type HandshakeHeaders,
  readHandshake,
  verifyHandshake,
} from "./handshake.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** The example of RFC 6455 §1.2, with fields changed or (by undefined) left out. */
function requestWith(changes: HandshakeHeaders = {}): HandshakeHeaders {
  return {
    host: "server.example.com",
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-key": KEY,
    "sec-websocket-version": "13",
    ...changes,
  };
}

/** The refusal of a request. */
function refusal(work: () => unknown): HandshakeError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(HandshakeError);
    return error as HandshakeError;
  }
  throw new Error("the request was not refused");
}

describe("readHandshake", () => {
  it("reads a request with all that it may say", () => {
    const handshake = readHandshake(
      "GET",
      requestWith({
        connection: "keep-alive, Upgrade",
        upgrade: "WebSocket",
        "sec-websocket-protocol": "chat, superchat",
        "sec-websocket-extensions": "permessage-deflate",
      }),
    );
    expect(handshake).toEqual({
      key: KEY,
      protocols: new Set(["chat", "superchat"]),
      extensions: "permessage-deflate",
    });
  });

  it("reads a request with the least", () => {
    expect(readHandshake("GET", requestWith(), "1.1")).toEqual({
      key: KEY,
      protocols: new Set(),
      extensions: undefined,
    });
  });

  it("takes fields that came as lists", () => {
    const headers = requestWith({
      connection: ["keep-alive", "upgrade"],
      "sec-websocket-protocol": ["a", "b"],
    });
    expect([...readHandshake("GET", headers).protocols]).toEqual(["a", "b"]);
  });

  it.each(["POST", "HEAD", "CONNECT", "get", ""])(
    "answers the method %j with 405 and Allow",
    (method) => {
      expect(refusal(() => readHandshake(method, requestWith()))).toMatchObject({
        status: 405,
        headers: { Allow: "GET" },
      });
    },
  );

  it.each(["1.0", "0.9"])("answers HTTP/%s with 400", (version) => {
    expect(refusal(() => readHandshake("GET", requestWith(), version)).status).toBe(400);
  });

  it.each<[string, HandshakeHeaders]>([
    ["no headers at all, as when 2,000 others pushed them out (CVE-2024-37890)", {}],
    ["no Upgrade", requestWith({ upgrade: undefined })],
    ["another Upgrade", requestWith({ upgrade: "h2c" })],
    ["an empty Upgrade", requestWith({ upgrade: "" })],
    ["Upgrade twice", requestWith({ upgrade: ["websocket", "websocket"] })],
    ["no Connection", requestWith({ connection: undefined })],
    ["a Connection of something else", requestWith({ connection: "keep-alive" })],
    ["a Connection that only looks like it", requestWith({ connection: "upgrades" })],
    ["no Host", requestWith({ host: undefined })],
    ["a malformed Host", requestWith({ host: "a b" })],
    ["two Hosts", requestWith({ host: ["a.test", "b.test"] })],
    ["no key", requestWith({ "sec-websocket-key": undefined })],
    ["an empty key", requestWith({ "sec-websocket-key": "" })],
    [
      "a key of 15 bytes",
      requestWith({ "sec-websocket-key": Buffer.alloc(15).toString("base64") }),
    ],
    [
      "a key of 17 bytes",
      requestWith({ "sec-websocket-key": Buffer.alloc(17).toString("base64") }),
    ],
    [
      "a key of 18 bytes",
      requestWith({ "sec-websocket-key": Buffer.alloc(18).toString("base64") }),
    ],
    ["a key that is not base64", requestWith({ "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZ!==" })],
    ["a key of base64url", requestWith({ "sec-websocket-key": "dGhlIHNhbXBsZSBub25j-_==" })],
    ["two keys", requestWith({ "sec-websocket-key": `${KEY}, ${KEY}` })],
    ["no version", requestWith({ "sec-websocket-version": undefined })],
    ["a malformed subprotocol", requestWith({ "sec-websocket-protocol": "a b" })],
    ["a subprotocol twice", requestWith({ "sec-websocket-protocol": "a, a" })],
  ])("answers %s with 400", (_, headers) => {
    expect(refusal(() => readHandshake("GET", headers)).status).toBe(400);
  });

  it.each(["8", "12", "14", "0", "013", "13.0", "13, 8", "", "thirteen"])(
    "answers version %j with 426 and the one that it speaks",
    (version) => {
      const headers = requestWith({ "sec-websocket-version": version });
      expect(refusal(() => readHandshake("GET", headers))).toMatchObject({
        status: 426,
        headers: { "Sec-WebSocket-Version": "13", Upgrade: "websocket" },
      });
    },
  );

  it("reads own fields only", () => {
    expect(refusal(() => readHandshake("GET", Object.create(requestWith()))).status).toBe(400);
  });

  it.each(["connection", "sec-websocket-protocol", "sec-websocket-key", "host", "upgrade"])(
    "takes linear time on spaces in %s (CVE-2021-32640)",
    (name) => {
      const work = (value: string): void => {
        try {
          readHandshake("GET", requestWith({ [name]: value }));
        } catch {
          // The refusal is the subject of other tests.
        }
      };
      expect(growth((size) => `b${" ".repeat(size)}x`, work)).toBeLessThan(LINEAR_GROWTH);
    },
  );

  it("throws nothing but a refusal, whatever the fields hold", () => {
    const names = Object.keys(
      requestWith({ "sec-websocket-protocol": "a", "sec-websocket-extensions": "a" }),
    );
    const value = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.string()),
      fc.constant(undefined),
      fc.constantFrom("websocket", "upgrade", KEY, "13"),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.constantFrom(...names),
        value,
        value,
        (first, second, one, other) => {
          try {
            readHandshake("GET", requestWith({ [first]: one, [second]: other }));
          } catch (error) {
            expect(error).toBeInstanceOf(HandshakeError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("acceptKey", () => {
  it("makes the answer of RFC 6455 §1.3", () => {
    expect(acceptKey(KEY)).toBe(ACCEPT);
  });

  it("makes the answer that OpenSSL makes, for any key", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const key = Buffer.from(bytes).toString("base64");
        const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
        expect(acceptKey(key)).toBe(
          createHash("sha1")
            .update(key + guid)
            .digest("base64"),
        );
      }),
    );
  });

  it.each(["", "short", `${KEY}x`, "dGhlIHNhbXBsZSBub25jZé=="])("refuses the key %j", (key) => {
    expect(() => acceptKey(key)).toThrow(TypeError);
  });
});

describe("formatSwitchingProtocols", () => {
  it("writes the lines of the answer", () => {
    expect(formatSwitchingProtocols(ACCEPT, "chat", "permessage-deflate")).toEqual([
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${ACCEPT}`,
      "Sec-WebSocket-Protocol: chat",
      "Sec-WebSocket-Extensions: permessage-deflate",
    ]);
    expect(formatSwitchingProtocols(ACCEPT)).toHaveLength(4);
  });

  it.each(["chat\r\nSet-Cookie: a=b", "two words", "", "é", "a,b"])(
    "refuses the subprotocol %j",
    (protocol) => {
      expect(() => formatSwitchingProtocols(ACCEPT, protocol)).toThrow(TypeError);
    },
  );

  it("refuses values that would end their line", () => {
    for (const mark of ["\r", "\n", "\0"]) {
      expect(() => formatSwitchingProtocols(ACCEPT, undefined, `a${mark}b`)).toThrow(TypeError);
      expect(() => formatSwitchingProtocols(`a${mark}b`)).toThrow(TypeError);
      expect(() => checkHeaderLine(`X-Name: a${mark}b`)).toThrow(TypeError);
    }
    expect(checkHeaderLine("X-Name: a\tb")).toBe(undefined);
  });
});

describe("createHandshake", () => {
  it("writes the fields of the request", () => {
    expect(
      createHandshake({
        key: KEY,
        protocols: ["chat", "superchat"],
        extensions: "permessage-deflate",
      }),
    ).toEqual({
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": KEY,
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Extensions": "permessage-deflate",
      "Sec-WebSocket-Protocol": "chat,superchat",
    });
    expect(Object.keys(createHandshake({ key: KEY, protocols: [] }))).toHaveLength(4);
  });

  it.each([[["a", "a"]], [[""]], [["a b"]], [["a,b"]], [[1 as unknown as string]]])(
    "refuses the subprotocols %j",
    (protocols) => {
      expect(() => createHandshake({ key: KEY, protocols })).toThrow(SyntaxError);
    },
  );

  it("refuses a key that is none", () => {
    expect(() => createHandshake({ key: "abc", protocols: [] })).toThrow(TypeError);
  });

  it("is read by the server's side", () => {
    const sent = createHandshake({ key: KEY, protocols: ["a", "b"] });
    const headers = Object.fromEntries(
      Object.entries(sent).map(([name, value]) => [name.toLowerCase(), value]),
    );
    expect([...readHandshake("GET", { ...headers, host: "a.test" }).protocols]).toEqual(["a", "b"]);
  });
});

describe("verifyHandshake", () => {
  const answer = (changes: HandshakeHeaders = {}): HandshakeHeaders => ({
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-accept": ACCEPT,
    ...changes,
  });
  const expected = (changes: Partial<ExpectedHandshake> = {}): ExpectedHandshake => ({
    key: KEY,
    protocols: new Set(),
    extensions: undefined,
    ...changes,
  });

  it("takes the server's answer", () => {
    const headers = answer({
      upgrade: "WebSocket",
      connection: "upgrade, x",
      "sec-websocket-protocol": "b",
      "sec-websocket-extensions": "permessage-deflate; server_no_context_takeover",
    });
    const wanted = expected({
      protocols: new Set(["a", "b"]),
      extensions: "permessage-deflate; client_max_window_bits",
    });
    const verified = verifyHandshake({ status: 101, headers }, wanted);
    expect(verified.protocol).toBe("b");
    expect([...verified.extensions.keys()]).toEqual(["permessage-deflate"]);
    expect(verifyHandshake({ status: 101, headers: answer() }, expected())).toEqual({
      protocol: "",
      extensions: new Map(),
    });
  });

  it.each<[string, HandshakeHeaders, Partial<ExpectedHandshake>]>([
    ["Invalid Upgrade header", { upgrade: undefined }, {}],
    ["Invalid Upgrade header", { upgrade: "foo" }, {}],
    ["Invalid Connection header", { connection: undefined }, {}],
    ["Invalid Connection header", { connection: "keep-alive" }, {}],
    ["Invalid Sec-WebSocket-Accept header", { "sec-websocket-accept": undefined }, {}],
    ["Invalid Sec-WebSocket-Accept header", { "sec-websocket-accept": ACCEPT.toLowerCase() }, {}],
    ["Server sent a subprotocol but none was requested", { "sec-websocket-protocol": "a" }, {}],
    [
      "Server sent an invalid subprotocol",
      { "sec-websocket-protocol": "b" },
      { protocols: new Set(["a"]) },
    ],
    [
      "Server sent an invalid subprotocol",
      { "sec-websocket-protocol": "" },
      { protocols: new Set(["a"]) },
    ],
    ["Server sent no subprotocol", {}, { protocols: new Set(["a"]) }],
    [
      "Server sent a Sec-WebSocket-Extensions header but no extension was requested",
      { "sec-websocket-extensions": "permessage-deflate" },
      {},
    ],
    [
      "Server indicated an extension that was not requested",
      { "sec-websocket-extensions": "foo" },
      { extensions: "permessage-deflate" },
    ],
    [
      "Invalid Sec-WebSocket-Extensions header",
      { "sec-websocket-extensions": "permessage-deflate;" },
      { extensions: "permessage-deflate" },
    ],
  ])("refuses with %j the answer %j", (message, changes, wanted) => {
    const response = { status: 101, headers: answer(changes) };
    expect(refusal(() => verifyHandshake(response, expected(wanted)))).toMatchObject({
      status: 101,
      message,
    });
  });

  it("refuses any other status", () => {
    expect(refusal(() => verifyHandshake({ status: 404, headers: {} }, expected()))).toMatchObject({
      status: 404,
      message: "Unexpected server response: 404",
    });
  });
});
