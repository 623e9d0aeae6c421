/** The messages that a scenario sends, made here so that the generator need not know what they mean. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export interface PayloadShape {
  readonly kind: "text" | "json" | "binary";
  readonly bytes: number;
  /** How many different messages take turns. */
  readonly count: number;
  /** The Socket.IO event that carries it; a message of its own if absent. */
  readonly event?: string;
}

const handshakeGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const keyCount = 256;

/** A repeatable source of numbers: the same messages in every run. Returns 0 to 2³² − 1. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state ^ (state >>> 15)) >>> 0;
  };
}

function textOf(index: number, bytes: number): Buffer {
  const words = `message ${index} with words of plain text, `;
  return Buffer.from(words.repeat(Math.ceil(bytes / words.length)).slice(0, bytes));
}

/** A list of trades, as a market feed sends it: regular enough to compress to a third. */
function jsonOf(index: number, bytes: number): Buffer {
  const next = numbers(index + 1);
  const trades: string[] = [];
  let length = 2;
  for (let id = index * 1000; ; id++) {
    const price = (20 + (next() % 400) / 100).toFixed(2);
    const trade = JSON.stringify({ id, symbol: "OPEN", side: "buy", price, size: next() % 500 });
    if (length + trade.length + 1 > bytes) break;
    trades.push(trade);
    length += trade.length + 1;
  }
  return Buffer.from(`[${trades.join(",")}]`.padEnd(bytes));
}

function binaryOf(index: number, bytes: number): Buffer {
  const next = numbers(index + 7);
  const words = new Uint32Array(Math.ceil(bytes / 4));
  for (let at = 0; at < words.length; at++) words[at] = next();
  return Buffer.from(words.buffer, 0, bytes);
}

const makers = { text: textOf, json: jsonOf, binary: binaryOf };

/** As Socket.IO's client writes an EVENT to the main namespace; the texts need no escapes in JSON. */
function packetOf(event: string, text: Buffer): Buffer {
  return Buffer.from(`42["${event}","${text}"]`);
}

/** The messages as a client sends them. */
export function makePayloads({ kind, bytes, count, event }: PayloadShape): Buffer[] {
  const payloads = Array.from({ length: count }, (_, index) => makers[kind](index, bytes));
  return event === undefined ? payloads : payloads.map((text) => packetOf(event, text));
}

/** The length that each message has when it is sent. */
export function wireBytesOf(shape: PayloadShape): number {
  return makePayloads({ ...shape, count: 1 })[0]!.length;
}

/** Writes the payloads one after another, as the generator reads them, and returns the path. */
export function writePayloads(folder: string, shape: PayloadShape): string {
  const path = join(folder, `payload-${shape.event ?? shape.kind}-${shape.bytes}-${shape.count}`);
  writeFileSync(path, Buffer.concat(makePayloads(shape)));
  return path;
}

/** Writes lines of a Sec-WebSocket-Key and the answer it has to get (RFC 6455 §4.2.2). */
export function writeKeys(folder: string): string {
  const path = join(folder, "keys.txt");
  const next = numbers(42);
  let lines = "";
  for (let index = 0; index < keyCount; index++) {
    const nonce = Buffer.alloc(16);
    for (let at = 0; at < 16; at += 4) nonce.writeUInt32LE(next(), at);
    const key = nonce.toString("base64");
    lines += `${key} ${createHash("sha1")
      .update(key + handshakeGuid)
      .digest("base64")}\n`;
  }
  writeFileSync(path, lines);
  return path;
}
