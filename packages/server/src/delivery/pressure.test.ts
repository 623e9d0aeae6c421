import { once } from "node:events";
import { connect, type Socket as TcpSocket } from "node:net";
import { expect, test } from "vitest";
import type { RoomRule } from "../rooms/rules.ts";
import { connected, first, type Running, start } from "../server.fixture.ts";
import type { Socket } from "../socket.ts";

/** A client that stops reading whenever it is told to. */
interface SlowReader {
  readonly tcp: TcpSocket;
  readonly socket: Socket;
  /** The texts that it has received. */
  readonly texts: string[];
}

/** Connects by hand over WebSocket, joins the room, and reads no more. */
async function slowReader({ io, url }: Running): Promise<SlowReader> {
  const { port } = new URL(url);
  const tcp = connect({ port: Number(port), host: "127.0.0.1" });
  const connection = first(io, "connection");
  tcp.write(
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n" +
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await once(tcp, "data");
  tcp.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30])); // "40", masked by zeros
  const [socket] = (await connection) as [Socket];
  const texts: string[] = [];
  let pending: Buffer = Buffer.alloc(0);
  tcp.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    pending = readFrames(pending, texts);
  });
  tcp.pause();
  return { tcp, socket, texts };
}

/** Takes whole text frames; gives back what is left. */
function readFrames(bytes: Buffer, texts: string[]): Buffer {
  let rest = bytes;
  for (;;) {
    const short = (rest[1] ?? 0) & 0x7f;
    const start = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (rest.length < start) return rest;
    const length =
      short === 127
        ? Number(rest.readBigUInt64BE(2))
        : short === 126
          ? rest.readUInt16BE(2)
          : short;
    if (rest.length < start + length) return rest;
    texts.push(rest.toString("utf8", start, start + length));
    rest = rest.subarray(start + length);
  }
}

async function room(rule: RoomRule<never>): Promise<Running> {
  // The connection's own bound is far away: the room's rule counts.
  const running = await start({ backpressure: { maxBytes: 1e9 } });
  running.io.rooms("room", rule as RoomRule<Socket>);
  running.io.on("connection", (socket) => void socket.join("room"));
  return running;
}

const block = "x".repeat(65_536);

/** Fills what the kernel and the outbox take, until the rule must decide. */
function flood({ io }: Running, count: number): void {
  for (let index = 0; index < count; index += 1) io.to("room").emit("block", index, block);
}

test("who is too far behind in a durable room is disconnected, and nobody else notices", async () => {
  const running = await room({ delivery: "durable", maxQueuedBytes: 1_048_576 });
  const good = await connected(running, { transports: ["websocket"] });
  const { tcp, socket } = await slowReader(running);
  const lost = first(socket, "disconnect");
  const got: number[] = [];
  const sent: number[] = [];
  while (!socket.disconnected) {
    const received = first(good, "block");
    running.io.to("room").emit("block", sent.length, block);
    sent.push(sent.length);
    got.push((await received)[0] as number);
    expect(socket.pressure.queuedBytes).toBeLessThan(4 * 1_048_576);
  }
  await lost;
  expect(got).toEqual(sent);
  tcp.destroy();
});

test("a room that drops tells of the gap once it can", async () => {
  const running = await room({ delivery: "ephemeral", backpressure: "drop" });
  const { tcp, socket, texts } = await slowReader(running);
  flood(running, 400);
  await expect.poll(() => socket.pressure.droppedMessages).toBeGreaterThan(0);
  expect(socket.pressure.queuedBytes).toBeLessThan(4 * 1_048_576);
  tcp.resume();
  const gap = '42["openline:gap",{"reason":"backpressure","rooms":["room"]}]';
  await expect.poll(() => texts.includes(gap), { timeout: 20_000 }).toBe(true);
  running.io.to("room").emit("end");
  await expect.poll(() => texts.at(-1)?.startsWith('42["end"')).toBe(true);
  tcp.destroy();
});

test("the gap comes before whatever is sent behind it", async () => {
  const running = await room({ delivery: "ephemeral", backpressure: "drop" });
  const { tcp, socket, texts } = await slowReader(running);
  flood(running, 400);
  await expect.poll(() => socket.pressure.droppedMessages).toBeGreaterThan(0);
  // No rule says that it may be left out. Its cursor is behind all that was.
  running.io.emit("other");
  tcp.resume();
  await expect
    .poll(() => texts.some((text) => text.startsWith('42["other"')), { timeout: 20_000 })
    .toBe(true);
  const other = texts.findIndex((text) => text.startsWith('42["other"'));
  expect(texts[other - 1]).toContain("openline:gap");
  tcp.destroy();
});

test("a latest room skips to the newest value, and grows no memory", async () => {
  const running = await room({ delivery: "latest", maxQueuedBytes: 262_144 });
  const { tcp, socket, texts } = await slowReader(running);
  flood(running, 2_000);
  expect(socket.pressure.queuedBytes).toBeLessThan(4 * 1_048_576);
  tcp.resume();
  await expect
    .poll(() => texts.at(-1)?.startsWith('42["block",1999,'), { timeout: 20_000 })
    .toBe(true);
  const blocks = texts.filter((text) => text.startsWith('42["block"'));
  expect(blocks.length).toBeLessThan(200);
  expect(texts.some((text) => text.includes("openline:gap"))).toBe(false);
  const numbers = blocks.map((text) => Number(/,(\d+),/.exec(text)?.[1]));
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  tcp.destroy();
});
