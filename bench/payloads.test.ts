import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Encoder } from "socket.io-parser";
import { afterAll, expect, test } from "vitest";
import {
  makePayloads,
  type PayloadShape,
  wireBytesOf,
  writeKeys,
  writePayloads,
} from "./payloads.ts";
import { scenarios } from "./scenarios.ts";

const folder = mkdtempSync(join(tmpdir(), "bench-payloads-"));
afterAll(() => rmSync(folder, { recursive: true }));

const shapes = scenarios.flatMap((scenario): PayloadShape[] =>
  scenario.kind === "load" && scenario.payload ? [scenario.payload] : [],
);

test.each(shapes)("$kind payloads of $bytes bytes have one size and differ", (shape) => {
  const payloads = makePayloads(shape);
  expect(payloads.every((payload) => payload.length === wireBytesOf(shape))).toBe(true);
  expect(new Set(payloads.map((payload) => payload.toString("latin1"))).size).toBe(shape.count);
});

test("a payload without an event has the size that was asked for", () => {
  expect(wireBytesOf({ kind: "json", bytes: 1000, count: 4 })).toBe(1000);
});

test("an event is written as Socket.IO's own parser writes it", () => {
  const [payload] = makePayloads({ kind: "text", bytes: 32, count: 1, event: "msg" });
  const data = ["msg", "message 0 with words of plain te"];
  expect(String(payload)).toBe(`4${new Encoder().encode({ type: 2, nsp: "/", data })[0]}`);
});

test("json payloads parse", () => {
  for (const payload of makePayloads({ kind: "json", bytes: 1024, count: 4 })) {
    expect(Array.isArray(JSON.parse(payload.toString()))).toBe(true);
  }
});

test("payloads are the same in every run", () => {
  const shape: PayloadShape = { kind: "binary", bytes: 999, count: 2 };
  const path = writePayloads(folder, shape);
  expect(readFileSync(path).equals(Buffer.concat(makePayloads(shape)))).toBe(true);
});

test("each key comes with the answer that RFC 6455 §4.2.2 demands", () => {
  const lines = readFileSync(writeKeys(folder), "utf8").trimEnd().split("\n");
  for (const line of lines) {
    const [key = "", accept] = line.split(" ");
    expect(Buffer.from(key, "base64").length).toBe(16);
    const hash = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
    expect(accept).toBe(hash.digest("base64"));
  }
  expect(new Set(lines).size).toBe(lines.length);
});
