import { describe, expect, test } from "vitest";
import { connect, listen, next, openPair } from "./fixture.ts";
import { frame, listenRaw, openRawClient } from "./raw-peer.ts";
import { type Socket, targets } from "./targets.ts";

type Sendable = Parameters<Socket["send"]>[0];

const bytes = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]);
const arrayBuffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 8);

function sharedBytes(): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(4);
  new Uint8Array(shared).set([9, 8, 7, 6]);
  return shared;
}

/** Everything that `send` takes, with what arrives. */
const sendables: [string, () => Sendable, Buffer, boolean][] = [
  ["text", () => "hällo", Buffer.from("hällo"), false],
  ["an empty text", () => "", Buffer.alloc(0), false],
  ["a lone surrogate, as U+FFFD", () => "a\ud800b", Buffer.from("a\ufffdb"), false],
  ["a number, as text", () => 42, Buffer.from("42"), false],
  ["zero, as text", () => 0, Buffer.from("0"), false],
  ["a Buffer", () => Buffer.from(bytes), bytes, true],
  ["an empty Buffer", () => Buffer.alloc(0), Buffer.alloc(0), true],
  ["a slice of a Buffer", () => bytes.subarray(2, 5), Buffer.from([3, 4, 5]), true],
  ["an ArrayBuffer", () => arrayBuffer, bytes, true],
  ["an empty ArrayBuffer", () => new ArrayBuffer(0), Buffer.alloc(0), true],
  ["a SharedArrayBuffer", sharedBytes, Buffer.from([9, 8, 7, 6]), true],
  ["a Uint8Array", () => new Uint8Array([1, 2]), Buffer.from([1, 2]), true],
  ["a view in the midst", () => new Uint8Array(arrayBuffer, 3, 2), Buffer.from([4, 5]), true],
  ["an Int8Array", () => new Int8Array([-1, 2]), Buffer.from([255, 2]), true],
  ["a Uint16Array", () => new Uint16Array(arrayBuffer, 2, 2), Buffer.from([3, 4, 5, 6]), true],
  ["a Float32Array", () => new Float32Array([0.5]), Buffer.from("0000003f", "hex"), true],
  ["a Float64Array", () => new Float64Array([1]), Buffer.from("000000000000f03f", "hex"), true],
  [
    "a BigUint64Array",
    () => new BigUint64Array([1n]),
    Buffer.from("0100000000000000", "hex"),
    true,
  ],
  ["a Uint8ClampedArray", () => new Uint8ClampedArray([1]), Buffer.from([1]), true],
  ["a DataView", () => new DataView(arrayBuffer, 4, 3), Buffer.from([5, 6, 7]), true],
  ["a Blob", () => new Blob(["a blob"]), Buffer.from("a blob"), true],
  ["an empty Blob", () => new Blob([]), Buffer.alloc(0), true],
  ["a list of bytes", () => [1, 2, 256 + 3], Buffer.from([1, 2, 3]), true],
  [
    "an object whose valueOf has bytes",
    () => ({ valueOf: () => new Uint8Array([7]) }),
    Buffer.from([7]),
    true,
  ],
  ["an object whose valueOf is text", () => ({ valueOf: () => "text" }), Buffer.from("text"), true],
  ["nothing", () => undefined as unknown as Sendable, Buffer.alloc(0), true],
  ["null", () => null as unknown as Sendable, Buffer.alloc(0), true],
];

describe.each(targets)("send() of $name", (target) => {
  describe.each(["client", "socket"] as const)("of a %s", (role) => {
    test.each(sendables)("takes %s", async (_, make, expected, isBinary) => {
      const pair = await openPair(target);
      const [sender, receiver] =
        role === "client" ? [pair.client, pair.socket] : [pair.socket, pair.client];
      const received = next<[Buffer, boolean]>(receiver, "message");
      sender.send(make());
      const [data, wasBinary] = await received;
      expect(data).toBeInstanceOf(Buffer);
      expect([data.toString("hex"), wasBinary]).toEqual([expected.toString("hex"), isBinary]);
    });

    test("leaves the sender's bytes as they were", async () => {
      const pair = await openPair(target);
      const [sender, receiver] =
        role === "client" ? [pair.client, pair.socket] : [pair.socket, pair.client];
      for (const size of [10, 1000, 100_000]) {
        const mine = Buffer.alloc(size, 0x5a);
        const received = next<[Buffer]>(receiver, "message");
        sender.send(mine);
        expect((await received)[0].equals(mine)).toBe(true);
        expect(mine.equals(Buffer.alloc(size, 0x5a))).toBe(true);
      }
    });

    test.each([125, 126, 127, 65_535, 65_536, 300_000])("takes %d bytes", async (size) => {
      const pair = await openPair(target);
      const [sender, receiver] =
        role === "client" ? [pair.client, pair.socket] : [pair.socket, pair.client];
      const data = Buffer.alloc(size, "abcdefg");
      let received = next<[Buffer, boolean]>(receiver, "message");
      sender.send(data);
      expect((await received)[0].equals(data)).toBe(true);
      received = next<[Buffer, boolean]>(receiver, "message");
      sender.send(data.toString());
      const [text, isBinary] = await received;
      expect([text.equals(data), isBinary]).toEqual([true, false]);
    });
  });

  test.each<[string, unknown]>([
    ["an object", {}],
    ["a list of nothing but names", { text: "hello" }],
    ["true", true],
    ["a symbol", Symbol("s")],
    ["a function", () => {}],
  ])("throws a TypeError for %s", async (_, data) => {
    const { socket, client } = await openPair(target);
    expect(() => socket.send(data as Sendable, {})).toThrow(TypeError);
    expect(() => client.send(data as Sendable, {})).toThrow(TypeError);
    const received = next<[Buffer]>(client, "message");
    socket.send("still well");
    expect(String((await received)[0])).toBe("still well");
  });

  describe("options", () => {
    test.each<[string, Sendable, object, Buffer, boolean]>([
      ["binary: true sends text as bytes", "ä", { binary: true }, Buffer.from("ä"), true],
      [
        "binary: false sends bytes as text",
        Buffer.from("ä"),
        { binary: false },
        Buffer.from("ä"),
        false,
      ],
      ["compress: true without the extension", "a", { compress: true }, Buffer.from("a"), false],
      ["an empty object", "a", {}, Buffer.from("a"), false],
    ])("%s", async (_, data, options, expected, isBinary) => {
      const { socket, client } = await openPair(target);
      const received = next<[Buffer, boolean]>(client, "message");
      socket.send(data, options);
      expect(await received).toEqual([expected, isBinary]);
    });

    test("undefined is no options", async () => {
      const { socket, client } = await openPair(target);
      const received = next<[Buffer]>(client, "message");
      const written = new Promise((resolve) => {
        (socket.send as (...args: unknown[]) => void)("a", undefined, resolve);
      });
      expect(String((await received)[0])).toBe("a");
      expect((await written) ?? null).toBe(null);
    });

    test("fin: false sends a fragment", async () => {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      const [socket] = await connected;
      socket.send("one", { fin: false });
      socket.send("two", { fin: false });
      socket.ping("between");
      socket.send("three", { fin: true });
      socket.send("four");
      const frames = [];
      for (let index = 0; index < 5; index++) frames.push(await peer.frame());
      expect(frames.map((each) => [each?.opcode, each?.fin, String(each?.payload)])).toEqual([
        [1, false, "one"],
        [0, false, "two"],
        [9, true, "between"],
        [0, true, "three"],
        [1, true, "four"],
      ]);
    });

    test("fragments arrive as one message", async () => {
      const { socket, client } = await openPair(target);
      const received = next<[Buffer, boolean]>(client, "message");
      socket.send(Buffer.from("frag"), { fin: false });
      socket.send("ment", { fin: false });
      socket.send("", { fin: true });
      expect(await received).toEqual([Buffer.from("fragment"), true]);
    });

    test("a server does not mask, a client does, and mask changes it", async () => {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      const [socket] = await connected;
      socket.send("a");
      expect((await peer.frame())?.isMasked).toBe(false);
      socket.send("a", { mask: true });
      expect(await peer.frame()).toMatchObject({ isMasked: true, payload: Buffer.from("a") });

      const { url, accepted } = await listenRaw();
      const client = connect(target, url);
      await next(client, "open");
      const far = (await accepted()).peer;
      client.send("abc");
      expect(await far.frame()).toMatchObject({ isMasked: true, payload: Buffer.from("abc") });
      client.send("abc", { mask: false });
      expect((await far.frame())?.isMasked).toBe(false);
    });
  });

  describe("the callback", () => {
    test("runs once written, without an error", async () => {
      const { socket, client } = await openPair(target);
      client.on("message", () => {});
      const error = await new Promise((resolve) => socket.send("a", resolve));
      expect(error ?? null).toBe(null);
      const again = await new Promise((resolve) => socket.send("a", { binary: true }, resolve));
      expect(again ?? null).toBe(null);
    });

    test("never runs within the call", async () => {
      const { socket } = await openPair(target);
      let isInside = true;
      await new Promise<void>((resolve) => {
        socket.send("a", () => {
          expect(isInside).toBe(false);
          resolve();
        });
        isInside = false;
      });
    });

    test("runs in the order of the messages", async () => {
      const { socket } = await openPair(target);
      const order: number[] = [];
      await new Promise<void>((resolve) => {
        for (let index = 0; index < 5; index++) {
          socket.send(index % 2 ? Buffer.alloc(70_000) : "a", () => {
            if (order.push(index) === 5) resolve();
          });
        }
      });
      expect(order).toEqual([0, 1, 2, 3, 4]);
    });

    test("runs for a Blob", async () => {
      const { client, socket } = await openPair(target);
      const received = next<[Buffer]>(socket, "message");
      const error = await new Promise((resolve) => client.send(new Blob(["b"]), resolve));
      expect(error ?? null).toBe(null);
      expect(String((await received)[0])).toBe("b");
    });
  });

  test("keeps the order of messages when a Blob is among them", async () => {
    const { socket, client } = await openPair(target);
    const got: string[] = [];
    const closed = next(client, "close");
    client.on("message", (data) => got.push(String(data)));
    socket.send("one");
    socket.send(new Blob(["two"]));
    socket.send("three");
    socket.send(new Blob(["four"]));
    socket.close();
    await closed;
    expect(got).toEqual(["one", "two", "three", "four"]);
  });

  describe("without an open connection", () => {
    test("throws while CONNECTING", async () => {
      const { url } = await listen(target);
      const client = connect(target, url);
      for (const act of [
        () => client.send("a"),
        () => client.ping(),
        () => client.pong(),
        () => client.send("a", () => {}),
      ]) {
        expect(act).toThrow("WebSocket is not open: readyState 0 (CONNECTING)");
      }
      await next(client, "open");
    });

    test("calls back with an error while CLOSING, and not within the call", async () => {
      const { client } = await openPair(target);
      client.close();
      expect(client.readyState).toBe(target.WebSocket.CLOSING);
      let isInside = true;
      const error = await new Promise<Error | undefined>((resolve) => {
        client.send("a", (reason) => {
          expect(isInside).toBe(false);
          resolve(reason);
        });
        isInside = false;
      });
      expect(error?.message).toBe("WebSocket is not open: readyState 2 (CLOSING)");
    });

    test("calls back with an error when CLOSED", async () => {
      const { client } = await openPair(target);
      const closed = next(client, "close");
      client.close();
      await closed;
      const error = await new Promise<Error | undefined>((resolve) => client.send("a", resolve));
      expect(error?.message).toBe("WebSocket is not open: readyState 3 (CLOSED)");
      for (const act of ["ping", "pong"] as const) {
        const reason = await new Promise<Error>((resolve) => client[act]("a", false, resolve));
        expect(reason.message).toBe("WebSocket is not open: readyState 3 (CLOSED)");
      }
    });

    test("without a callback nothing happens", async () => {
      const { client } = await openPair(target);
      const closed = next(client, "close");
      client.close();
      client.send("a");
      client.ping();
      client.pong();
      await closed;
      client.send("a");
    });
  });

  describe("bufferedAmount", () => {
    test("is 0 while connecting and once everything is written", async () => {
      const { url } = await listen(target);
      const client = connect(target, url);
      expect(client.bufferedAmount).toBe(0);
      await next(client, "open");
      expect(client.bufferedAmount).toBe(0);
      await new Promise((resolve) => client.send("a".repeat(100), resolve));
      expect(client.bufferedAmount).toBe(0);
    });

    test("counts what a slow peer has not taken", async () => {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      peer.socket.pause();
      const [socket] = await connected;
      const chunk = Buffer.alloc(256 * 1024);
      let sent = 0;
      while (socket.bufferedAmount < chunk.length && sent < 400) {
        socket.send(chunk);
        sent += 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(socket.bufferedAmount).toBeGreaterThanOrEqual(chunk.length);
    });

    test("grows by what is sent after closing", async () => {
      const { client } = await openPair(target);
      const closed = next(client, "close");
      client.close();
      await closed;
      const before = client.bufferedAmount;
      client.send("hällo");
      expect(client.bufferedAmount - before).toBe(6);
      client.send(Buffer.alloc(10));
      client.send(new Blob(["123"]));
      client.ping("ab");
      client.pong(new Uint8Array(2));
      client.send(1234);
      expect(client.bufferedAmount - before).toBe(6 + 10 + 3 + 2 + 2 + 4);
    });

    test("grows by what is sent after a handshake that failed", async () => {
      const { url } = await listen(target, { verifyClient: () => false });
      const client = connect(target, url);
      client.on("error", () => {});
      await next(client, "close");
      client.send("12345");
      expect(client.bufferedAmount).toBe(5);
    });
  });

  test("a message is delivered whole however the bytes were cut", async () => {
    const { server, port } = await listen(target);
    const connected = next<[Socket]>(server, "connection");
    const peer = await openRawClient(port);
    const [socket] = await connected;
    const bytesOnWire = frame({ opcode: 1, payload: "cut at every byte", mask: true });
    const received = next<[Buffer]>(socket, "message");
    for (const byte of bytesOnWire) {
      await new Promise<void>((resolve) => peer.socket.write(Buffer.from([byte]), () => resolve()));
    }
    expect(String((await received)[0])).toBe("cut at every byte");
  });
});
