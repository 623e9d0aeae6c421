import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyMask, isAscii } from "./mask.ts";

/** RFC 6455 §5.3 as it is written. */
function reference(payload: Uint8Array, key: Uint8Array): Uint8Array {
  return payload.map((octet, i) => octet ^ (key[i % 4] ?? 0));
}

describe("applyMask", () => {
  it("is the transformation of RFC 6455 §5.3, at any place, size and phase", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.nat(9),
        fc.nat(300),
        (payload, keyBytes, offset, cutAt) => {
          const key = Buffer.from(keyBytes).readInt32BE();
          const memory = new Uint8Array(offset + payload.length + 5).fill(0xaa);
          memory.set(payload, offset);
          const cut = Math.min(cutAt, payload.length);
          const first = applyMask(memory, offset, offset + cut, key, 0);
          const second = applyMask(memory, offset + cut, offset + payload.length, key, cut);
          const masked = reference(payload, keyBytes);
          expect(memory.slice(offset, offset + payload.length)).toEqual(masked);
          expect(memory.slice(0, offset).every((byte) => byte === 0xaa)).toBe(true);
          expect(memory.slice(offset + payload.length).every((byte) => byte === 0xaa)).toBe(true);
          expect(first && second).toBe(masked.every((byte) => byte < 0x80));
        },
      ),
    );
  });

  it("works on a view at an odd offset, whatever buffer came before", () => {
    for (const size of [0, 1, 47, 48, 49, 1000]) {
      const view = new Uint8Array(new ArrayBuffer(size + 8), 3, size);
      applyMask(view, 0, size, 0x01020304, 0);
      expect([...view]).toEqual(Array.from({ length: size }, (_, i) => (i % 4) + 1));
    }
  });
});

describe("isAscii", () => {
  it("is false as soon as one byte is 128 or more", () => {
    expect(isAscii(Uint8Array.of(0, 127), 0, 2)).toBe(true);
    expect(isAscii(Uint8Array.of(0, 128), 0, 2)).toBe(false);
    expect(isAscii(Uint8Array.of(128, 5), 1, 2)).toBe(true);
  });
});
