import type { IncomingMessage } from "node:http";
import fc from "fast-check";
import proxyAddr from "proxy-addr";
import { describe, expect, it } from "vitest";
import { type AddressOptions, ClientAddresses } from "./addresses.ts";
import { formatAddress, parseAddress } from "./ip-address.ts";
import type { TrustProxy } from "./trust-proxy.ts";

function find(
  remoteAddress: string | undefined,
  header: string | undefined,
  options: AddressOptions,
): ReturnType<ClientAddresses["of"]> {
  const name = options.forwardedHeader ?? "x-forwarded-for";
  const headers = header === undefined ? {} : { [name]: header };
  return new ClientAddresses(options).of({ headers, socket: { remoteAddress } });
}

describe("a client's address", () => {
  const header = "192.0.2.1, 203.0.113.5, 10.0.0.9";

  it.each<[string, TrustProxy | undefined, string]>([
    ["is who connects unless told otherwise", undefined, "127.0.0.1"],
    ["is who connects where no proxy is trusted", false, "127.0.0.1"],
    ["is the first where all are", true, "192.0.2.1"],
    ["is who connects, 0 hops away", 0, "127.0.0.1"],
    ["is so many hops away", 1, "10.0.0.9"],
    ["is so many hops away, and no more than there are", 9, "192.0.2.1"],
    ["is behind proxies of a name", "loopback", "10.0.0.9"],
    ["is behind proxies of names", "loopback, uniquelocal", "203.0.113.5"],
    ["is behind proxies of a list", ["127.0.0.1", "10.0.0.0/8"], "203.0.113.5"],
    ["is behind proxies of ranges", ["127.0.0.1", "10.0.0.9", "203.0.113.0/24"], "192.0.2.1"],
    ["is not found through strangers", ["127.0.0.1", "203.0.113.0/24"], "10.0.0.9"],
    ["is what a function says", (address, hop) => hop < 2 && address !== "1.1.1.1", "203.0.113.5"],
    ["is not behind what a function did not decide", () => 1 as never, "127.0.0.1"],
    [
      "is not behind what a function fails on",
      () => {
        throw new Error("broken");
      },
      "127.0.0.1",
    ],
  ])("%s", (_, trustProxy, address) => {
    expect(find("127.0.0.1", header, { trustProxy }).address).toBe(address);
    expect(find("::ffff:127.0.0.1", header, { trustProxy }).address).toBe(address);
  });

  it.each([
    ["192.0.2.1:5678", "192.0.2.1"],
    ["[2001:db8::1]:5678", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["2001:DB8:0::1", "2001:db8::1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    [" 192.0.2.1 ", "192.0.2.1"],
  ])("is read from %j", (text, address) => {
    expect(find("127.0.0.1", text, { trustProxy: 1 }).address).toBe(address);
  });

  it.each([
    ["for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"],
    ['For="[2001:db8:cafe::17]:4711"', "2001:db8:cafe::17"],
    ['for="192.0.2.43:47011"', "192.0.2.43"],
    ["for=9.9.9.9, for=192.0.2.43", "192.0.2.43"],
    ['host="a, for=9.9.9.9";for=192.0.2.43', "192.0.2.43"],
    ['host="a;for=9.9.9.9;\\"b";for=192.0.2.43', "192.0.2.43"],
    ['for="a,b", for=192.0.2.43', "192.0.2.43"],
  ])("is read from Forwarded: %s", (text, address) => {
    const options = { trustProxy: 1, forwardedHeader: "forwarded" } as const;
    expect(find("127.0.0.1", text, options)).toMatchObject({ address });
  });

  it.each([
    "for=unknown",
    "for=_hidden",
    "proto=http",
    "",
    "for=9.9.9.9,",
    'for=9.9.9.9, for=", for=192.0.2.43',
    'for=9.9.9.9;x=", for=192.0.2.43',
    'for=9.9.9.9;x=", for="192.0.2.43"',
    'x="\\", for=9.9.9.9',
    "for=9.9.9.9;for=192.0.2.43",
    "for=9.9.9.9 for=192.0.2.43",
    "for=[::1",
  ])("is the proxy's where that says nothing that can be read: %s", (text) => {
    const options = { trustProxy: 1, forwardedHeader: "forwarded" } as const;
    expect(find("127.0.0.1", text, options)).toEqual({
      address: "127.0.0.1",
      group: "unknown behind 127.0.0.1",
      isOwnNetwork: false,
    });
  });

  it("is never taken from the header that the proxies do not write", () => {
    const addresses = new ClientAddresses({ trustProxy: 1 });
    const headers = { forwarded: "for=9.9.9.9", "x-forwarded-for": "192.0.2.1" };
    const socket = { remoteAddress: "127.0.0.1" };
    expect(addresses.of({ headers, socket }).address).toBe("192.0.2.1");
    expect(addresses.of({ headers: { forwarded: "for=9.9.9.9" }, socket }).address).toBe(
      "127.0.0.1",
    );
  });

  it("is found behind a proxy that connects by a Unix socket", () => {
    expect(find(undefined, "192.0.2.1", { trustProxy: 1 }).address).toBe("192.0.2.1");
    expect(find(undefined, "192.0.2.1", { trustProxy: true }).address).toBe("192.0.2.1");
    const byFunction = find(undefined, "192.0.2.1", { trustProxy: (address) => address === "" });
    expect(byFunction.address).toBe("192.0.2.1");
    expect(find(undefined, "192.0.2.1", { trustProxy: "loopback" })).toEqual({
      address: "",
      group: "",
      isOwnNetwork: true,
    });
  });

  it.each([
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", false],
    ["::ffff:203.0.113.5", "203.0.113.5", false],
    ["::1", "::/64", true],
    ["fd00::1", "fd00::/64", true],
    ["fe80::1", "fe80::/64", true],
    ["172.31.0.1", "172.31.0.1", true],
    ["172.32.0.1", "172.32.0.1", false],
    ["169.254.1.1", "169.254.1.1", true],
  ])("%s counts as %s", (address, group, isOwnNetwork) => {
    expect(find(address, undefined, {})).toMatchObject({ group, isOwnNetwork });
  });

  it("is found in time that is linear in the header", () => {
    const time = (header: string, forwardedHeader: "forwarded" | "x-forwarded-for"): number => {
      const startMs = performance.now();
      find("127.0.0.1", header, { trustProxy: true, forwardedHeader });
      return performance.now() - startMs;
    };
    for (const part of ["1.1.1.1,", 'for="\\', "for=a;", " ", "for=1.1.1.1,", 'x="a;', "[::"]) {
      for (const name of ["forwarded", "x-forwarded-for"] as const) {
        time(part.repeat(1_000), name);
        const short = Math.min(...[1, 2, 3].map(() => time(part.repeat(5_000), name)));
        const long = Math.min(...[1, 2, 3].map(() => time(part.repeat(50_000), name)));
        expect(long, `${JSON.stringify(part)} in ${name}`).toBeLessThan(10 * short * 5 + 20);
      }
    }
  });

  it.each([
    [-1, "not -1"],
    [Number.NaN, "not null"],
    ["example.com", 'not "example.com"'],
    ["10.0.0.0/40", 'not "10.0.0.0/40"'],
    ["", 'not ""'],
    [[1], "not 1"],
    [{}, "not {}"],
    ["toString", 'not "toString"'],
  ])("refuses trustProxy: %j", (trustProxy, message) => {
    const options = { trustProxy: trustProxy as never };
    expect(() => new ClientAddresses(options)).toThrow(TypeError);
    expect(() => new ClientAddresses(options)).toThrow(message);
  });

  it("refuses a header that is none of the two", () => {
    const options = { forwardedHeader: "x-real-ip" as never };
    expect(() => new ClientAddresses(options)).toThrow('not "x-real-ip"');
  });
});

describe("beside Express", () => {
  const near = fc.constantFrom("127.0.0.1", "::1", "10.0.0.1", "::ffff:10.0.0.2", "fe80::1");
  const far = fc.constantFrom("203.0.113.5", "2001:db8::1", "192.0.2.7", "::ffff:192.0.2.8");
  const address = fc.oneof(near, far);
  const trust = fc.oneof<fc.Arbitrary<number | string[]>[]>(
    fc.integer({ min: 0, max: 4 }),
    fc.subarray(
      [
        "loopback",
        "linklocal",
        "uniquelocal",
        "10.0.0.0/8",
        "192.0.2.0/255.255.255.0",
        "2001:db8::/32",
        "203.0.113.5",
        "::/1",
      ],
      { minLength: 1 },
    ),
  );

  it("finds the same client", () => {
    fc.assert(
      fc.property(address, fc.array(address, { maxLength: 5 }), trust, (remote, nodes, option) => {
        const headers = nodes.length > 0 ? { "x-forwarded-for": nodes.join(", ") } : {};
        const request = { headers, socket: { remoteAddress: remote } };
        // Express makes a function of a number before it asks proxy-addr.
        const trusted =
          typeof option === "number" ? (_: string, hop: number) => hop < option : option;
        const theirs = proxyAddr(
          { ...request, connection: request.socket } as unknown as IncomingMessage,
          trusted,
        );
        const ours = new ClientAddresses({ trustProxy: option }).of(request).address;
        expect(ours).toBe(formatAddress(parseAddress(theirs) as bigint));
      }),
      { numRuns: 2_000 },
    );
  });
});
