import { isUtf8 as nodeIsUtf8 } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isUtf8, Utf8Validator } from "./utf8.ts";

const interesting = fc.array(
  fc.oneof(
    fc.constantFrom(0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2),
    fc.constantFrom(0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff),
  ),
  { maxLength: 8 },
);

describe("Utf8Validator", () => {
  it("agrees with Node on every sequence of two bytes", () => {
    for (let first = 0; first < 256; first += 1) {
      for (let second = 0; second < 256; second += 1) {
        const bytes = Uint8Array.of(first, second);
        if (isUtf8(bytes, 0, 2) !== nodeIsUtf8(bytes)) throw new Error(`${first} ${second}`);
      }
    }
    expect(isUtf8(Uint8Array.of(0xc2, 0xa2), 0, 2)).toBe(true);
  });

  it("agrees with Node on boundary bytes in any order, however they are cut", () => {
    fc.assert(
      fc.property(interesting, fc.nat(8), (list, cut) => {
        const bytes = Uint8Array.from(list);
        const at = Math.min(cut, bytes.length);
        const validator = new Utf8Validator();
        const isValid =
          validator.push(bytes, 0, at) &&
          validator.push(bytes, at, bytes.length) &&
          validator.isComplete;
        expect(isValid).toBe(nodeIsUtf8(bytes));
      }),
      { numRuns: 5_000 },
    );
  });

  it("takes every text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        const bytes = Buffer.from(value);
        expect(isUtf8(bytes, 0, bytes.length)).toBe(true);
      }),
    );
  });

  it.each([
    ["an overlong form at its first byte", [0xc0], 0],
    ["a surrogate at its second byte", [0xed, 0xa0], 1],
    ["a code point above U+10FFFF at its second byte", [0xf4, 0x90], 1],
    ["a stray continuation", [0x61, 0x80], 1],
  ])("fails on %s", (_title, list, wrongAt) => {
    const bytes = Uint8Array.from(list);
    const validator = new Utf8Validator();
    expect(validator.push(bytes, 0, wrongAt)).toBe(true);
    expect(validator.push(bytes, wrongAt, wrongAt + 1)).toBe(false);
  });
});
