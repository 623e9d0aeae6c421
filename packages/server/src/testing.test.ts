import { afterEach, describe, expect, it } from "vitest";
import { type Pair, type PairOptions, pair } from "./testing.ts";

const open: Pair[] = [];

async function opened(options?: PairOptions): Promise<Pair> {
  const made = await pair(options);
  open.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(({ close }) => close()));
});

describe("a pair", () => {
  it("carries events and answers both ways", async () => {
    const { socket, client } = await opened();
    socket.on("add", (a: number, b: number, answer: (sum: number) => void) => answer(a + b));
    client.on("double", (n: number, answer: (product: number) => void) => answer(2 * n));
    expect(await client.emitWithAck("add", 1, 2)).toBe(3);
    expect(await socket.emitWithAck("double", 4)).toBe(8);
  });

  it("carries bytes", async () => {
    const { socket, client } = await opened();
    const got = client.received("file");
    socket.emit("file", "a.bin", Buffer.from([1, 2, 3]), { part: new Uint8Array([4]) });
    expect(await got).toEqual(["a.bin", Buffer.from([1, 2, 3]), { part: Buffer.from([4]) }]);
  });

  it("tells what the client brought", async () => {
    const { socket } = await opened({
      namespace: "/chat",
      auth: { token: "t" },
      headers: { cookie: "a=b" },
      query: { room: "7" },
    });
    expect(socket.nsp.name).toBe("/chat");
    expect(socket.handshake).toMatchObject({
      auth: { token: "t" },
      headers: { cookie: "a=b" },
      query: { room: "7" },
      address: "127.0.0.1",
    });
  });

  it("broadcasts to several clients", async () => {
    const { io, client, connect } = await opened();
    const other = await connect();
    const got = Promise.all([client.received("news"), other.received("news")]);
    io.emit("news", 1);
    expect(await got).toEqual([[1], [1]]);
  });

  it("loses its connection and comes back", async () => {
    const { io, socket, client } = await opened();
    const reason = new Promise((resolve) => socket.on("disconnect", resolve));
    client.drop();
    expect(await reason).toBe("transport close");
    await client.connect();
    expect(io.sockets.sockets.has(client.id ?? "")).toBe(true);
  });

  it("leaves", async () => {
    const { socket, client } = await opened();
    const reason = new Promise((resolve) => socket.on("disconnect", resolve));
    client.disconnect();
    expect(await reason).toBe("client namespace disconnect");
  });

  it("is disconnected by the server", async () => {
    const { socket, client } = await opened();
    const reason = client.received("disconnect");
    socket.disconnect();
    expect(await reason).toEqual(["io server disconnect"]);
  });

  it("says what it was refused for", async () => {
    const first = await opened();
    first.io.use((_, next) =>
      next(Object.assign(new Error("not you"), { data: { code: "NOT_YOU" } })),
    );
    await expect(first.connect()).rejects.toMatchObject({
      message: "not you",
      data: { code: "NOT_YOU" },
    });
    await expect(first.connect({ namespace: "/nowhere" })).rejects.toThrow("Invalid namespace");
  });
});
