import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HandshakeError } from "../errors.ts";
import {
  checkOrigin,
  isLoopback,
  isOriginAllowed,
  isSameOrigin,
  normalizeOrigin,
  type OriginPolicy,
  parseAuthority,
  parseOrigin,
  readOriginList,
} from "./origin.ts";

/** The status of the refusal; 0 when the request passes. */
function statusOf(
  policy: OriginPolicy,
  origin: string | undefined,
  host: string,
  isEncrypted = false,
): number {
  try {
    checkOrigin(policy, { origin, host, isEncrypted });
    return 0;
  } catch (error) {
    expect(error).toBeInstanceOf(HandshakeError);
    return (error as HandshakeError).status;
  }
}

describe("the default policy, same origin", () => {
  it.each([
    ["http://example.com", "example.com"],
    ["http://example.com", "example.com:80"],
    ["http://example.com:80", "example.com"],
    ["https://example.com", "example.com"],
    ["https://example.com", "example.com:443"],
    ["https://example.com:8443", "example.com:8443"],
    ["http://EXAMPLE.com", "Example.COM"],
    ["http://[2001:db8::1]:3000", "[2001:DB8::1]:3000"],
    ["http://192.0.2.1", "192.0.2.1"],
    ["http://under_score.example", "under_score.example"],
  ])("lets a page of %s connect to %s", (origin, host) => {
    expect(statusOf("same-origin", origin, host)).toBe(0);
  });

  it.each([
    ["another site", "https://evil.example"],
    ["a suffix", "https://example.com.evil.test"],
    ["a prefix", "https://evilexample.com"],
    ["a subdomain", "https://chat.example.com"],
    ["the parent domain", "https://com"],
    ["another port", "https://example.com:8443"],
    ["the port of the other scheme", "https://example.com:80"],
    ["a user name", "https://example.com@evil.test"],
    ["a user name before the host", "https://evil.test@example.com"],
    ["a path", "https://example.com/"],
    ["a query", "https://example.com?"],
    ["a trailing dot", "https://example.com."],
    ["a backslash", "https://example.com\\@evil.test"],
    ["a list", "https://example.com https://evil.test"],
    ["two joined headers", "https://example.com, https://evil.test"],
    ["a space", " https://example.com"],
    ["a Kelvin sign that lower-cases to k", "https://\u212Aexample.com"],
    ["another scheme", "ftp://example.com"],
    ["the scheme of the socket", "wss://example.com"],
    ["a page without a scheme", "example.com"],
    ["a scheme without slashes", "https:example.com"],
    ["a scheme that starts with a digit", "1https://example.com"],
    ["a scheme with a space", "ht tp://example.com"],
    ["no host", "https://"],
    ["a port alone", "https://:443"],
    ["an empty port", "https://example.com:"],
    ["a port with a leading zero", "https://example.com:0443"],
    ["a port past the last", "https://example.com:65979"],
    ["a port with a sign", "https://example.com:+443"],
    ["a port of spaces", "https://example.com: 443"],
    ["null", "null"],
    ["null in another case", "NULL"],
    ["nothing", ""],
    ["a NUL", "https://example.com\0"],
    ["what a file is", "file://"],
  ])("refuses %s with 403", (_, origin) => {
    expect(statusOf("same-origin", origin, "example.com")).toBe(403);
  });

  it("never takes null for the origin of a host of that name", () => {
    expect(statusOf("same-origin", "null", "null")).toBe(403);
  });

  it("compares the scheme where TLS ends here, and cannot where a proxy may have ended it", () => {
    expect(statusOf("same-origin", "http://example.com", "example.com", true)).toBe(403);
    expect(statusOf("same-origin", "http://example.com:443", "example.com:443", true)).toBe(403);
    expect(statusOf("same-origin", "https://example.com", "example.com", true)).toBe(0);
    expect(statusOf("same-origin", "https://example.com", "example.com", false)).toBe(0);
    expect(statusOf("same-origin", "http://example.com", "example.com", false)).toBe(0);
  });

  it.each([
    "",
    " ",
    "example.com:",
    "example.com:x",
    "example.com:65536",
    "example.com:080",
    "example.com:1:2",
    "exa mple.com",
    "user@example.com",
    "example.com/path",
    "example.com, evil.test",
    "[::1",
    "[]",
    "[::g]",
    "[::1]x",
    "[::1]:x",
    "::1",
    "exämple.com",
    "example.com\0",
    "%65xample.com",
    "a".repeat(300),
  ])("answers the malformed Host %j with 400", (host) => {
    expect(statusOf("same-origin", "https://example.com", host)).toBe(400);
  });

  it("answers a missing Host with 400", () => {
    const request = { origin: "https://example.com", host: undefined, isEncrypted: false };
    expect(() => isOriginAllowed("same-origin", request)).toThrow(/Host/);
  });

  it("lets requests without Origin pass, which no browser sends", () => {
    expect(statusOf("same-origin", undefined, "example.com")).toBe(0);
    expect(statusOf(readOriginList([]), undefined, "example.com")).toBe(0);
  });

  it("does not repeat the origin in the refusal", () => {
    const request = { origin: "https://evil.test", host: "example.com", isEncrypted: false };
    expect(() => checkOrigin("same-origin", request)).toThrow(/`origins`/);
    expect(() => checkOrigin("same-origin", request)).not.toThrow(/evil/);
  });
});

describe("loopback pages", () => {
  it.each([
    ["http://localhost:5173", "localhost:3000"],
    ["http://localhost:5173", "127.0.0.1:3000"],
    ["http://127.0.0.1:5173", "[::1]:3000"],
    ["https://[::1]:5173", "127.9.8.7"],
    ["http://app.localhost", "localhost:3000"],
    ["http://LOCALHOST:5173", "LocalHost:3000"],
  ])("at %s reach %s", (origin, host) => {
    expect(statusOf("same-origin", origin, host)).toBe(0);
  });

  it.each([
    ["http://localhost:5173", "example.com"],
    ["http://evil.test", "localhost:3000"],
    ["http://localhost.evil.test", "localhost:3000"],
    ["http://evillocalhost", "localhost:3000"],
    ["http://127.0.0.1.evil.test", "127.0.0.1:3000"],
    ["http://128.0.0.1", "127.0.0.1:3000"],
    ["http://127.0.0.256", "127.0.0.1:3000"],
    ["http://127.0.0.01", "127.0.0.1:3000"],
    ["http://127.1", "127.0.0.1:3000"],
    ["http://[::2]", "[::1]:3000"],
    ["http://192.168.0.1", "127.0.0.1:3000"],
    ["null", "localhost:3000"],
    ["file://", "localhost:3000"],
    ["chrome-extension://localhost", "localhost:3000"],
  ])("are not %s, to %s", (origin, host) => {
    expect(statusOf("same-origin", origin, host)).toBe(403);
  });

  it("are told by whole names and addresses", () => {
    expect(
      ["localhost", "a.b.localhost", "127.0.0.1", "127.255.255.255", "[::1]"].filter(isLoopback),
    ).toHaveLength(5);
    expect(
      [
        "xlocalhost",
        "localhost.",
        "127.0.0",
        "127.0.0.1.1",
        "127.0.0.x",
        "127.0.0.",
        "[::]",
        "",
      ].filter(isLoopback),
    ).toEqual([]);
  });
});

describe("a list of origins", () => {
  const list = readOriginList(["https://example.com", "HTTP://LocalHost:5173", "app://chat"]);

  it.each([
    "https://example.com",
    "https://example.com:443",
    "https://EXAMPLE.com",
    "http://localhost:5173",
    "app://chat",
  ])("lets %s in", (origin) => {
    expect(statusOf(list, origin, "another.host")).toBe(0);
  });

  it.each([
    "http://example.com",
    "https://example.com:8443",
    "https://example.com.evil.test",
    "https://evil.test",
    "https://chat.example.com",
    "https://example.com/",
    "http://localhost:3000",
    "null",
    "",
    "__proto__",
    "constructor",
    "https://another.host",
  ])("keeps %j out", (origin) => {
    expect(statusOf(list, origin, "another.host")).toBe(403);
  });

  it.each([
    "null",
    "*",
    "https://*.example.com",
    "https://example.com/",
    "example.com",
    "",
    "https://a b",
  ])("cannot hold %j, and says what to write", (origin) => {
    expect(() => readOriginList([origin])).toThrow(TypeError);
    expect(() => readOriginList([origin])).toThrow(/`origins`.*https:\/\/example\.com/);
  });

  it("cannot hold what is no string", () => {
    expect(() => readOriginList([/example/ as unknown as string])).toThrow(TypeError);
  });
});

describe("the policy *", () => {
  it("lets everyone in, whatever they say of themselves", () => {
    expect(statusOf("*", "null", "")).toBe(0);
    expect(statusOf("*", "https://evil.test", "example.com")).toBe(0);
  });
});

describe("isSameOrigin", () => {
  it("compares the scheme only when it is known", () => {
    expect(isSameOrigin("https://a.test", "a.test", true)).toBe(true);
    expect(isSameOrigin("https://a.test", "a.test", false)).toBe(false);
    expect(isSameOrigin("https://a.test", "a.test", undefined)).toBe(true);
    expect(isSameOrigin("http://a.test", "a.test", true)).toBe(false);
    expect(isSameOrigin("http://a.test", "a.test", false)).toBe(true);
    expect(isSameOrigin("http://a.test", "a.test", undefined)).toBe(true);
    expect(isSameOrigin("http://a.test", "a.test:", undefined)).toBe(false);
    expect(isSameOrigin("null", "null", undefined)).toBe(false);
  });
});

describe("parsing", () => {
  const hosts = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((address) => `[${address}]`),
  );
  const ports = fc.option(fc.integer({ min: 1, max: 65_535 }));

  it("reads every origin that a browser can write as the URL parser does", () => {
    fc.assert(
      fc.property(fc.constantFrom("http", "https"), hosts, ports, (scheme, host, port) => {
        const { origin } = new URL(`${scheme}://${host}${port === null ? "" : `:${port}`}`);
        expect(normalizeOrigin(origin)).toBe(origin);
        expect(isSameOrigin(origin, new URL(origin).host, undefined)).toBe(true);
      }),
    );
  });

  it("never throws, and gives one form to what it reads", () => {
    const near = fc
      .array(
        fc.constantFrom(
          "http",
          "https",
          "://",
          ":",
          "80",
          "0",
          "a",
          ".",
          "[",
          "]",
          "::1",
          "@",
          "/",
          " ",
          "É",
          "\0",
        ),
      )
      .map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ unit: "binary" })), (text) => {
        const normalized = normalizeOrigin(text);
        if (normalized !== null) expect(normalizeOrigin(normalized)).toBe(normalized);
        expect(parseOrigin(text) === null).toBe(normalized === null);
        const authority = parseAuthority(text);
        if (authority !== null)
          expect(parseAuthority(authority.host)).toEqual({ host: authority.host, port: null });
      }),
      { numRuns: 2000 },
    );
  });
});
