import { describe, expect, test } from "vitest";
import { each, next, pair, record, settled, several, transports, ways } from "./fixture.ts";

const bytes = Buffer.from([0, 1, 2, 253, 254, 255]);

/** The same data, with bytes of every kind as buffers. */
function plain(data: unknown): unknown {
  if (data instanceof ArrayBuffer) return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (Array.isArray(data)) return data.map(plain);
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, plain(value)]));
}

/** Arguments of events, and what comes of them. */
const arguments_: [what: string, args: unknown[]][] = [
  ["none", []],
  ["text of all planes", ["", "ascii", "äöü €", "𝒳🎈\u0000\u2028", "\u001e"]],
  ["numbers", [0, -1, 1.5, -(2 ** 40), Number.MAX_SAFE_INTEGER]],
  ["booleans and null", [true, false, null]],
  ["lists and objects", [[1, [2, [3]]], { a: { b: { c: [] } } }, {}]],
  ["bytes", [bytes]],
  ["no bytes", [Buffer.alloc(0)]],
  ["bytes deep within", [{ file: { data: bytes, parts: [bytes, "x", bytes] } }]],
  ["bytes between other things", [1, bytes, "two", bytes, { three: bytes }, null]],
  ["as many bytes as a frame's longest header asks for", [Buffer.alloc(70_000, "x"), "y"]],
  ["a long text", ["x".repeat(70_000)]],
];

describe.each(each(ways))("events of $name by $way", (setup) => {
  test.each(arguments_)("carry %s, both ways", async (_what, args) => {
    const { socket, client } = await pair(setup);
    const [there, back] = [next(socket, "there"), next(client, "back")];
    client.emit("there", ...args);
    socket.emit("back", ...args);
    expect(plain(await there)).toEqual(args);
    expect(plain(await back)).toEqual(args);
  });

  test("send and write send the event `message`", async () => {
    const { io, socket, client } = await pair(setup);
    const atServer = several(socket, "message", 1);
    client.send("up", 1);
    expect(await atServer).toEqual([["up", 1]]);
    const atClient = several(client, "message", 6);
    expect(socket.send("a", 1)).toBe(socket);
    expect(socket.write("b")).toBe(socket);
    expect(io.send("c", 2)).toBe(io);
    expect(io.write("d")).toBe(io);
    expect(io.sockets.send("e")).toBe(io.sockets);
    expect(io.of("/").write("f")).toBe(io.of("/"));
    expect(await atClient).toEqual([["a", 1], ["b"], ["c", 2], ["d"], ["e"], ["f"]]);
  });

  test("text and bytes keep the order that they were sent in", async () => {
    const { socket, client } = await pair(setup);
    const [there, back] = [several(socket, "n", 120), several(client, "n", 120)];
    for (let n = 0; n < 120; n += 1) {
      const data = n % 3 === 0 ? Buffer.from([n]) : n;
      client.emit("n", n, data);
      socket.emit("n", n, data);
    }
    const numbers = Array.from({ length: 120 }, (_, n) => n);
    expect((await there).map(([n]) => n)).toEqual(numbers);
    expect((await back).map(([n]) => n)).toEqual(numbers);
  });

  test("listeners are called in order, and `once` but once, and `off` no more", async () => {
    const { socket, client } = await pair(setup);
    const calls: string[] = [];
    const off = (): void => void calls.push("off");
    socket.on("e", () => calls.push("first"));
    socket.once("e", () => calls.push("once"));
    socket.prependListener("e", () => calls.push("before"));
    socket.on("e", off);
    socket.off("e", off);
    client.emit("e");
    client.emit("e");
    const end = next(socket, "done");
    client.emit("done");
    await end;
    expect(calls).toEqual(["before", "first", "once", "before", "first"]);
    socket.removeAllListeners("e");
    expect(socket.listenerCount("e")).toBe(0);
  });

  test("names that are properties of objects are names like others", async () => {
    const { socket, client } = await pair(setup);
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", ""]) {
      const [there, back] = [next(socket, name), next(client, name)];
      client.emit(name, name);
      socket.emit(name, name);
      expect(await there).toEqual([name]);
      expect(await back).toEqual([name]);
    }
  });

  test.each(["connect", "connect_error", "disconnect", "disconnecting", "newListener"])(
    "refuses to send the reserved name %s",
    async (name) => {
      const { io, socket } = await pair(setup);
      const error = `"${name}" is a reserved event name`;
      expect(() => socket.emit(name)).toThrow(error);
      expect(() => socket.broadcast.emit(name)).toThrow(error);
      expect(() => io.emit(name)).toThrow(error);
      expect(() => io.to("room").emit(name)).toThrow(error);
    },
  );

  test("what nobody listens to is nobody's business", async () => {
    const { socket, client } = await pair(setup);
    const log = record(client);
    client.emit("nobody", 1, bytes, () => {});
    client.emit("error", "of the client's own"); // CVE-2024-38355
    const there = next(socket, "there");
    client.emit("there");
    await there;
    await settled(socket, client);
    expect(socket.connected).toBe(true);
    expect(log).toEqual([]);
  });

  test("an event that is called error comes to those who listen", async () => {
    const { socket, client } = await pair(setup);
    const there = next(socket, "error");
    client.emit("error", "oops");
    expect(await there).toEqual(["oops"]);
  });
});

// The msgpack parser gives ArrayBuffers, and of a part of an array the whole.
describe.each(each(transports))("bytes of $name by $way", (setup) => {
  test("bytes arrive as buffers at the server", async () => {
    const { socket, client } = await pair(setup);
    const got = next(socket, "bytes");
    client.emit("bytes", { here: new Uint8Array(bytes) }, bytes);
    const [object, last] = (await got) as [{ here: unknown }, unknown];
    expect(object.here).toBeInstanceOf(Buffer);
    expect(last).toBeInstanceOf(Buffer);
  });

  test("typed arrays and their parts keep their bytes", async () => {
    const { socket, client } = await pair(setup);
    const part = new Uint8Array(bytes.buffer, bytes.byteOffset + 1, 3);
    const [there, back] = [next(socket, "there"), next(client, "back")];
    client.emit("there", part);
    socket.emit("back", part);
    expect(plain(await there)).toEqual([Buffer.from(part)]);
    expect(plain(await back)).toEqual([Buffer.from(part)]);
  });
});
