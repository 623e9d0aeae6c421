import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha1 } from "./sha1.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const reference = (bytes: Uint8Array): string => createHash("sha1").update(bytes).digest("hex");

describe("sha1", () => {
  it("digests the examples of FIPS 180", () => {
    expect(hex(sha1(Buffer.from("abc")))).toBe("a9993e364706816aba3e25717850c26c9cd0d89d");
    expect(hex(sha1(Buffer.from("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")))).toBe(
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
    );
    expect(hex(sha1(new Uint8Array(0)))).toBe("da39a3ee5e6b4b0d3255bfef95601890afd80709");
  });

  it("digests every length around its block borders as OpenSSL does", () => {
    for (let length = 0; length <= 260; length += 1) {
      const bytes = new Uint8Array(length).map((_, at) => (at * 31 + length) & 0xff);
      expect(hex(sha1(bytes)), `${length} bytes`).toBe(reference(bytes));
    }
  });

  it("digests any bytes as OpenSSL does, and leaves them alone", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), (bytes) => {
        const before = hex(bytes);
        expect(hex(sha1(bytes))).toBe(reference(bytes));
        expect(hex(bytes)).toBe(before);
      }),
    );
  });
});
