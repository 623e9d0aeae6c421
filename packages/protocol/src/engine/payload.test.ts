import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { growth, LINEAR_GROWTH } from "../linear-time.fixture.ts";
import { maxPacketsOf, SEPARATOR, splitPayload } from "./payload.ts";
import {
  joinPayloadV3,
  packetHeaderV3,
  splitBinaryPayloadV3,
  splitPayloadV3,
} from "./payload-v3.ts";

const readText = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

describe("a body of version 4", () => {
  it("is split at the separators", () => {
    expect(splitPayload("4a\x1e4b\x1ebAQID", 3)).toEqual(["4a", "4b", "bAQID"]);
    expect(splitPayload("", 1)).toEqual([""]);
    expect(splitPayload("4a\x1e", 2)).toEqual(["4a", ""]);
  });

  it("is what was joined", () => {
    const packets = fc.array(
      fc.string().filter((text) => !text.includes(SEPARATOR)),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(packets, (list) => {
        expect(splitPayload(list.join(SEPARATOR), list.length)).toEqual(list);
      }),
    );
  });

  it("is refused when it holds too many packets", () => {
    expect(splitPayload("4\x1e4\x1e4", 2)).toBe(null);
  });

  it("may be full of the smallest events", () => {
    const packet = '42["a"]';
    const count = Math.floor(1_000_000 / (packet.length + 1));
    expect(maxPacketsOf(1_000_000)).toBeGreaterThanOrEqual(count);
  });

  it("is split in linear time", () => {
    const make = (size: number): string => SEPARATOR.repeat(size);
    const split = (body: string): void => void splitPayload(body, Number.POSITIVE_INFINITY);
    expect(growth(make, split)).toBeLessThan(LINEAR_GROWTH);
  });
});

describe("a text body of version 3", () => {
  it("is split by lengths", () => {
    expect(splitPayloadV3('2:4a12:42["hello"]', 9)).toBe(null);
    expect(splitPayloadV3('2:4a11:42["hello"]', 9)).toEqual(["4a", '42["hello"]']);
  });

  it.each(["", ":", "a:4", "5:4a", "99999999999:4", "2:4a3"])("is refused as %j", (body) => {
    expect(splitPayloadV3(body, 9)).toBe(null);
  });

  it("is what was joined", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (packets) => {
        expect(splitPayloadV3(joinPayloadV3(packets), packets.length)).toEqual(packets);
      }),
    );
  });

  it("is refused when it holds too many packets", () => {
    expect(splitPayloadV3("1:41:4", 1)).toBe(null);
  });
});

describe("a body of version 3 in bytes", () => {
  it("is split by lengths", () => {
    const body = Uint8Array.of(0, 2, 255, 0x34, 0x61, 1, 1, 0, 255, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    expect(splitBinaryPayloadV3(body, 9, readText)).toEqual([
      "4a",
      Uint8Array.of(4, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    ]);
  });

  it.each([
    ["another kind", [2, 1, 255, 0]],
    ["a length without an end", [0, 1]],
    ["no length", [0, 255]],
    ["a digit that is none", [0, 10, 255, 0]],
    ["a length beyond the body", [0, 2, 255, 0]],
    ["a length of too many digits", [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 255]],
  ])("is refused for %s", (_, body) => {
    expect(splitBinaryPayloadV3(Uint8Array.from(body), 9, readText)).toBe(null);
  });

  it("begins each packet with its length", () => {
    expect(packetHeaderV3(10, true)).toEqual(Uint8Array.of(1, 1, 0, 255));
    expect(packetHeaderV3(2, false)).toEqual(Uint8Array.of(0, 2, 255));
  });
});
