import { describe, expect, test } from "vitest";
import {
  connect,
  deferred,
  listen,
  listenHttp,
  next,
  nextClose,
  nextError,
  openPair,
  record,
  trackClient,
} from "./fixture.ts";
import { closeBody, frame, listenRaw, openRawClient } from "./raw-peer.ts";
import { type Socket, targets } from "./targets.ts";

const aborted = "WebSocket was closed before the connection was established";

describe.each(targets)("close() and terminate() of $name", (target) => {
  const { WebSocket } = target;

  describe("close()", () => {
    test("without arguments gives 1005 on both sides", async () => {
      const { socket, client } = await openPair(target);
      const both = Promise.all([nextClose(socket), nextClose(client)]);
      client.close();
      expect(await both).toEqual([
        { code: 1005, reason: "" },
        { code: 1005, reason: "" },
      ]);
    });

    test.each<[number, string | Buffer | undefined, string]>([
      [1000, undefined, ""],
      [1000, "", ""],
      [1001, "going away", "going away"],
      [1013, "again later", "again later"],
      [3000, "hällo", "hällo"],
      [4999, Buffer.from("bytes"), "bytes"],
      [4000, "x".repeat(123), "x".repeat(123)],
    ])("with %d and %s tells both sides", async (code, reason, expected) => {
      const { socket, client } = await openPair(target);
      const both = Promise.all([nextClose(socket), nextClose(client)]);
      socket.close(code, reason);
      expect(await both).toEqual([
        { code, reason: expected },
        { code, reason: expected },
      ]);
    });

    test("gives the reason as a Buffer", async () => {
      const { socket, client } = await openPair(target);
      const closed = next<[number, Buffer]>(socket, "close");
      client.close(1000, "done");
      const args = await closed;
      expect(args).toHaveLength(2);
      expect(args[1]).toBeInstanceOf(Buffer);
    });

    test("sends a Close frame: masked by a client, plain by a server, and empty without a code", async () => {
      const { url, accepted } = await listenRaw();
      const client = connect(target, url);
      await next(client, "open");
      const { peer } = await accepted();
      client.close(1001, "bye");
      expect(await peer.frame()).toMatchObject({
        opcode: 8,
        fin: true,
        isMasked: true,
        payload: closeBody(1001, "bye"),
      });

      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const far = await openRawClient(port);
      (await connected)[0].close();
      expect(await far.frame()).toMatchObject({
        opcode: 8,
        isMasked: false,
        payload: Buffer.alloc(0),
      });
    });

    test.each([0, 999, 1004, 1005, 1006, 1015, 2000, 2999, 5000, "1000", null, Number.NaN])(
      "throws a TypeError for the code %s and stays open",
      async (code) => {
        const { client } = await openPair(target);
        expect(() => client.close(code as number)).toThrow(TypeError);
        expect(() => client.close(code as number)).toThrow(
          "First argument must be a valid error code number",
        );
        expect(client.readyState).toBe(WebSocket.OPEN);
      },
    );

    test.each([
      ["124 bytes of text", "x".repeat(124)],
      ["124 bytes of multi-byte text", "ä".repeat(62)],
      ["124 bytes", Buffer.alloc(124)],
    ])("throws a RangeError for a reason of %s", async (_, reason) => {
      const { client } = await openPair(target);
      expect(() => client.close(1000, reason)).toThrow(RangeError);
      expect(() => client.close(1000, reason)).toThrow(
        "The message must not be greater than 123 bytes",
      );
      expect(client.readyState).toBe(WebSocket.OPEN);
    });

    test("is CLOSING at once and CLOSED in 'close'", async () => {
      const { client } = await openPair(target);
      const closed = next(client, "close");
      client.close();
      expect(client.readyState).toBe(WebSocket.CLOSING);
      await closed;
      expect(client.readyState).toBe(WebSocket.CLOSED);
    });

    test("may be called again, to no effect", async () => {
      const { socket, client } = await openPair(target);
      const closed = nextClose(socket);
      client.close(1000, "first");
      client.close(1001, "second");
      expect(await closed).toEqual({ code: 1000, reason: "first" });
      client.close();
      client.close(4000);
    });

    test("from both sides at once closes cleanly", async () => {
      const { socket, client } = await openPair(target);
      const both = Promise.all([nextClose(socket), nextClose(client)]);
      client.close(4001);
      socket.close(4002);
      // Each side tells what the other one said.
      expect((await both).map(({ code }) => code)).toEqual([4001, 4002]);
    });

    test("sends what was sent before it", async () => {
      const { socket, client } = await openPair(target);
      const got: number[] = [];
      socket.on("message", (data: Buffer) => got.push(data.length));
      const closed = nextClose(socket);
      for (let index = 0; index < 20; index++) client.send(Buffer.alloc(50_000));
      client.close(1000);
      expect((await closed).code).toBe(1000);
      expect(got).toHaveLength(20);
    });

    test("still receives what the peer had sent", async () => {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      const [socket] = await connected;
      const received = next<[Buffer]>(socket, "message");
      const closed = nextClose(socket);
      socket.close(1000);
      expect(await peer.closeCode()).toBe(1000);
      peer.write(frame({ opcode: 1, payload: "late", mask: true }));
      expect(String((await received)[0])).toBe("late");
      peer.write(frame({ opcode: 8, payload: closeBody(1000), mask: true }));
      peer.socket.end();
      expect((await closed).code).toBe(1000);
    });

    test("the server hangs up first", async () => {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      await connected;
      peer.write(frame({ opcode: 8, payload: closeBody(1000), mask: true }));
      expect(await peer.closeCode()).toBe(1000);
      await peer.ended();
    });

    test("frames after the peer's Close are ignored", async () => {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      const [socket] = await connected;
      socket.on("message", () => expect.unreachable("the peer has closed"));
      const closed = nextClose(socket);
      peer.write(
        Buffer.concat([
          frame({ opcode: 8, payload: closeBody(1000), mask: true }),
          frame({ opcode: 1, payload: "after", mask: true }),
        ]),
      );
      await peer.closeCode();
      peer.socket.end();
      expect((await closed).code).toBe(1000);
    });
  });

  describe("while CONNECTING", () => {
    test.each(["close", "terminate"] as const)(
      "%s() aborts with an error, then 'close' 1006",
      async (act) => {
        const { url } = await listen(target);
        const client = new WebSocket(url);
        const order = record(client, ["open", "error", "close"]);
        const [error, closed] = [nextError(client), nextClose(client)];
        client[act]();
        expect(client.readyState).toBe(WebSocket.CLOSING);
        expect(order).toEqual([]);
        expect((await error).message).toBe(aborted);
        expect(await closed).toEqual({ code: 1006, reason: "" });
        expect(order).toEqual(["error", "close"]);
        expect(client.readyState).toBe(WebSocket.CLOSED);
      },
    );

    test("close() in 'upgrade' aborts, too", async () => {
      const { url } = await listen(target);
      const client = new WebSocket(url);
      client.on("open", () => expect.unreachable("it was closed"));
      client.on("upgrade", () => client.close());
      const [error, closed] = [nextError(client), nextClose(client)];
      expect((await error).message).toBe(aborted);
      expect((await closed).code).toBe(1006);
    });

    test("close() while the server thinks", async () => {
      const asked = deferred<void>();
      const { http, url } = await listenHttp();
      http.on("upgrade", () => asked.resolve());
      const client = new WebSocket(url);
      const [error, closed] = [nextError(client), nextClose(client)];
      await asked.promise;
      client.close();
      expect((await error).message).toBe(aborted);
      expect((await closed).code).toBe(1006);
    });
  });

  describe("terminate()", () => {
    test("ends at once: 1006 on both sides, no Close frame", async () => {
      const { socket, client } = await openPair(target);
      const both = Promise.all([nextClose(socket), nextClose(client)]);
      client.terminate();
      expect(client.readyState).toBe(WebSocket.CLOSING);
      expect(await both).toEqual([
        { code: 1006, reason: "" },
        { code: 1006, reason: "" },
      ]);
      expect(client.readyState).toBe(WebSocket.CLOSED);
    });

    test("while CLOSING ends the wait", async () => {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      const [socket] = await connected;
      const closed = nextClose(socket);
      socket.close(1000);
      expect(await peer.closeCode()).toBe(1000);
      socket.terminate();
      expect((await closed).code).toBe(1006);
    });

    test("when CLOSED does nothing", async () => {
      const { client } = await openPair(target);
      const closed = next(client, "close");
      client.terminate();
      await closed;
      client.on("close", () => expect.unreachable("it has closed"));
      client.terminate();
      client.close();
    });

    test("in a 'message' listener stops further messages", async () => {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      const [socket] = await connected;
      const got: string[] = [];
      socket.on("message", (data) => {
        got.push(String(data));
        socket.terminate();
      });
      const closed = nextClose(socket);
      peer.write(frame({ opcode: 1, payload: "one", mask: true }));
      expect((await closed).code).toBe(1006);
      expect(got).toEqual(["one"]);
    });
  });

  describe("a lost connection", () => {
    test("gives 1006 and no error", async () => {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      const [socket] = await connected;
      socket.on("error", () => expect.unreachable("a lost connection is no error"));
      const closed = nextClose(socket);
      peer.socket.resetAndDestroy();
      expect(await closed).toEqual({ code: 1006, reason: "" });
    });

    test("without a Close frame, but in order, gives 1006", async () => {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      const closed = nextClose((await connected)[0]);
      peer.socket.end();
      expect((await closed).code).toBe(1006);
    });

    test("in the midst of a message delivers nothing of it", async () => {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      const [socket] = await connected;
      socket.on("message", () => expect.unreachable("the message is not whole"));
      const closed = nextClose(socket);
      peer.write(frame({ opcode: 1, payload: "half of it", mask: true }).subarray(0, 9));
      peer.socket.end();
      expect((await closed).code).toBe(1006);
    });
  });

  test("an event emitter's listeners see 'close' once", async () => {
    const { client } = await openPair(target);
    let count = 0;
    client.on("close", () => {
      count += 1;
    });
    const closed = next(client, "close");
    client.close();
    client.terminate();
    await closed;
    await new Promise((resolve) => setImmediate(resolve));
    expect(count).toBe(1);
    trackClient(client);
  });
});
