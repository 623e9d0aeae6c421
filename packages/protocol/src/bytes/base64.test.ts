import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodedBase64Length, encodeBase64 } from "./base64.ts";

describe("encodeBase64", () => {
  it.each([
    ["", ""],
    ["f", "Zg=="],
    ["fo", "Zm8="],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg=="],
    ["fooba", "Zm9vYmE="],
    ["foobar", "Zm9vYmFy"],
  ])("writes the example of RFC 4648 for %j", (text, base64) => {
    expect(encodeBase64(Buffer.from(text))).toBe(base64);
  });

  it("agrees with Node, and its length can be read back", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = encodeBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64"));
        expect(decodedBase64Length(text)).toBe(bytes.length);
      }),
    );
  });
});

describe("decodedBase64Length", () => {
  it.each([
    "a",
    "ab",
    "abc",
    "====",
    "a===",
    "ab=c",
    "=abc",
    "abc-",
    "ab c",
    "abcé",
    "abc\u0141",
    "ab\n=",
    "abc===",
  ])("refuses %j", (text) => {
    expect(decodedBase64Length(text)).toBe(-1);
  });

  it("accepts bits that the padding leaves unused", () => {
    expect(decodedBase64Length("Zh==")).toBe(1);
  });
});
