import { describe, expect, it } from "vitest";
import { checkRequest, type EngineRequest, type NamedSession } from "./request.ts";

const rules = { transports: ["polling", "websocket"], allowsVersion3: false };
const handshake: EngineRequest = {
  method: "GET",
  isUpgrade: false,
  transport: "polling",
  sid: undefined,
  version: "4",
};
const onPolling: NamedSession = { transport: "polling", version: 4 };
const onWebSocket: NamedSession = { transport: "websocket", version: 4 };

function check(
  change: Partial<EngineRequest>,
  session?: NamedSession | null,
  changedRules: Partial<typeof rules> = {},
): unknown {
  const sid = session === undefined ? undefined : "x";
  return checkRequest({ ...handshake, sid, ...change }, session, { ...rules, ...changedRules });
}

describe("a handshake", () => {
  it("is taken on either transport", () => {
    expect(check({})).toBe(null);
    expect(check({ transport: "websocket", isUpgrade: true })).toBe(null);
  });

  it.each(["__proto__", "constructor", "webtransport", "", undefined])(
    "is refused on transport %s",
    (transport) => {
      expect(check({ transport })).toMatchObject({ code: 0, context: { transport } });
    },
  );

  it("is refused on a transport that is not enabled", () => {
    const change = { transport: "websocket", isUpgrade: true };
    expect(check(change, undefined, { transports: ["polling"] })).toMatchObject({ code: 0 });
  });

  it("is a GET", () => {
    expect(check({ method: "POST" })).toEqual({ code: 2, context: { method: "POST" } });
  });

  it("is an upgrade for WebSocket, and only for it", () => {
    expect(check({ transport: "websocket" })).toMatchObject({ code: 3 });
    expect(check({ isUpgrade: true })).toMatchObject({ code: 3 });
  });

  it.each(["3", "5", "", undefined])("of version %s is refused unless it is allowed", (version) => {
    expect(check({ version })).toEqual({ code: 5, context: { protocol: 3 } });
    expect(check({ version }, undefined, { allowsVersion3: true })).toBe(null);
  });
});

describe("a request of a session", () => {
  it("is taken on its transport, by GET and POST", () => {
    expect(check({}, onPolling)).toBe(null);
    expect(check({ method: "POST" }, onPolling)).toBe(null);
  });

  it("is refused if there is none of that id", () => {
    expect(check({}, null)).toMatchObject({ code: 1 });
  });

  it("is refused on another transport, unless it upgrades", () => {
    expect(check({}, onWebSocket)).toMatchObject({
      code: 3,
      context: { name: "TRANSPORT_MISMATCH", transport: "polling", previousTransport: "websocket" },
    });
    expect(check({ transport: "websocket" }, onPolling)).toMatchObject({ code: 3 });
    expect(check({ transport: "websocket", isUpgrade: true }, onPolling)).toBe(null);
    expect(check({ transport: "websocket", isUpgrade: true }, onWebSocket)).toMatchObject({
      code: 3,
    });
    expect(check({ isUpgrade: true }, onPolling)).toMatchObject({ code: 3 });
  });

  it.each(["3", undefined])("is refused in version %s (CVE-2026-102599)", (version) => {
    const upgrade = { transport: "websocket", isUpgrade: true, version };
    expect(check(upgrade, onPolling, { allowsVersion3: true })).toEqual({
      code: 3,
      context: { name: "PROTOCOL_MISMATCH", protocol: 3, previousProtocol: 4 },
    });
  });
});
