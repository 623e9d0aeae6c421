import { describe, expect, test } from "vitest";
import { bitFieldsOf, partsOf, unmaskingOf } from "./dissect.ts";
import { readFrame, type SeenFrame } from "./frame-reader.ts";

function frameOf(hex: string): SeenFrame {
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const frame = readFrame(bytes);
  if (frame === null) throw new Error(`${hex} is no frame`);
  return frame;
}

/** The masked example of RFC 6455 §5.7. */
const maskedHello = frameOf("818537fa213d7f9f4d5158");

describe("the parts of a frame", () => {
  const placesOf = (frame: SeenFrame): unknown[] =>
    partsOf(frame).map(({ kind, start, end }) => [kind, start, end]);

  test("lie one behind the other", () => {
    expect(placesOf(maskedHello)).toEqual([
      ["bits", 0, 1],
      ["length", 1, 2],
      ["key", 2, 6],
      ["masked", 6, 11],
    ]);
  });

  test("are those that are there", () => {
    expect(placesOf(frameOf("8a00"))).toEqual([
      ["bits", 0, 1],
      ["length", 1, 2],
    ]);
    expect(placesOf(frameOf("82030102ff"))).toEqual([
      ["bits", 0, 1],
      ["length", 1, 2],
      ["payload", 2, 5],
    ]);
    expect(placesOf(frameOf(`827e0080${"00".repeat(128)}`))).toEqual([
      ["bits", 0, 1],
      ["length", 1, 2],
      ["extended", 2, 4],
      ["payload", 4, 132],
    ]);
  });

  test("say what they mean", () => {
    expect(partsOf(frameOf("410161")).map(({ says }) => says)).toEqual([
      "opcode 1, text; more fragments follow; compressed (RSV1)",
      "not masked: a server must not; 1 byte",
      "1 byte, as they are",
    ]);
    const long = partsOf(frameOf(`827f0000000000010000${"00".repeat(65_536)}`));
    expect(long[1]?.says).toContain("127 announces 8 more bytes of length");
    expect(long[2]?.says).toBe("64 bits, most significant byte first: 65,536 bytes");
  });
});

test("the first two bytes are taken apart bit by bit", () => {
  const bits = bitFieldsOf(maskedHello).map(({ name, bits, says }) => [name, bits, says]);
  expect(bits).toEqual([
    ["FIN", "1", "last"],
    ["RSV1", "0", "plain"],
    ["RSV2–3", "00", "unused"],
    ["opcode", "0001", "text"],
    ["MASK", "1", "masked"],
    ["length", "0000101", "5"],
  ]);
  expect(bitFieldsOf(frameOf("c0020102")).map(({ bits }) => bits)).toEqual([
    ...["1", "1", "00", "0000", "0", "0000010"],
  ]);
});

test("unmasking is shown byte by byte", () => {
  expect(unmaskingOf(maskedHello, 5)).toEqual([
    "7f ⊕ 37 = 48",
    "9f ⊕ fa = 65",
    "4d ⊕ 21 = 6c",
    "51 ⊕ 3d = 6c",
    "58 ⊕ 37 = 6f",
  ]);
  expect(unmaskingOf(frameOf("8a00"))).toEqual([]);
});
