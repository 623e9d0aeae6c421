import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readFrame } from "./frame-reader.ts";
import { closeCodeMeaning, describePayload, inflate, readClose, textOf } from "./payload.ts";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function describeFrame(hex: string, isText = false): string {
  const frame = readFrame(bytes(hex));
  if (frame === null) throw new Error(`${hex} is no frame`);
  return describePayload(frame, isText);
}

describe("a preview", () => {
  test.each([
    ["810548656c6c6f", "Hello"],
    ["818537fa213d7f9f4d5158", "Hello"],
    ["8203cafe00", "ca fe 00"],
    ["89026869", "hi"],
    ["880503e8627965", "1000 bye"],
    ["880203e8", "1000"],
    ["8800", "no code"],
    ["c103f248cd", "compressed, 3 bytes"],
    ["0003656667", "65 66 67"],
  ])("of %s is %s", (hex, text) => expect(describeFrame(hex)).toBe(text));

  test("of a fragment of a text is text", () => {
    expect(describeFrame("0003656667", true)).toBe("efg");
  });
});

describe("a close frame", () => {
  test("has a code and a reason, or none", () => {
    expect(readClose(bytes("0fa0627965"))).toEqual({ code: 4000, reason: "bye" });
    expect(readClose(bytes("0f"))).toBe(null);
  });

  test.each([
    [1000, "all is said"],
    [2500, "unassigned"],
    [3000, "a registered library's"],
    [4999, "the application's own"],
  ])("with %d says: %s", (code, meaning) => expect(closeCodeMeaning(code)).toBe(meaning));
});

test("text does not show half a character at a cut", () => {
  expect(textOf(bytes("c3a4c3"))).toBe("ä");
});

describe("inflating", () => {
  /** The example of RFC 7692 §7.2.3.1. */
  test("reads the RFC's message", async () => {
    expect(await inflate(bytes("f248cdc9c90700"))).toEqual(new TextEncoder().encode("Hello"));
  });

  test("reads a long message", async () => {
    const sent = deflateRawSync("x".repeat(70_000), { finishFlush: 2 /* Z_SYNC_FLUSH */ });
    expect((await inflate(sent.subarray(0, -4)))?.length).toBe(70_000);
  });

  test("gives null for what is none", async () => {
    expect(await inflate(bytes("ffffff"))).toBe(null);
  });
});
