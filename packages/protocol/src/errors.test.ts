import { describe, expect, it } from "vitest";
import { type Fault, faults, HandshakeError, PeerError } from "./errors.ts";

describe("PeerError", () => {
  it.each(Object.keys(faults) as Fault[])(
    "carries the close code and a stable code of %s",
    (fault) => {
      const error = new PeerError(fault);
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({
        name: "PeerError",
        fault,
        closeCode: faults[fault].closeCode,
        code: `WS_ERR_${fault}`,
        message: faults[fault].message,
      });
      expect([1002, 1007, 1008, 1009]).toContain(error.closeCode);
    },
  );

  it("says what exactly was seen", () => {
    expect(new PeerError("INVALID_OPCODE", "opcode 7").message).toBe(
      "Invalid WebSocket frame: invalid opcode (opcode 7)",
    );
  });
});

describe("HandshakeError", () => {
  it("carries the status and headers to answer", () => {
    const error = new HandshakeError(405, "Invalid HTTP method", { Allow: "GET" });
    expect(error).toMatchObject({ name: "HandshakeError", status: 405, headers: { Allow: "GET" } });
    expect(new HandshakeError(400, "no").headers).toEqual({});
  });
});
