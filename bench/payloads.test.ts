import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makePayloads, type PayloadShape, writeKeys, writePayloads } from "./payloads.ts";
import { scenarios } from "./scenarios.ts";

const folder = mkdtempSync(join(tmpdir(), "bench-payloads-"));
afterAll(() => rmSync(folder, { recursive: true }));

const shapes = scenarios.flatMap((scenario): PayloadShape[] =>
  scenario.kind === "load" && scenario.payload ? [scenario.payload] : [],
);

test.each(shapes)("$kind payloads of $bytes bytes have that size and differ", (shape) => {
  const payloads = makePayloads(shape);
  expect(payloads.every((payload) => payload.length === shape.bytes)).toBe(true);
  expect(new Set(payloads.map((payload) => payload.toString("latin1"))).size).toBe(shape.count);
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
