import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { connect, deferred, listen, next, nextClose, nextError, openPair } from "./fixture.ts";
import { frame, listenRaw, openRawClient, requestUpgrade } from "./raw-peer.ts";
import { type ServerOptions, type Socket, targets } from "./targets.ts";

type Deflate = Exclude<ServerOptions["perMessageDeflate"], undefined>;

/** A message as RFC 7692 §7.2.1 compresses it. */
function compress(data: string | Buffer, options: { windowBits?: number } = {}): Buffer {
  const deflated = deflateRawSync(data, { ...options, finishFlush: constants.Z_SYNC_FLUSH });
  return deflated.subarray(0, deflated.length - 4);
}

function decompress(data: Buffer): string {
  const whole = Buffer.concat([data, Buffer.from([0, 0, 0xff, 0xff])]);
  return inflateRawSync(whole, { finishFlush: constants.Z_SYNC_FLUSH }).toString();
}

const offerHeaders = (offer: string) => ({ headers: { "Sec-WebSocket-Extensions": offer } });

describe.each(targets)("permessage-deflate of $name", (target) => {
  describe("what a client offers", () => {
    async function offerOf(perMessageDeflate?: Deflate): Promise<string | undefined> {
      const { url, accepted } = await listenRaw();
      connect(target, url, perMessageDeflate === undefined ? {} : { perMessageDeflate });
      const { request } = await accepted();
      return request.headers["sec-websocket-extensions"];
    }

    test.each<[string, Deflate | undefined, string | undefined]>([
      ["by default", undefined, "permessage-deflate; client_max_window_bits"],
      ["with true", true, "permessage-deflate; client_max_window_bits"],
      ["with false", false, undefined],
      ["with {}", {}, "permessage-deflate; client_max_window_bits"],
      [
        "with serverNoContextTakeover",
        { serverNoContextTakeover: true },
        "permessage-deflate; server_no_context_takeover; client_max_window_bits",
      ],
      [
        "with clientNoContextTakeover",
        { clientNoContextTakeover: true },
        "permessage-deflate; client_no_context_takeover; client_max_window_bits",
      ],
      [
        "with windows",
        { serverMaxWindowBits: 10, clientMaxWindowBits: 11 },
        "permessage-deflate; server_max_window_bits=10; client_max_window_bits=11",
      ],
    ])("%s", async (_, options, offer) => {
      expect(await offerOf(options)).toBe(offer);
    });
  });

  describe("what a server answers", () => {
    async function answerTo(
      offer: string,
      perMessageDeflate?: Deflate,
    ): Promise<string | undefined> {
      const { port } = await listen(
        target,
        perMessageDeflate === undefined ? {} : { perMessageDeflate },
      );
      const { response } = await requestUpgrade(port, offerHeaders(offer));
      expect(response.status).toBe(101);
      return response.headers["sec-websocket-extensions"];
    }

    test.each<[string, string, Deflate | undefined, string | undefined]>([
      ["by default nothing", "permessage-deflate", undefined, undefined],
      ["with true", "permessage-deflate", true, "permessage-deflate"],
      ["an unknown extension is ignored", "x-webkit-deflate-frame", true, undefined],
      [
        "it finds its own among others",
        "foo; bar=1, permessage-deflate",
        true,
        "permessage-deflate",
      ],
      [
        "client_max_window_bits without a value is no promise",
        "permessage-deflate; client_max_window_bits",
        true,
        "permessage-deflate",
      ],
      [
        "serverNoContextTakeover",
        "permessage-deflate",
        { serverNoContextTakeover: true },
        "permessage-deflate; server_no_context_takeover",
      ],
      [
        "clientNoContextTakeover",
        "permessage-deflate",
        { clientNoContextTakeover: true },
        "permessage-deflate; client_no_context_takeover",
      ],
      [
        "serverMaxWindowBits",
        "permessage-deflate",
        { serverMaxWindowBits: 10 },
        "permessage-deflate; server_max_window_bits=10",
      ],
      [
        "clientMaxWindowBits, where the client lets it",
        "permessage-deflate; client_max_window_bits",
        { clientMaxWindowBits: 9 },
        "permessage-deflate; client_max_window_bits=9",
      ],
      [
        "what the client asked of it",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=12",
        true,
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=12",
      ],
      [
        "the first offer that it can accept",
        "permessage-deflate; server_max_window_bits=9, permessage-deflate",
        { serverMaxWindowBits: 12 },
        "permessage-deflate; server_max_window_bits=12",
      ],
    ])("%s", async (_, offer, options, answer) => {
      const got = await answerTo(offer, options);
      // The order of parameters means nothing.
      const parts = (value: string | undefined) => value?.split("; ").sort();
      expect(parts(got)).toEqual(parts(answer));
    });

    test("a quoted value is a value", async () => {
      const got = await answerTo('permessage-deflate; server_max_window_bits="10"', true);
      expect(got).toBe("permessage-deflate; server_max_window_bits=10");
    });

    test("a header that cannot be parsed is refused with 400", async () => {
      const { port } = await listen(target, { perMessageDeflate: true });
      for (const offer of ["permessage-deflate;", ";", "permessage-deflate; a=", "a b"]) {
        const { response } = await requestUpgrade(port, offerHeaders(offer));
        expect([offer, response.status]).toEqual([offer, 400]);
        expect(response.body).toContain("Sec-WebSocket-Extensions header");
      }
    });
  });

  describe("what a client accepts", () => {
    test.each<[string, string, Deflate, string]>([
      [
        "an extension that it did not offer",
        "permessage-deflate",
        false,
        "Server sent a Sec-WebSocket-Extensions header but no extension was requested",
      ],
      ["another extension", "foo", true, "Server indicated an extension that was not requested"],
      [
        "two extensions",
        "permessage-deflate, foo",
        true,
        "Server indicated an extension that was not requested",
      ],
      [
        "an unknown parameter",
        "permessage-deflate; foo=1",
        true,
        "Invalid Sec-WebSocket-Extensions header",
      ],
      [
        "a window out of range",
        "permessage-deflate; server_max_window_bits=7",
        true,
        "Invalid Sec-WebSocket-Extensions header",
      ],
      [
        "a header that cannot be parsed",
        "permessage-deflate; ;",
        true,
        "Invalid Sec-WebSocket-Extensions header",
      ],
      [
        "a larger window than it offered",
        "permessage-deflate; client_max_window_bits=12",
        { clientMaxWindowBits: 10 },
        "Invalid Sec-WebSocket-Extensions header",
      ],
      [
        "a window that it refused to limit",
        "permessage-deflate; client_max_window_bits=12",
        { clientMaxWindowBits: false as unknown as number },
        "Invalid Sec-WebSocket-Extensions header",
      ],
      [
        "client_no_context_takeover that it refused",
        "permessage-deflate; client_no_context_takeover",
        { clientNoContextTakeover: false },
        "Invalid Sec-WebSocket-Extensions header",
      ],
    ])("refuses %s", async (_, answer, perMessageDeflate, message) => {
      const { url } = await listenRaw({ headers: { "Sec-WebSocket-Extensions": answer } });
      const client = connect(target, url, { perMessageDeflate });
      const error = nextError(client);
      const closed = nextClose(client);
      expect((await error).message).toContain(message);
      expect((await closed).code).toBe(1006);
    });

    test("takes what was agreed", async () => {
      const { url, accepted } = await listenRaw({
        headers: { "Sec-WebSocket-Extensions": "permessage-deflate; server_no_context_takeover" },
      });
      const client = connect(target, url);
      await next(client, "open");
      expect(client.extensions).toBe("permessage-deflate");
      const { peer } = await accepted();
      const received = next<[Buffer]>(client, "message");
      peer.write(frame({ opcode: 1, payload: compress("hello hello hello"), reserved: 0x40 }));
      expect(String((await received)[0])).toBe("hello hello hello");
    });
  });

  describe("messages", () => {
    test.each<[string, Deflate]>([
      ["with context takeover", { threshold: 0 }],
      [
        "without context takeover",
        { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
      ],
      ["with small windows", { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 9 }],
      [
        "with zlib options",
        {
          threshold: 0,
          zlibDeflateOptions: { level: 1, memLevel: 4 },
          zlibInflateOptions: { chunkSize: 64 },
        },
      ],
    ])("go both ways %s", async (_, perMessageDeflate) => {
      const { socket, client } = await openPair(
        target,
        { perMessageDeflate },
        { perMessageDeflate },
      );
      expect([socket.extensions, client.extensions]).toEqual([
        "permessage-deflate",
        "permessage-deflate",
      ]);
      socket.on("message", (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
      const messages = [
        "",
        "a",
        "ä".repeat(2000),
        JSON.stringify(Array.from({ length: 999 }, (_, n) => n)),
      ];
      for (const message of [...messages, ...messages]) {
        const received = next<[Buffer, boolean]>(client, "message");
        client.send(message);
        const [data, isBinary] = await received;
        expect([data.toString(), isBinary]).toEqual([message, false]);
      }
      const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7) & 0xff));
      const received = next<[Buffer, boolean]>(client, "message");
      client.send(bytes);
      expect(await received).toEqual([bytes, true]);
    });

    test("are compressed on the wire, unless told otherwise", async () => {
      const { server, port } = await listen(target, {
        perMessageDeflate: { serverNoContextTakeover: true, threshold: 0 },
      });
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port, offerHeaders("permessage-deflate"));
      const [socket] = await connected;
      socket.send("hello ".repeat(50));
      const compressed = await peer.frame();
      expect(compressed?.rsv1).toBe(true);
      expect(decompress(compressed?.payload as Buffer)).toBe("hello ".repeat(50));
      socket.send("hello ".repeat(50), { compress: false });
      const plain = await peer.frame();
      expect(plain?.rsv1).toBe(false);
      expect(String(plain?.payload)).toBe("hello ".repeat(50));
    });

    test.each([
      ["shorter than the threshold stay plain without takeover", 10, true, 9, false],
      ["as long as the threshold do not", 10, true, 10, true],
    ])("%s", async (_, threshold, serverNoContextTakeover, length, isCompressed) => {
      const { server, port } = await listen(target, {
        perMessageDeflate: { serverNoContextTakeover, threshold },
      });
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(
        port,
        offerHeaders("permessage-deflate; server_no_context_takeover"),
      );
      (await connected)[0].send("a".repeat(length));
      expect((await peer.frame())?.rsv1).toBe(isCompressed);
    });

    test("threshold is 1024 bytes by default", async () => {
      const { server, port } = await listen(target, {
        perMessageDeflate: { serverNoContextTakeover: true },
      });
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port, offerHeaders("permessage-deflate"));
      const [socket] = await connected;
      socket.send("a".repeat(1023));
      expect((await peer.frame())?.rsv1).toBe(false);
      socket.send("a".repeat(1024));
      expect((await peer.frame())?.rsv1).toBe(true);
    });

    test("may be fragmented, with RSV1 on the first frame only", async () => {
      const { server, port } = await listen(target, { perMessageDeflate: { threshold: 0 } });
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port, offerHeaders("permessage-deflate"));
      const [socket] = await connected;
      socket.send("hello ".repeat(20), { fin: false });
      socket.send("world", { fin: true });
      const frames = [await peer.frame(), await peer.frame()];
      expect(frames.map((each) => [each?.opcode, each?.fin, each?.rsv1])).toEqual([
        [1, false, true],
        [0, true, false],
      ]);
      const all = Buffer.concat(frames.map((each) => each?.payload as Buffer));
      expect(decompress(all)).toBe(`${"hello ".repeat(20)}world`);
    });

    test("that arrive fragmented are put together", async () => {
      const { server, port } = await listen(target, { perMessageDeflate: true });
      const received = deferred<string>();
      server.on("connection", (socket) =>
        socket.on("message", (data) => received.resolve(String(data))),
      );
      const peer = await openRawClient(port, offerHeaders("permessage-deflate"));
      const bytes = compress("fragmented and compressed");
      const mask = true;
      peer.write(
        frame({ opcode: 1, reserved: 0x40, fin: false, payload: bytes.subarray(0, 5), mask }),
      );
      peer.write(frame({ opcode: 9, mask }));
      peer.write(frame({ opcode: 0, payload: bytes.subarray(5), mask }));
      expect(await received.promise).toBe("fragmented and compressed");
    });

    test("keep their order with pings and plain messages between them", async () => {
      const { socket, client } = await openPair(target, { perMessageDeflate: { threshold: 0 } });
      const log: string[] = [];
      const closed = next(client, "close");
      client.on("message", (data: Buffer) => log.push(`message ${data.length}`));
      client.on("ping", (data: Buffer) => log.push(`ping ${data}`));
      socket.send("x".repeat(50_000));
      socket.ping("1");
      socket.send("y", { compress: false });
      socket.send("z".repeat(10));
      socket.ping("2");
      socket.close();
      await closed;
      expect(log).toEqual(["message 50000", "ping 1", "message 1", "message 10", "ping 2"]);
    });

    test("call back once written", async () => {
      const { socket, client } = await openPair(target, { perMessageDeflate: { threshold: 0 } });
      const received = next(client, "message");
      const error = await new Promise((resolve) => socket.send("a".repeat(5000), resolve));
      expect(error ?? null).toBe(null);
      await received;
    });

    test("call back with an error when the connection ends first", async () => {
      const { socket } = await openPair(target, { perMessageDeflate: { threshold: 0 } });
      const errors: Promise<Error | undefined>[] = [];
      for (let index = 0; index < 3; index++) {
        errors.push(new Promise((resolve) => socket.send("a".repeat(5000), resolve)));
      }
      socket.terminate();
      for (const error of errors) expect(await error).toBeInstanceOf(Error);
    });

    test("with broken data end the connection with 1007", async () => {
      const { server, port } = await listen(target, { perMessageDeflate: true });
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port, offerHeaders("permessage-deflate"));
      const error = nextError((await connected)[0]);
      peer.write(
        frame({ opcode: 1, reserved: 0x40, payload: Buffer.from([0xff, 0xff, 0xff]), mask: true }),
      );
      expect(await peer.closeCode()).toBe(1007);
      expect(await error).toBeInstanceOf(Error);
    });

    test.each([0, 9])("RSV1 on opcode %d is refused with 1002", async (opcode) => {
      const { server, port } = await listen(target, { perMessageDeflate: true });
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port, offerHeaders("permessage-deflate"));
      const error = nextError((await connected)[0]);
      if (opcode === 0) peer.write(frame({ opcode: 2, payload: "a", fin: false, mask: true }));
      peer.write(frame({ opcode, reserved: 0x40, payload: "a", mask: true }));
      expect(await peer.closeCode()).toBe(1002);
      expect((await error).code).toBe("WS_ERR_UNEXPECTED_RSV_1");
    });

    test("concurrencyLimit is accepted", async () => {
      const { socket, client } = await openPair(target, {
        perMessageDeflate: { concurrencyLimit: 1, threshold: 0 },
      });
      const received = next<[Buffer]>(client, "message");
      socket.send("hello");
      expect(String((await received)[0])).toBe("hello");
    });
  });
});
