import { describe, expect, it } from "vitest";
import { settleLimits } from "./limit-options.ts";
import { limits } from "./limits.ts";

describe("the option `limits`", () => {
  it("is what the table says unless told otherwise", () => {
    const { events, ...settled } = settleLimits();
    const defaults = Object.entries(limits).map(([name, limit]) => [name, limit.default]);
    expect(settled).toEqual(Object.fromEntries(defaults));
    expect(events.size).toBe(0);
  });

  it("changes one limit, and leaves the others", () => {
    const settled = settleLimits({ connections: 5_000, messagesPerSocket: { perSecond: 10 } });
    expect(settled.connections).toBe(5_000);
    expect(settled.messagesPerSocket).toEqual({ perSecond: 10, burst: 10 });
    expect(settled.bytesPerSocket).toEqual(limits.bytesPerSocket.default);
    expect(settleLimits({ attachments: 0 }).attachments).toBe(0);
  });

  it("is off where it is false", () => {
    const settled = settleLimits({ payload: false, messagesPerSocket: false });
    expect(settled.payload).toBe(Number.POSITIVE_INFINITY);
    expect(settled.messagesPerSocket.perSecond).toBe(Number.POSITIVE_INFINITY);
  });

  it("has limits for single events, with those of all events for what they leave out", () => {
    const { events } = settleLimits({
      bytesPerEvent: { perSecond: 100, burst: 200 },
      events: { draw: { messages: { perSecond: 60 } }, constructor: {} },
    });
    expect(events.get("draw")?.messages.burst).toBe(60);
    expect(events.get("draw")?.bytes.burst).toBe(200);
    expect(events.get("constructor")?.messages.isUnlimited).toBe(true);
    expect(events.get("toString")).toBe(undefined);
  });

  it.each([
    [{ payload: -1 }, RangeError, "limits.payload takes a number from 0 up, or false"],
    [{ payload: "1mb" }, RangeError, "for no limit, not 1mb"],
    [{ payload: { perSecond: 1 } }, RangeError, 'for no limit, not {"perSecond":1}'],
    [{ payload: Number.NaN }, RangeError, "for no limit, not NaN"],
    [
      { bytesPerSocket: 5 },
      TypeError,
      "limits.bytesPerSocket takes { perSecond, burst }, or false",
    ],
    [{ bytesPerSocket: { perSecond: 0 } }, RangeError, "limits.bytesPerSocket.perSecond takes"],
    [{ events: { a: { bytes: { perSecond: 0 } } } }, RangeError, "limits.events.a.bytes.perSecond"],
    [{ speed: 1 }, TypeError, "limits.speed is no limit; there are connections, "],
    [{ toString: 1 }, TypeError, "limits.toString is no limit"],
  ] as const)("refuses %j by name", (options, kind, message) => {
    const settling = (): unknown => settleLimits(options as never);
    expect(settling).toThrow(kind);
    expect(settling).toThrow(message);
  });

  it("lets a burst of bytes be one whole message at least, by default", () => {
    const { payload, bytesPerSocket, bytesPerPrincipal } = settleLimits();
    expect(bytesPerSocket.burst).toBeGreaterThanOrEqual(payload);
    expect(bytesPerPrincipal.burst).toBeGreaterThanOrEqual(payload);
  });
});
