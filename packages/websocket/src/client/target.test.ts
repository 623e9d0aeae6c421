import { describe, expect, it } from "vitest";
import { isSameHost, parseTarget } from "./target.ts";

describe("parseTarget", () => {
  it.each<[string, object]>([
    ["ws://example.com", { isSecure: false, host: "example.com", port: 80, path: "/" }],
    ["wss://example.com/chat?a=b", { isSecure: true, port: 443, path: "/chat?a=b" }],
    ["http://example.com:8080", { isSecure: false, port: 8080 }],
    ["https://example.com", { isSecure: true, port: 443 }],
    ["WS://[::1]:81/", { host: "::1", port: 81 }],
    ["ws://user:p%40ss@a.test", { credentials: "user:p@ss" }],
    ["ws://user@a.test", { credentials: "user:" }],
    ["ws://a.test", { credentials: undefined, socketPath: undefined }],
    ["ws+unix:/run/a.sock", { isSecure: false, socketPath: "/run/a.sock", path: "", host: "" }],
    ["ws+unix:/run/a.sock:/chat?a=b:c", { socketPath: "/run/a.sock", path: "/chat?a=b:c" }],
    ["wss+unix:/run/a.sock:/chat", { isSecure: true, socketPath: "/run/a.sock", path: "/chat" }],
  ])("reads %s", (address, expected) => {
    expect(parseTarget(address)).toMatchObject(expected);
    expect(parseTarget(new URL(address))).toMatchObject(expected);
  });

  it("names http: and https: as what they stand for, and leaves a URL given to it alone", () => {
    const url = new URL("https://example.com/");
    expect(parseTarget(url).url.href).toBe("wss://example.com/");
    expect(url.href).toBe("https://example.com/");
  });

  it.each([
    ["foo", "Invalid URL: foo"],
    ["", "Invalid URL: "],
    ["//example.com", "Invalid URL"],
    ["ftp://example.com", "The URL's protocol must be one of"],
    ["ws+unix:", "The URL's pathname is empty"],
    ["ws://example.com/#chat", "The URL contains a fragment identifier"],
  ])("refuses %j with a SyntaxError", (address, message) => {
    expect(() => parseTarget(address)).toThrow(SyntaxError);
    expect(() => parseTarget(address)).toThrow(message);
  });
});

describe("isSameHost", () => {
  it.each([
    ["ws://a.test/1", "ws://a.test/2", true],
    ["ws://a.test", "wss://a.test", true],
    ["ws://a.test", "ws://b.test", false],
    ["ws://a.test", "ws://a.test:81", false],
    ["ws://a.test", "ws://chat.a.test", false],
    ["ws+unix:/a.sock:/1", "ws+unix:/a.sock:/2", true],
    ["ws+unix:/a.sock", "ws+unix:/b.sock", false],
    ["ws+unix:/a.sock", "ws://a.test", false],
    ["ws://a.test", "ws+unix:/a.sock", false],
  ])("of %s and %s is %s", (first, second, expected) => {
    expect(isSameHost(parseTarget(first), parseTarget(second))).toBe(expected);
  });
});
