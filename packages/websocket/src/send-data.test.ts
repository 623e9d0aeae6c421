import { describe, expect, it } from "vitest";
import { isBlob, type SendData, toBytes } from "./send-data.ts";

describe("the bytes of what is sent", () => {
  it.each<[string, Exclude<SendData, Blob>, string]>([
    ["text", "h\u00e9", "68 c3 a9"],
    ["a number", 42, "34 32"],
    ["nothing", undefined, ""],
    ["null", null, ""],
    ["an empty text", "", ""],
    ["a Buffer", Buffer.from([1, 2]), "01 02"],
    ["an ArrayBuffer", new Uint8Array([1, 2]).buffer, "01 02"],
    ["a SharedArrayBuffer", new SharedArrayBuffer(2), "00 00"],
    ["a view on a part", new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2), "02 03"],
    ["a list of numbers", [1, 2, 255], "01 02 ff"],
    ["an empty list", [], ""],
    ["the fragments of a message", [Buffer.from([1]), new Uint8Array([2, 3])], "01 02 03"],
  ])("are those of %s", (_, data, hex) => {
    const bytes = Buffer.from(toBytes(data)).toString("hex");
    expect(bytes).toBe(hex.replaceAll(" ", ""));
  });

  it("are lent, not copied, where they lie in memory", () => {
    const bytes = new Uint8Array(4);
    expect(toBytes(bytes)).toBe(bytes);
    expect(toBytes(new DataView(bytes.buffer)).buffer).toBe(bytes.buffer);
  });

  it("are refused for what says that it is longer than it is", () => {
    const own = Object.defineProperty(new Uint8Array(8), "length", { value: 500 });
    class Inherited extends Uint8Array {
      override get length(): number {
        return 500;
      }
    }
    expect(() => toBytes(own)).toThrow("data has a length of its own");
    expect(() => toBytes(new Inherited(8))).toThrow("data has a length of its own");
  });

  it("are refused for what has none", () => {
    expect(() => toBytes({ text: "hello" } as never)).toThrow(TypeError);
  });
});

it("tells a Blob from everything else", () => {
  expect(isBlob(new Blob(["x"]))).toBe(true);
  expect(isBlob({ size: 1, arrayBuffer: () => {} })).toBe(false);
  expect(isBlob(null)).toBe(false);
  expect(isBlob("Blob")).toBe(false);
});
