import { describe, expect, test } from "vitest";
import { connect, listen, next, openPair } from "./fixture.ts";
import { frame, listenRaw, openRawClient } from "./raw-peer.ts";
import { type Socket, targets } from "./targets.ts";

const opcodes = { ping: 9, pong: 10 } as const;

describe.each(targets)("ping() and pong() of $name", (target) => {
  describe.each(["ping", "pong"] as const)("%s", (kind) => {
    test.each<[string, unknown, string]>([
      ["nothing", undefined, ""],
      ["text", "hällo", "hällo"],
      ["bytes", Buffer.from("bytes"), "bytes"],
      ["a typed array", new Uint8Array([0x61, 0x62]), "ab"],
      ["an ArrayBuffer", new Uint8Array([0x61]).buffer, "a"],
      ["a number, as text", 123, "123"],
      ["zero, as text", 0, "0"],
      ["a Blob", new Blob(["blob"]), "blob"],
      ["125 bytes", "x".repeat(125), "x".repeat(125)],
    ])("takes %s", async (_, data, expected) => {
      const { socket, client } = await openPair(target, { autoPong: false }, { autoPong: false });
      const atClient = next<[Buffer]>(client, kind);
      socket[kind](data);
      expect((await atClient)[0]).toBeInstanceOf(Buffer);
      expect(String((await atClient)[0])).toBe(expected);
      const atServer = next<[Buffer]>(socket, kind);
      client[kind](data);
      expect(String((await atServer)[0])).toBe(expected);
    });

    test.each([
      ["text", "x".repeat(126)],
      ["multi-byte text", "ä".repeat(63)],
      ["bytes", Buffer.alloc(126)],
      ["a Blob", new Blob(["x".repeat(126)])],
    ])("throws a RangeError for %s beyond 125 bytes", async (_, data) => {
      const { socket, client } = await openPair(target);
      for (const each of [socket, client]) {
        expect(() => each[kind](data)).toThrow(RangeError);
        expect(() => each[kind](data)).toThrow("The data size must not be greater than 125 bytes");
      }
      expect(client.readyState).toBe(target.WebSocket.OPEN);
    });

    test("throws a TypeError for an object without bytes", async () => {
      const { socket } = await openPair(target);
      expect(() => socket[kind]({ a: 1 })).toThrow(TypeError);
    });

    test("calls back in each form of arguments", async () => {
      const { socket } = await openPair(target);
      const act = socket[kind].bind(socket) as (...args: unknown[]) => void;
      const errors = [
        await new Promise((resolve) => act(resolve)),
        await new Promise((resolve) => act("a", resolve)),
        await new Promise((resolve) => act("a", false, resolve)),
        await new Promise((resolve) => act("a", undefined, resolve)),
      ];
      expect(errors.map((error) => error ?? null)).toEqual([null, null, null, null]);
    });

    test("masks as its role wants, or as told", async () => {
      const { server, port } = await listen(target);
      const connected = next<[Socket]>(server, "connection");
      const peer = await openRawClient(port);
      const [socket] = await connected;
      socket[kind]("a");
      expect(await peer.frame()).toMatchObject({
        opcode: opcodes[kind],
        fin: true,
        isMasked: false,
      });
      socket[kind]("a", true);
      expect(await peer.frame()).toMatchObject({ isMasked: true, payload: Buffer.from("a") });

      const { url, accepted } = await listenRaw();
      const client = connect(target, url);
      await next(client, "open");
      const far = (await accepted()).peer;
      client[kind]("a");
      expect(await far.frame()).toMatchObject({ opcode: opcodes[kind], isMasked: true });
    });

    test("leaves the caller's bytes as they were", async () => {
      const { client, socket } = await openPair(target, { autoPong: false });
      const mine = Buffer.from("mine");
      const received = next(socket, kind);
      client[kind](mine);
      await received;
      expect(mine.toString()).toBe("mine");
    });
  });

  test("a ping is answered with a pong of the same data", async () => {
    const { socket, client } = await openPair(target);
    const ponged = next<[Buffer]>(socket, "pong");
    socket.ping("marco");
    expect(String((await ponged)[0])).toBe("marco");
    const backwards = next<[Buffer]>(client, "pong");
    client.ping("polo");
    expect(String((await backwards)[0])).toBe("polo");
  });

  test("a pong that nobody asked for is told, and harmless", async () => {
    const { server, port } = await listen(target);
    const connected = next<[Socket]>(server, "connection");
    const peer = await openRawClient(port);
    const ponged = next<[Buffer]>((await connected)[0], "pong");
    peer.write(frame({ opcode: 10, payload: "unasked", mask: true }));
    expect(String((await ponged)[0])).toBe("unasked");
  });

  test("between the fragments of a message, a ping is told first", async () => {
    const { server, port } = await listen(target);
    const connected = next<[Socket]>(server, "connection");
    const peer = await openRawClient(port);
    const [socket] = await connected;
    const order: string[] = [];
    socket.on("ping", (data) => order.push(`ping ${data}`));
    const received = next<[Buffer]>(socket, "message");
    peer.write(
      Buffer.concat([
        frame({ opcode: 1, payload: "ab", fin: false, mask: true }),
        frame({ opcode: 9, payload: "!", mask: true }),
        frame({ opcode: 0, payload: "cd", mask: true }),
      ]),
    );
    order.push(`message ${(await received)[0]}`);
    expect(order).toEqual(["ping !", "message abcd"]);
    expect(await peer.frame()).toMatchObject({ opcode: 10, payload: Buffer.from("!") });
  });

  test("a ping after close() is not sent, and calls back with an error", async () => {
    const { client } = await openPair(target);
    client.close();
    const error = await new Promise<Error>((resolve) => client.ping("a", true, resolve));
    expect(error.message).toBe("WebSocket is not open: readyState 2 (CLOSING)");
  });
});
