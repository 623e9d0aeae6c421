import { describe, expect, test } from "vitest";
import { deferred, listen, next, nextClose, nextError, onTestEnd, openPair } from "./fixture.ts";
import { frame, listenRaw, openRawClient, type RawPeer } from "./raw-peer.ts";
import { type ServerOptions, type Socket, type Target, targets } from "./targets.ts";

/** A connection whose client is written by hand. */
async function openByHand(
  target: Target,
  options: ServerOptions,
): Promise<{ peer: RawPeer; socket: Socket }> {
  const { server, port } = await listen(target, options);
  const connected = next<[Socket]>(server, "connection");
  const peer = await openRawClient(port);
  return { peer, socket: (await connected)[0] };
}

describe.each(targets)("what a $name peer may send", (target) => {
  describe("maxPayload", () => {
    test("lets a message of exactly that size through", async () => {
      const { socket, client } = await openPair(target, { maxPayload: 20 });
      const received = next<[Buffer]>(socket, "message");
      client.send(Buffer.alloc(20, 1));
      expect((await received)[0]).toEqual(Buffer.alloc(20, 1));
    });

    test("closes with 1009 at one byte more", async () => {
      const { socket, client } = await openPair(target, { maxPayload: 20 });
      socket.on("message", () => expect.unreachable("the message is too long"));
      const error = nextError(socket);
      const [atClient, atServer] = [nextClose(client), nextClose(socket)];
      client.send(Buffer.alloc(21, 1));
      expect(await error).toMatchObject({ code: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" });
      expect((await error).message).toContain("Max payload size exceeded");
      expect(await atClient).toEqual({ code: 1009, reason: "" });
      expect((await atServer).code).toBe(1006);
    });

    test("counts the fragments of a message together", async () => {
      const { peer, socket } = await openByHand(target, { maxPayload: 20 });
      const error = nextError(socket);
      peer.write(frame({ opcode: 2, payload: Buffer.alloc(15), fin: false, mask: true }));
      peer.write(frame({ opcode: 0, payload: Buffer.alloc(15), mask: true }));
      expect(await peer.closeCode()).toBe(1009);
      expect((await error).code).toBe("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
    });

    test("counts decompressed bytes", async () => {
      const { socket, client } = await openPair(target, {
        maxPayload: 1000,
        perMessageDeflate: { threshold: 0 },
      });
      expect(client.extensions).toBe("permessage-deflate");
      const error = nextError(socket);
      const closed = nextClose(client);
      client.send(Buffer.alloc(1001));
      expect((await error).code).toBe("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
      expect((await closed).code).toBe(1009);
    });

    test("is counted anew for each message", async () => {
      const { socket, client } = await openPair(target, { maxPayload: 20 });
      const sizes: number[] = [];
      const all = deferred<void>();
      socket.on("message", (data: Buffer) => {
        sizes.push(data.length);
        if (sizes.length === 3) all.resolve();
      });
      for (let index = 0; index < 3; index++) client.send(Buffer.alloc(15));
      await all.promise;
      expect(sizes).toEqual([15, 15, 15]);
    });

    test("0 means no limit", async () => {
      const { socket, client } = await openPair(target, { maxPayload: 0 });
      const received = next<[Buffer]>(socket, "message");
      client.send(Buffer.alloc(2 * 1024 * 1024));
      expect((await received)[0].length).toBe(2 * 1024 * 1024);
    });

    test("holds for a client, too", async () => {
      const { socket, client } = await openPair(target, {}, { maxPayload: 10 });
      const error = nextError(client);
      const closed = nextClose(socket);
      socket.send("12345678901");
      expect((await error).code).toBe("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
      expect((await closed).code).toBe(1009);
    });
  });

  describe("maxFragments", () => {
    test("lets that many frames through, and closes with 1008 at one more", async () => {
      const { peer, socket } = await openByHand(target, { maxFragments: 3 });
      const received = next<[Buffer]>(socket, "message");
      const part = (fin: boolean, opcode = 0) => frame({ opcode, payload: "x", fin, mask: true });
      peer.write(Buffer.concat([part(false, 1), part(false), part(true)]));
      expect(String((await received)[0])).toBe("xxx");
      const error = nextError(socket);
      peer.write(Buffer.concat([part(false, 1), part(false), part(false), part(false)]));
      expect((await error).code).toBe("WS_ERR_TOO_MANY_BUFFERED_PARTS");
      expect(await peer.closeCode()).toBe(1008);
    });

    test("counts empty fragments", async () => {
      const { peer, socket } = await openByHand(target, { maxFragments: 3 });
      const error = nextError(socket);
      const part = (opcode = 0) => frame({ opcode, fin: false, mask: true });
      peer.write(Buffer.concat([part(1), part(), part(), part()]));
      expect((await error).code).toBe("WS_ERR_TOO_MANY_BUFFERED_PARTS");
    });

    test("holds for a client, too", async () => {
      const { url, accepted } = await listenRaw();
      const client = new target.WebSocket(url, { maxFragments: 2 });
      onTestEnd(() => client.terminate());
      const error = nextError(client);
      const { peer } = await accepted();
      const part = (opcode = 0) => frame({ opcode, payload: "x", fin: false });
      peer.write(Buffer.concat([part(1), part(), part()]));
      expect((await error).code).toBe("WS_ERR_TOO_MANY_BUFFERED_PARTS");
      expect(await peer.closeCode()).toBe(1008);
    });
  });

  test("maxBufferedChunks closes with 1008 when a frame arrives in more pieces", async () => {
    const { peer, socket } = await openByHand(target, { maxBufferedChunks: 3 });
    const error = nextError(socket);
    const bytes = frame({ opcode: 2, payload: Buffer.alloc(2000), mask: true });
    // Each piece goes once the one before was read, so that none are joined on the way.
    const { _socket } = socket as unknown as { _socket: import("node:net").Socket };
    const before = _socket.bytesRead;
    let sent = 0;
    let isOver = false;
    error.then(() => {
      isOver = true;
    });
    while (!isOver && sent < 1000) {
      const piece = bytes.subarray(sent, sent + 10);
      sent += piece.length;
      peer.write(piece);
      while (!isOver && _socket.bytesRead < before + sent) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    expect((await error).code).toBe("WS_ERR_TOO_MANY_BUFFERED_PARTS");
    expect(await peer.closeCode()).toBe(1008);
  });

  describe("autoPong", () => {
    test("answers a ping with its data, and tells of it", async () => {
      const { peer, socket } = await openByHand(target, {});
      const pinged = next<[Buffer]>(socket, "ping");
      peer.write(frame({ opcode: 9, payload: "are you there", mask: true }));
      expect(String((await pinged)[0])).toBe("are you there");
      const pong = await peer.frame();
      expect(pong).toMatchObject({ opcode: 10, fin: true, isMasked: false });
      expect(String(pong?.payload)).toBe("are you there");
    });

    test("false leaves the answer to the program", async () => {
      const { peer, socket } = await openByHand(target, { autoPong: false });
      socket.on("ping", (data: Buffer) => socket.send(`ping ${data}`));
      peer.write(frame({ opcode: 9, payload: "a", mask: true }));
      const answer = await peer.frame();
      expect(answer).toMatchObject({ opcode: 1 });
      expect(String(answer?.payload)).toBe("ping a");
    });

    test.each([true, false])("%s on a client", async (autoPong) => {
      const { url, accepted } = await listenRaw();
      const client = new target.WebSocket(url, { autoPong });
      onTestEnd(() => client.terminate());
      client.on("ping", () => client.send("seen"));
      const { peer } = await accepted();
      peer.write(frame({ opcode: 9, payload: "a" }));
      if (autoPong) expect(await peer.frame()).toMatchObject({ opcode: 10, isMasked: true });
      expect(String((await peer.frame())?.payload)).toBe("seen");
    });
  });

  test.each([1, 16])(
    "maxPendingAutoPongs %d: a peer that pings and does not read is terminated",
    async (maxPendingAutoPongs) => {
      const { peer, socket } = await openByHand(target, { maxPendingAutoPongs });
      socket.on("error", () => {});
      const closed = nextClose(socket);
      peer.socket.pause();
      const burst = Buffer.concat(
        Array.from({ length: 8192 }, () =>
          frame({ opcode: 9, payload: "x".repeat(125), mask: true }),
        ),
      );
      let isOver = false;
      closed.then(() => {
        isOver = true;
      });
      while (!isOver) {
        await new Promise<void>((resolve) => peer.socket.write(burst, () => resolve()));
        if (peer.socket.destroyed) break;
      }
      expect((await closed).code).toBe(1006);
    },
  );

  describe("allowSynchronousEvents", () => {
    async function turnsOfThreeMessages(
      allowSynchronousEvents: boolean | undefined,
    ): Promise<number[]> {
      const options: ServerOptions =
        allowSynchronousEvents === undefined ? {} : { allowSynchronousEvents };
      const { server, port } = await listen(target, options);
      const turns: number[] = [];
      const done = deferred<void>();
      let turn = 0;
      let isCounting = true;
      onTestEnd(() => {
        isCounting = false;
      });
      const count = () => {
        turn += 1;
        if (isCounting) setImmediate(count);
      };
      server.on("connection", (socket) => {
        count();
        const note = () => {
          turns.push(turn);
          if (turns.length === 3) done.resolve();
        };
        socket.on("message", note);
        socket.on("ping", note);
        socket.on("pong", note);
      });
      const peer = await openRawClient(port);
      peer.write(
        Buffer.concat([
          frame({ opcode: 1, payload: "a", mask: true }),
          frame({ opcode: 9, mask: true }),
          frame({ opcode: 10, mask: true }),
        ]),
      );
      await done.promise;
      return turns;
    }

    test.each([true, undefined])("%s: what came together is told in one turn", async (allow) => {
      expect(new Set(await turnsOfThreeMessages(allow)).size).toBe(1);
    });

    test("false: every event has a turn of its own", async () => {
      expect(new Set(await turnsOfThreeMessages(false)).size).toBe(3);
    });
  });

  describe("skipUTF8Validation", () => {
    const bad = Buffer.from([0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xff]);

    test("true delivers text that is none", async () => {
      const { peer, socket } = await openByHand(target, { skipUTF8Validation: true });
      const received = next<[Buffer, boolean]>(socket, "message");
      peer.write(frame({ opcode: 1, payload: bad, mask: true }));
      expect(await received).toEqual([bad, false]);
    });

    test("is false by default", async () => {
      const { peer, socket } = await openByHand(target, {});
      const error = nextError(socket);
      peer.write(frame({ opcode: 1, payload: bad, mask: true }));
      expect((await error).code).toBe("WS_ERR_INVALID_UTF8");
      expect(await peer.closeCode()).toBe(1007);
    });
  });

  describe("closeTimeout", () => {
    test("ends a connection whose peer does not answer the Close frame", async () => {
      const { peer, socket } = await openByHand(target, { closeTimeout: 40 });
      const closed = nextClose(socket);
      socket.close(1000, "bye");
      expect(await peer.closeCode()).toBe(1000);
      expect(await closed).toEqual({ code: 1006, reason: "" });
    });

    test("ends a connection whose peer answers and keeps the line", async () => {
      const { url, accepted } = await listenRaw();
      const client = new target.WebSocket(url, { closeTimeout: 40 });
      await next(client, "open");
      const { peer } = await accepted();
      const closed = nextClose(client);
      client.close(4000);
      expect(await peer.closeCode()).toBe(4000);
      peer.write(frame({ opcode: 8, payload: Buffer.from([0x0f, 0xa0]) }));
      expect((await closed).code).toBe(4000);
    });
  });
});
