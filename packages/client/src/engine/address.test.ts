import { afterEach, describe, expect, test, vi } from "vitest";
import { parseAddress } from "./address.ts";

afterEach(() => vi.unstubAllGlobals());

describe("a URL", () => {
  test.each([
    ["http://example.com", ["", "example.com", "", "", ""]],
    ["https://example.com:8443/", ["s", "example.com", "8443", "/", ""]],
    ["ws://example.com/admin?a=1#x", ["", "example.com", "", "/admin", "a=1"]],
    ["wss://[::1]:3000/ü b", ["s", "[::1]", "3000", "/ü b", ""]],
    ["http://user:pa@ss@example.com/a@b", ["", "example.com", "", "/a@b", ""]],
    ["localhost:3000/n", ["s", "localhost", "3000", "/n", ""]],
    ["//example.com/n", ["s", "example.com", "", "/n", ""]],
    ["http://localhost?x=/y", ["", "localhost", "", "", "x=/y"]],
  ])("%s", (url, [s, hostname, port, path, query]) => {
    expect(parseAddress(url)).toEqual({ s, hostname, port, path, query });
  });

  test("that names no host needs a page", () => {
    for (const url of [undefined, "", "/", "/admin"]) {
      expect(() => parseAddress(url)).toThrow(TypeError);
    }
  });

  test("that names no host is the page's", () => {
    vi.stubGlobal("location", {
      protocol: "http:",
      host: "page.org:81",
      hostname: "page.org",
      port: "81",
    });
    const page = { s: "", hostname: "page.org", port: "81", path: "", query: "" };
    expect(parseAddress()).toEqual(page);
    expect(parseAddress("/admin?x=1")).toEqual({ ...page, path: "/admin", query: "x=1" });
    expect(parseAddress("//other.org/a")).toMatchObject({ s: "", hostname: "other.org", port: "" });
    expect(parseAddress("https://other.org")).toMatchObject({ s: "s", hostname: "other.org" });
  });
});
