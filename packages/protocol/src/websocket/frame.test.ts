import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptyHeader, frameHeaderLength, readFrameHeader, writeFrameHeader } from "./frame.ts";
import { hex } from "./frames.fixture.ts";

describe("readFrameHeader", () => {
  it("reads the 16-bit and 64-bit lengths of RFC 6455 §5.7", () => {
    const header = emptyHeader();
    expect(readFrameHeader(hex("82 7e 0100"), 0, 4, header)).toBe(true);
    expect(header).toMatchObject({
      fin: true,
      opcode: 2,
      payloadLength: 256,
      headerLength: 4,
      isMasked: false,
    });
    expect(readFrameHeader(hex("82 7f 0000000000010000"), 0, 10, header)).toBe(true);
    expect(header).toMatchObject({ payloadLength: 65_536, headerLength: 10 });
  });

  it("gives Infinity for a length that no number holds exactly", () => {
    const header = emptyHeader();
    readFrameHeader(hex("82 7f 001fffffffffffff"), 0, 10, header);
    expect(header.payloadLength).toBe(2 ** 53 - 1);
    readFrameHeader(hex("82 7f 0020000000000000"), 0, 10, header);
    expect(header.payloadLength).toBe(Number.POSITIVE_INFINITY);
    readFrameHeader(hex("82 7f ffffffffffffffff"), 0, 10, header);
    expect(header.payloadLength).toBe(Number.POSITIVE_INFINITY);
  });

  it("asks for more bytes at every cut, and gets back what was written", () => {
    const length = fc.oneof(fc.nat(200), fc.nat(70_000), fc.maxSafeNat());
    const key = fc.option(fc.integer(), { nil: undefined });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 255 }),
        length,
        key,
        (first, payloadLength, maskingKey) => {
          const out = new Uint8Array(20).fill(0xee);
          const end = writeFrameHeader(out, 3, first, payloadLength, maskingKey);
          expect(end - 3).toBe(frameHeaderLength(payloadLength, maskingKey !== undefined));
          const header = emptyHeader();
          for (let cut = 3; cut < end; cut += 1)
            expect(readFrameHeader(out, 3, cut, header)).toBe(false);
          expect(readFrameHeader(out, 3, end, header)).toBe(true);
          expect(header).toEqual({
            fin: (first & 0x80) !== 0,
            rsv1: (first & 0x40) !== 0,
            rsv2: (first & 0x20) !== 0,
            rsv3: (first & 0x10) !== 0,
            opcode: first & 15,
            isMasked: maskingKey !== undefined,
            maskingKey: maskingKey ?? 0,
            payloadLength,
            headerLength: end - 3,
          });
        },
      ),
    );
  });
});
