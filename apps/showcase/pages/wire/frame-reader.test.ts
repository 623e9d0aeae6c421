import { describe, expect, test } from "vitest";
import { FrameReader, KEPT_BYTES, opcodeName, readFrame } from "./frame-reader.ts";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** The examples of RFC 6455 §5.7. */
const hello = bytes("810548656c6c6f");
const maskedHello = bytes("818537fa213d7f9f4d5158");

describe("a frame", () => {
  test("is read with its parts", () => {
    const frame = readFrame(maskedHello);
    expect(frame).toMatchObject({
      fin: true,
      rsv1: false,
      opcode: 1,
      isMasked: true,
      lengthBytes: 0,
      payloadStart: 6,
      maskingKey: bytes("37fa213d"),
    });
    expect(new TextDecoder().decode(frame?.payload)).toBe("Hello");
  });

  test.each([
    [125, 0, 2],
    [126, 2, 4],
    [65_536, 8, 10],
  ] as const)("of %d bytes has %d bytes of length", (size, lengthBytes, payloadStart) => {
    const header = {
      0: [0x82, size],
      2: [0x82, 126, 0, 126],
      8: [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0],
    };
    const all = new Uint8Array(payloadStart + size);
    all.set(header[lengthBytes]);
    expect(readFrame(all)).toMatchObject({ lengthBytes, payloadStart, payloadLength: size });
  });

  test("is not there before its last byte", () => {
    for (let cut = 0; cut < maskedHello.length; cut += 1) {
      expect(readFrame(maskedHello.subarray(0, cut))).toBe(null);
    }
  });
});

describe("a long frame", () => {
  const size = 70_000;
  const long = new Uint8Array(14 + size).fill(0x2a);
  long.set([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0x11, 0x70, 1, 2, 3, 4]);

  test("is kept in part", () => {
    const frame = readFrame(long);
    expect(frame?.payloadLength).toBe(size);
    expect(frame?.bytes.length).toBe(KEPT_BYTES);
    expect(frame?.payload.length).toBe(KEPT_BYTES - 14);
    expect([...(frame?.payload.subarray(0, 5) ?? [])]).toEqual([0x2b, 0x28, 0x29, 0x2e, 0x2b]);
  });

  test("is followed by the next one where it ends", () => {
    const frames = new FrameReader().push(new Uint8Array([...long, ...hello]));
    expect(frames.map(({ payloadLength }) => payloadLength)).toEqual([size, 5]);
  });
});

describe("a stream", () => {
  test("gives the same frames wherever it is cut", () => {
    const all = new Uint8Array([...hello, ...maskedHello, ...hello]);
    for (let cut = 0; cut <= all.length; cut += 1) {
      const reader = new FrameReader();
      const frames = [...reader.push(all.subarray(0, cut)), ...reader.push(all.subarray(cut))];
      expect(frames.map(({ isMasked }) => isMasked)).toEqual([false, true, false]);
    }
  });
});

test("opcodes have names", () => {
  expect([0, 1, 2, 8, 9, 10, 3].map(opcodeName)).toEqual([
    "continuation",
    "text",
    "binary",
    "close",
    "ping",
    "pong",
    "0x3",
  ]);
});
