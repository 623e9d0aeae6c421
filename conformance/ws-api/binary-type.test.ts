import { describe, expect, test } from "vitest";
import { connect, listen, next, openPair } from "./fixture.ts";
import { frame, openRawClient } from "./raw-peer.ts";
import { type Socket, targets } from "./targets.ts";

const bytes = Buffer.from("some bytes");

describe.each(targets)("binaryType of $name", (target) => {
  test('is "nodebuffer" at first', async () => {
    const { socket, client } = await openPair(target);
    expect([socket.binaryType, client.binaryType]).toEqual(["nodebuffer", "nodebuffer"]);
  });

  test("may be set while connecting", async () => {
    const { url } = await listen(target);
    const client = connect(target, url);
    client.binaryType = "arraybuffer";
    await next(client, "open");
    expect(client.binaryType).toBe("arraybuffer");
  });

  test("ignores what it does not know", async () => {
    const { client } = await openPair(target);
    client.binaryType = "arraybuffer";
    client.binaryType = "bytes" as "nodebuffer";
    expect(client.binaryType).toBe("arraybuffer");
  });

  test("nodebuffer gives a Buffer", async () => {
    const { socket, client } = await openPair(target);
    const received = next<[unknown]>(client, "message");
    socket.send(bytes);
    expect((await received)[0]).toBeInstanceOf(Buffer);
    expect((await received)[0]).toEqual(bytes);
  });

  test.each([0, 1, 10, 200, 70_000])(
    "arraybuffer gives an ArrayBuffer of just %d bytes",
    async (size) => {
      const { socket, client } = await openPair(target);
      client.binaryType = "arraybuffer";
      const received = next<[ArrayBuffer, boolean]>(client, "message");
      socket.send(Buffer.alloc(size, 7));
      const [data, isBinary] = await received;
      expect(data).toBeInstanceOf(ArrayBuffer);
      expect(Buffer.from(data).equals(Buffer.alloc(size, 7))).toBe(true);
      expect(isBinary).toBe(true);
    },
  );

  test("fragments gives a list of Buffers, one for each frame", async () => {
    const { server, port } = await listen(target);
    const connected = next<[Socket]>(server, "connection");
    const peer = await openRawClient(port);
    const [socket] = await connected;
    socket.binaryType = "fragments";
    const received = next<[Buffer[], boolean]>(socket, "message");
    peer.write(
      Buffer.concat([
        frame({ opcode: 2, payload: "one", fin: false, mask: true }),
        frame({ opcode: 0, payload: "two", fin: false, mask: true }),
        frame({ opcode: 0, payload: "three", mask: true }),
      ]),
    );
    const [data, isBinary] = await received;
    expect(Array.isArray(data)).toBe(true);
    expect(data.map(String)).toEqual(["one", "two", "three"]);
    expect(data.every((each) => Buffer.isBuffer(each))).toBe(true);
    expect(isBinary).toBe(true);
  });

  test("fragments of a message in one frame is a list of one", async () => {
    const { socket, client } = await openPair(target);
    client.binaryType = "fragments";
    const received = next<[Buffer[]]>(client, "message");
    socket.send(bytes);
    expect((await received)[0]).toEqual([bytes]);
  });

  test("fragments of an empty message is an empty list", async () => {
    const { socket, client } = await openPair(target);
    client.binaryType = "fragments";
    const received = next<[Buffer[]]>(client, "message");
    socket.send(Buffer.alloc(0));
    expect((await received)[0]).toEqual([]);
  });

  test("blob gives a Blob", async () => {
    const { socket, client } = await openPair(target);
    client.binaryType = "blob" as "nodebuffer";
    expect(client.binaryType).toBe("blob");
    const received = next<[Blob, boolean]>(client, "message");
    socket.send(bytes);
    const [data, isBinary] = await received;
    expect(data).toBeInstanceOf(Blob);
    expect(await data.text()).toBe("some bytes");
    expect(isBinary).toBe(true);
  });

  test.each(["nodebuffer", "arraybuffer", "fragments", "blob"])(
    "text is a Buffer in 'message' and a string in onmessage with %s",
    async (type) => {
      const { socket, client } = await openPair(target);
      client.binaryType = type as "nodebuffer";
      const received = next<[Buffer, boolean]>(client, "message");
      const event = new Promise<unknown>((resolve) => {
        client.onmessage = ({ data }) => resolve(data);
      });
      socket.send("text");
      const [data, isBinary] = await received;
      expect(data).toBeInstanceOf(Buffer);
      expect([String(data), isBinary]).toEqual(["text", false]);
      expect(await event).toBe("text");
    },
  );

  test("may change between messages", async () => {
    const { socket, client } = await openPair(target);
    const types = ["arraybuffer", "nodebuffer", "fragments"] as const;
    const got: string[] = [];
    for (const type of types) {
      client.binaryType = type;
      const received = next<[object]>(client, "message");
      socket.send(bytes);
      got.push((await received)[0].constructor.name);
    }
    expect(got).toEqual(["ArrayBuffer", "Buffer", "Array"]);
  });

  test("what was delivered does not change when more arrives", async () => {
    const { socket, client } = await openPair(target);
    const kept: Buffer[] = [];
    const done = next(client, "close");
    client.on("message", (data: Buffer) => kept.push(data));
    for (let index = 0; index < 50; index++) socket.send(Buffer.alloc(1 + index * 97, index));
    socket.close();
    await done;
    kept.forEach((data, index) => {
      expect(data.equals(Buffer.alloc(1 + index * 97, index))).toBe(true);
    });
  });
});
