import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import type { CorsOptions, CorsOptionsDelegate } from "./cors-options.ts";
import { OriginGuard, type Origins } from "./origin-guard.ts";

function isAllowed(
  origin: string | undefined,
  rules: { origins?: Origins; cors?: CorsOptions | CorsOptionsDelegate },
  host: string | undefined = "app.example.com",
): Promise<boolean> {
  const request = { headers: { origin, host }, socket: {} } as unknown as IncomingMessage;
  const guard = new OriginGuard(rules.origins, rules.cors);
  return new Promise((resolve) => guard.check(request, resolve));
}

const own = "https://app.example.com";
const foreign = "https://evil.example.com";

describe("without options", () => {
  it("lets pages of the same host in, and what is no browser", async () => {
    expect(await isAllowed(own, {})).toBe(true);
    expect(await isAllowed(undefined, {})).toBe(true);
  });

  it.each([foreign, "null", "", "https://app.example.com.evil.org", `${own}:444`])(
    "refuses %s",
    async (origin) => {
      expect(await isAllowed(origin, {})).toBe(false);
    },
  );

  it("refuses what it cannot compare with", async () => {
    expect(await isAllowed(own, {}, "a b")).toBe(false);
  });

  it("lets a page of a development server on another port in", async () => {
    expect(await isAllowed("http://localhost:5173", {}, "localhost:3000")).toBe(true);
  });
});

describe("with cors and no origins", () => {
  const other = "https://other.example.com";

  it.each<[string, CorsOptions | CorsOptionsDelegate]>([
    ["no origin, which is all", {}],
    ["all", { origin: "*" }],
    ["any", { origin: true }],
    ["it", { origin: other }],
    ["a list", { origin: ["https://x.example.com", other] }],
    ["a pattern", { origin: /^https:\/\/other\./ }],
    ["a list of patterns", { origin: [/^https:\/\/other\./] }],
    ["a function", { origin: (origin, callback) => callback(null, origin === other) }],
    ["a function for options", (_, callback) => callback(null, { origin: other })],
  ])("lets in what cors allows: %s", async (_, cors) => {
    expect(await isAllowed(other, { cors })).toBe(true);
  });

  it.each<[string, CorsOptions | CorsOptionsDelegate]>([
    ["none", { origin: false }],
    ["another", { origin: other }],
    ["a list of others", { origin: [other, /^https:\/\/x\./] }],
    ["a function that says no", { origin: (_, callback) => callback(null, false) }],
    ["a function that fails", { origin: (_, callback) => callback(new Error("no")) }],
    ["a function for options that fails", (_, callback) => callback(new Error("no"))],
  ])("refuses what cors does not allow: %s", async (_, cors) => {
    expect(await isAllowed(foreign, { cors })).toBe(false);
  });

  it("lets the server's own pages in, whom no list names", async () => {
    expect(await isAllowed(own, { cors: { origin: other } })).toBe(true);
  });
});

describe("with origins", () => {
  it("goes by them, whatever cors says", async () => {
    const cors = { origin: "*" };
    expect(await isAllowed(foreign, { origins: [own], cors })).toBe(false);
    expect(await isAllowed(own, { origins: own, cors })).toBe(true);
    expect(await isAllowed(foreign, { origins: "*" })).toBe(true);
  });

  it("may be a function, now or later", async () => {
    expect(await isAllowed(foreign, { origins: (origin) => origin === foreign })).toBe(true);
    expect(await isAllowed(foreign, { origins: async () => false })).toBe(false);
    expect(await isAllowed(foreign, { origins: () => Promise.reject(new Error("no")) })).toBe(
      false,
    );
    const throws = (): boolean => {
      throw new Error("no");
    };
    expect(await isAllowed(foreign, { origins: throws })).toBe(false);
  });

  it("must be origins", () => {
    expect(() => new OriginGuard("example.com", undefined)).toThrow("`origins` is not an origin");
  });
});
