import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { WebSocketServer } from "@openline/websocket";
import { inTime } from "../engine/deadline.ts";
import type { Random } from "../engine/random.ts";
import { bytesOf, concat, type Target, textOf } from "../engine/target.ts";
import { check } from "../engine/violation.ts";
import { cutsOf } from "./cuts.ts";
import { frameStream, frameWords } from "./frame-grammar.ts";
import { readServerFrames } from "./session.ts";

const head = (extensions: string): Uint8Array =>
  bytesOf(
    "GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${extensions}\r\n`,
  );
const DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

/** More chunks than this would only take longer: each waits until it is written. */
const maxChunks = 12;

let running: WebSocketServer | null = null;

/** All that a client sends over TCP, from the first byte of its request. */
export const serverSocket: Target = {
  name: "server-socket",
  about:
    "a whole server that echoes, over TCP on loopback: whatever comes, it answers with one well-formed HTTP answer or with 101 and legal frames, ends the connection, and still serves the next client",
  sources: /websocket\/src\/(upgrade|server|link|outbox\/outbox|io\/[a-z]+)\.ts/,
  maxBytes: 3000,
  shortExecutions: 800,
  dictionary: [
    ...frameWords,
    ...[
      "\r\n",
      "\r\n\r\n",
      DEFLATE,
      "Origin: http://evil.example\r\n",
      "Content-Length: 3\r\n",
    ].map(bytesOf),
    ...["Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n", "Connection: close\r\n"].map(
      bytesOf,
    ),
  ],
  examples: [
    concat(head(""), Uint8Array.of(0x81, 0x81, 0, 0, 0, 0, 0x61, 0x88, 0x80, 0, 0, 0, 0)),
    head(DEFLATE),
    bytesOf("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
  ],
  generate: (random: Random) => {
    const hasDeflate = random.chance(0.5);
    return concat(
      head(hasDeflate ? DEFLATE : ""),
      frameStream(random, { isMasked: true, hasDeflate }),
    );
  },
  async run(input) {
    running ??= await started();
    const { port } = running.address() as AddressInfo; // it listens on TCP
    const answer = await exchange(port, input);
    const outcome = outcomeOf(answer);
    const probe = concat(
      head(""),
      Uint8Array.of(0x81, 0x81, 0, 0, 0, 0, 0x61, 0x88, 0x80, 0, 0, 0, 0),
    );
    const served = textOf(await exchange(port, probe));
    check(served.includes("\x81\x01a"), "the server does not serve the next client");
    return outcome;
  },
  async close() {
    await running?.shutdown({ graceMs: 0 });
    running = null;
  },
};

async function started(): Promise<WebSocketServer> {
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    perMessageDeflate: true,
    maxPayload: 1 << 16,
  });
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await once(server, "listening");
  return server;
}

/** Sends the input in chunks, ends its side, and gives all that comes until the server ends. */
async function exchange(port: number, input: Uint8Array): Promise<Uint8Array> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part));
  // A server may end before it has read everything: then the kernel resets.
  socket.on("error", () => {});
  const closed = once(socket, "close");
  for (const chunk of cutsOf(input).slice(0, maxChunks)) await write(socket, chunk);
  socket.end();
  await inTime(closed, "a server does not end a connection");
  return Uint8Array.from(Buffer.concat(parts));
}

function write(socket: Socket, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    socket.write(chunk, () => resolve());
  });
}

function outcomeOf(answer: Uint8Array): string {
  if (answer.length === 0) return "nothing";
  const text = textOf(answer);
  const status = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n([\w-]+: [^\r\n]*\r\n)*\r\n/.exec(text);
  check(status !== null, "the answer is not HTTP", () => text);
  if (status?.[1] !== "101") return `refused ${status?.[1]}`;
  return `closed ${readServerFrames(answer.subarray(status[0].length))}`;
}
