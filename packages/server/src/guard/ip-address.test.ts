import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressGroup, formatAddress, parseAddress, parseRange } from "./ip-address.ts";

const format = (text: string): string | undefined => {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
};

describe("an address", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:201", "192.0.2.1"],
    ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
    ["::", "::"],
    ["::1", "::1"],
    ["2001:0DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["fe80::", "fe80::"],
    ["fe80::1%eth0", "fe80::1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ])("%s is %s", (text, expected) => {
    expect(format(text)).toBe(expected);
  });

  it.each([
    "",
    "unknown",
    "_hidden",
    "010.0.0.1",
    "0x7f.0.0.1",
    "127.1",
    "2130706433",
    "1.2.3.4.5",
    "256.1.1.1",
    "1.2.3.4 ",
    "1.2.3.4:80",
    "[::1]",
    ":::",
    "1::2::3",
    "12345::",
    "::ffff:1.2.3",
  ])("%j is none", (text) => {
    expect(parseAddress(text)).toBe(undefined);
  });

  it("of any kind is itself when it is written out and read", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        fc.pre(isIP(text) !== 0);
        const address = parseAddress(text) as bigint; // it is one
        expect(isIP(formatAddress(address))).toBeGreaterThan(0);
        expect(parseAddress(formatAddress(address))).toBe(address);
      }),
    );
  });
});

describe("what an address counts as", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8::/64"],
    ["::1", "::/64"],
  ])("%s counts as %s", (text, expected) => {
    expect(addressGroup(parseAddress(text) as bigint)).toBe(expected);
  });

  it("is the same for two addresses of IPv6 exactly if their first halves are", () => {
    const half = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(half, half, half, half, (net, other, host, otherHost) => {
        fc.pre(net !== 0n && other !== 0n);
        const group = addressGroup((net << 64n) | host);
        expect(addressGroup((net << 64n) | otherHost)).toBe(group);
        expect(addressGroup((other << 64n) | host) === group).toBe(net === other);
      }),
    );
  });
});

describe("a range", () => {
  it.each([
    ["10.0.0.0/8", "10.255.0.1", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["10.1.2.3/255.0.0.0", "10.9.9.9", true],
    ["10.0.0.0/8", "::ffff:10.1.1.1", true],
    ["::ffff:10.0.0.0/104", "10.1.1.1", true],
    ["0.0.0.0/0", "203.0.113.9", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["::/0", "2001:db8::1", true],
    ["::/0", "203.0.113.9", false],
    ["::/1", "::ffff:203.0.113.9", false],
    ["::ffff:0:0/96", "203.0.113.9", true],
    ["2001:db8::/32", "2001:db8:ffff::1", true],
    ["2001:db8::/32", "2001:db9::1", false],
    ["203.0.113.9", "203.0.113.9", true],
    ["203.0.113.9", "203.0.113.8", false],
    ["0.0.0.0/0.0.0.0", "203.0.113.9", true],
    ["1.2.3.4/255.255.255.255", "1.2.3.4", true],
  ])("%s and %s: %s", (range, text, isIn) => {
    expect(parseRange(range)?.has(parseAddress(text) as bigint)).toBe(isIn);
  });

  it.each([
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0.0/255.0.255.0",
    "::/129",
    "::/255.0.0.0",
    "example.com",
    "/8",
  ])("%j is none", (text) => {
    expect(parseRange(text)).toBe(undefined);
  });
});
