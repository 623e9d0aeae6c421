import { describe, expect, it } from "vitest";
import { opcodes } from "./frame.ts";
import { MessageAssembly } from "./message-assembly.ts";

/** Puts a binary message of `byteLength` together from fragments of `fragmentBytes`. */
function assemble(byteLength: number, fragmentBytes: number) {
  let allocatedBytes = 0;
  const allocate = (length: number): Uint8Array => {
    allocatedBytes += length;
    return new Uint8Array(length);
  };
  const fragment = new Uint8Array(fragmentBytes).fill(7);
  const message = new MessageAssembly(
    opcodes.binary,
    false,
    0,
    false,
    false,
    allocate,
    fragmentBytes,
  );
  for (let at = 0; at < byteLength; at += fragmentBytes) {
    message.append(fragment, 0, fragmentBytes, 0, false);
    message.endFragment();
  }
  return { message, allocatedBytes };
}

describe("a message in fragments", () => {
  it("is as long as they are together", () => {
    const { message } = assemble(1 << 20, 1 << 10);
    expect(message.length).toBe(1 << 20);
    expect(message.bytes.subarray(0, message.length).every((byte) => byte === 7)).toBe(true);
  });

  it("takes time in proportion to its length, however small they are", () => {
    for (const fragmentBytes of [64, 1 << 10, 1 << 16]) {
      const { allocatedBytes } = assemble(1 << 24, fragmentBytes);
      expect(allocatedBytes / (1 << 24)).toBeLessThan(5);
    }
  });

  it("never holds more than four times what has arrived, past the first 256 KiB", () => {
    for (const byteLength of [1 << 19, 1 << 20, 3 << 20]) {
      const { message } = assemble(byteLength, 1 << 10);
      expect(message.bytes.length / byteLength).toBeLessThanOrEqual(4);
    }
  });
});
