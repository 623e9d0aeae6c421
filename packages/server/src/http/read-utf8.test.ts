import { describe, expect, it } from "vitest";
import { readUtf8, readUtf8Publicly } from "./read-utf8.ts";

describe.each([
  ["chosen", readUtf8],
  ["public", readUtf8Publicly],
])("text of bytes, the %s way", (_, read) => {
  const text = "aé🎉z";
  const bytes = new TextEncoder().encode(`<${text}>`);

  it("is what was written, of a Buffer and of an array", () => {
    expect(read(bytes, 1, bytes.length - 1)).toBe(text);
    expect(read(Buffer.from(bytes), 1, bytes.length - 1)).toBe(text);
    const within = new Uint8Array(bytes.buffer, 1, bytes.length - 2);
    expect(read(within, 0, within.length)).toBe(text);
  });

  it("of nothing is empty, and what is no UTF-8 is marked", () => {
    expect(read(bytes, 2, 2)).toBe("");
    expect(read(Uint8Array.of(0x61, 0xff), 0, 2)).toBe("a\ufffd");
  });
});
