import { createHash } from "node:crypto";
import { faults } from "@openline/protocol/errors";
import { WebSocket } from "@openline/websocket";
import { inTime } from "../engine/deadline.ts";
import type { Random } from "../engine/random.ts";
import { bytesOf, concat, hex, type Target, textOf } from "../engine/target.ts";
import { check, same } from "../engine/violation.ts";
import { lineOf } from "./connection-run.ts";
import { cutsOf } from "./cuts.ts";
import { frameStream, frameWords } from "./frame-grammar.ts";
import { MemorySocket } from "./memory-socket.ts";

/** Stands for the answer to the client's own key, which is random. */
const ACCEPT = "{accept}";
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const head = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Accept: ${ACCEPT}`,
];
const words = [
  ...["\r\n", "\r\n\r\n", "\n", ": ", ACCEPT, "HTTP/1.1 ", "HTTP/1.0 200 OK", "301", "101", "100"],
  ...["\r\nContent-Length: 5", "\r\nTransfer-Encoding: chunked", "\r\nLocation: ws://127.0.0.1/"],
  ...["\r\nSec-WebSocket-Protocol: a", "\r\nSec-WebSocket-Extensions: permessage-deflate"],
].map(bytesOf);

const good = (...fields: string[]): Uint8Array =>
  bytesOf(`${[...head, ...fields].join("\r\n")}\r\n\r\n`);

/** Everything that a server sends to our client, from the first byte of its answer. */
export const clientStream: Target = {
  name: "client-stream",
  about:
    "our client, in memory, and a server that answers anything: the client always closes, with at most one error and that a documented one; it never opens without the right `Sec-WebSocket-Accept`; the same events wherever the bytes are cut",
  sources: /websocket\/src\/(client\/opening|link|websocket)\.ts/,
  maxBytes: 3000,
  shortExecutions: 2000,
  dictionary: [...words, ...frameWords],
  examples: [
    concat(good(), hex("81 05 48656c6c6f 88 02 03e8")),
    concat(good("Sec-WebSocket-Extensions: permessage-deflate"), hex("c1 07 f248cdc9c90700")),
    bytesOf("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"),
    bytesOf("HTTP/1.1 100 Continue\r\n\r\n"),
    bytesOf("GET / HTTP/1.1\r\n\r\n"),
  ],
  generate: (random: Random) =>
    random.chance(0.9)
      ? concat(
          good(...(random.chance(0.5) ? ["Sec-WebSocket-Extensions: permessage-deflate"] : [])),
          frameStream(random, { isMasked: false, hasDeflate: random.chance(0.5) }),
        )
      : concat(...Array.from({ length: 5 }, () => random.pick(words))),
  async run(input) {
    const whole = await converse([input], textOf(input));
    const cut = await converse(cutsOf(input), textOf(input));
    same("a cut changes what is told", whole.join("\n"), cut.join("\n"));
    const kinds = whole.map((line) => (/^(close|error)/.test(line) ? line : line.slice(0, 4)));
    return [...new Set(kinds)].sort().join();
  },
};

/** What Node's own HTTP parser and this client say of an answer that is none. */
const isHandshakeError =
  /^(HPE_|Parse Error|WS_ERR_HANDSHAKE|ECONNRESET|Invalid |Server |Unexpected server response|socket hang up)/;

async function converse(chunks: readonly Uint8Array[], all: string): Promise<string[]> {
  const socket = new MemorySocket();
  const told: string[] = [];
  let errors = 0;
  const client = new WebSocket("ws://example.com/", {
    createConnection: () => socket,
    maxPayload: 1 << 16,
  });
  const closed = new Promise<void>((resolve) => {
    client.on("open", () => {
      check(all.includes(ACCEPT), "opens without the right Sec-WebSocket-Accept");
      told.push("open");
    });
    client.on("message", (data, isBinary) => {
      const bytes = data as Buffer; // `binaryType` is as it comes
      told.push(lineOf(isBinary ? "binary" : "text", bytes, 0, bytes.length));
    });
    client.on("error", (error: Error & { code?: string }) => {
      errors += 1;
      const code = error.code ?? error.message;
      const isFault = Object.hasOwn(faults, code.replace("WS_ERR_", ""));
      check(isFault || isHandshakeError.test(code), "an error that is not documented", () => code);
      // Node's parser names other places in other cuts.
      told.push(isFault ? `error ${code}` : "error of the handshake");
    });
    client.on("close", (code) => {
      told.push(`close ${code}`);
      resolve();
    });
  });
  await new Promise<void>((resolve) => {
    if (socket.written.length > 0) resolve();
    else socket.once("request", resolve);
  });
  const accept = acceptOf(Buffer.concat(socket.written).toString("latin1"));
  for (const chunk of withAccept(chunks, accept)) socket.receive(chunk);
  socket.receiveEnd();
  await inTime(closed, "a client does not close when its stream has ended");
  check(errors <= 1, "more than one error is told", () => told.join());
  return told;
}

function acceptOf(request: string): string {
  const key = /sec-websocket-key: (.*)\r\n/i.exec(request)?.[1] ?? "";
  return createHash("sha1")
    .update(key + GUID)
    .digest("base64");
}

/** Puts the accepting key where its stand-in is, and keeps the chunks' borders as they are elsewhere. */
function withAccept(chunks: readonly Uint8Array[], accept: string): Uint8Array[] {
  const all = concat(...chunks);
  const at = Buffer.from(all).indexOf(ACCEPT);
  if (at < 0) return [...chunks];
  const replaced = concat(all.subarray(0, at), bytesOf(accept), all.subarray(at + ACCEPT.length));
  const grown = accept.length - ACCEPT.length;
  const borders: number[] = [];
  let end = 0;
  for (const chunk of chunks) {
    end += chunk.length;
    borders.push(end <= at ? end : Math.max(at, end + grown));
  }
  return borders.map((border, index) =>
    replaced.subarray(index === 0 ? 0 : borders[index - 1]!, border),
  );
}
