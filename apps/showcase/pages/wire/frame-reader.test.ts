import { describe, expect, test } from "vitest";
import { describePayload, FrameReader, opcodeName, readFrame } from "./frame-reader.ts";

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
    expect(readFrame(all)).toMatchObject({ lengthBytes, payloadStart });
    expect(readFrame(all)?.payload.length).toBe(size);
  });

  test("is not there before its last byte", () => {
    for (let cut = 0; cut < maskedHello.length; cut += 1) {
      expect(readFrame(maskedHello.subarray(0, cut))).toBe(null);
    }
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

describe("a description", () => {
  test.each([
    ["text", hello, "Hello"],
    ["a close without a code", bytes("8800"), "no code"],
    ["a close", bytes("880203e8"), "1000"],
    ["a close with a reason", bytes("880403e86869"), "1000 hi"],
    ["bytes", bytes("820301ff00"), "01 ff 00"],
    ["a compressed message", bytes("c10301ff00"), "compressed, 3 bytes"],
    ["a ping", bytes("890161"), "a"],
  ])("of %s", (_, frame, text) => {
    const read = readFrame(frame);
    expect(read && describePayload(read, false)).toBe(text);
  });

  test("of a continuation goes by its message", () => {
    const read = readFrame(bytes("800161"));
    expect(read && describePayload(read, true)).toBe("a");
    expect(read && describePayload(read, false)).toBe("61");
  });

  test("names opcodes", () => {
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
});
