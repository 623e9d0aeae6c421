import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatHead } from "../handshake.ts";
import { attack, type Fields, Victim } from "./victim.ts";

const host = "app.example.com";
const cookie = { Cookie: "session=secret" };

let byDefault: Victim;
let byList: Victim;
let byFunction: Victim;

beforeAll(async () => {
  [byDefault, byList, byFunction] = await Promise.all([
    Victim.start({ ownPort: true }),
    Victim.start({ origins: [`https://${host}`, "http://localhost:5173"] }),
    Victim.start({ hasThrowingOrigins: true }),
  ]);
});

afterAll(() => Promise.all([byDefault.stop(), byList.stop(), byFunction.stop()]));

function refuses(victim: () => Victim, fields: Fields, status: number): () => Promise<void> {
  return () =>
    attack(victim(), async () => {
      expect(await victim().status({ ...cookie, ...fields })).toBe(status);
    });
}

describe("H13 (CVE-2026-14631)", () => {
  const hosts = ["", "a b", "a:b:c", "[::1", "[]", "localhost:99999999", "a,b", "a@b", "a/b", "é"];

  it.each(hosts)("Host %j with an Origin is 400", (malformed) =>
    refuses(() => byDefault, { Host: malformed, Origin: "http://localhost" }, 400)(),
  );

  it.each(hosts)("and so it is without one: %j", (malformed) =>
    refuses(() => byDefault, { Host: malformed }, 400)(),
  );

  it("no Host at all is 400", () => refuses(() => byDefault, { Host: null }, 400)());

  const origins = [
    "",
    "x",
    "http://",
    "http://a b",
    "http://localhost/path",
    "http://a@localhost",
    "ftp:",
    "//localhost",
    "http://[::1",
    "http://localhost:99999999",
    "http://localhost http://evil.example.com",
    `http://${"a".repeat(4_000)}`,
  ];

  it.each(origins)("Origin %j is 403", (origin) =>
    refuses(() => byDefault, { Host: "localhost", Origin: origin }, 403)(),
  );

  it.each(origins)("and for a list of origins: %j", (origin) =>
    refuses(() => byList, { Origin: origin }, 403)(),
  );

  it("two Origins are 403, though one of them is allowed", () =>
    refuses(() => byList, { Origin: [`https://${host}`, "https://evil.example.com"] }, 403)());

  it("an Origin for which the application's function throws is 403", () =>
    refuses(() => byFunction, { Origin: "x" }, 403)());
});

describe("H14 (CVE-2026-27977)", () => {
  it.each([
    ["by default", () => byDefault],
    ["by a list", () => byList],
    ["by a function that takes it for an address", () => byFunction],
  ] as const)("Origin: null is not allowed %s", (_, victim) =>
    refuses(victim, { Origin: "null" }, 403)(),
  );

  it.each([" null", "Null", "http://null", "null://", "undefined"])("nor is %j", (origin) =>
    refuses(() => byDefault, { Origin: origin }, 403)(),
  );
});

describe("H15 (CSWSH: GHSA-f53g-frr2-jhpf, CVE-2026-27148)", () => {
  const foreign = [
    "https://evil.example.com",
    `https://${host}.evil.org`,
    `https://evil${host}`,
    `https://evil.${host}`,
    "https://example.com",
    "https://appXexample.com",
    `https://${host}:444`,
    `https://${host}:80`,
    `http://${host}:8080`,
    `ftp://${host}`,
    `wss://${host}`,
    `file://${host}`,
    `https://${host}@evil.org`,
    `https://evil.org#${host}`,
    `https://evil.org/${host}`,
    "http://localhost",
  ];

  it.each(foreign)("a page of %s with the user's cookie is 403", (origin) =>
    refuses(() => byDefault, { Host: host, Origin: origin }, 403)(),
  );

  it.each([
    ...foreign.slice(0, -1),
    `http://${host}`,
    "http://localhost",
    "http://localhost:51730",
  ])("and for a list of origins: %s", (origin) =>
    refuses(() => byList, { Host: host, Origin: origin }, 403)(),
  );

  it("a list says no to a page that has the host's own name (DNS rebinding)", () =>
    refuses(() => byList, { Host: "rebound.evil.org", Origin: "http://rebound.evil.org" }, 403)());

  it.each(["https://evil.example.com", "http://localhost.evil.org", "http://127.0.0.1.evil.org"])(
    "a page of %s is 403 at a loopback host",
    (origin) => refuses(() => byDefault, { Host: "localhost:3000", Origin: origin }, 403)(),
  );

  it.each([
    ["the same host, by default", () => byDefault, { Host: host, Origin: `https://${host}` }],
    ["the same host, plain", () => byDefault, { Host: host, Origin: `http://${host}:80` }],
    [
      "the same host in capitals",
      () => byDefault,
      { Host: host, Origin: `HTTPS://APP.example.com` },
    ],
    [
      "another port of loopback",
      () => byDefault,
      { Host: "[::1]:1", Origin: "http://localhost:2" },
    ],
    ["the list", () => byList, { Host: "other", Origin: `https://${host}:443` }],
    ["no page at all", () => byList, {}],
  ] as const)("one of %s gets in", async (_, victim, fields) => {
    expect(await victim().status(fields)).toBe(101);
  });
});

describe("H17 (CVE-2020-28481)", () => {
  const evil = { Origin: "https://evil.example.com" };

  it("a refusal does not invite the page to read it", () =>
    attack(byDefault, async () => {
      const peer = await byDefault.ask(evil);
      expectClosed(await peer.readHead(), 403);
      peer.destroy();
    }));

  it.each(["GET", "POST", "OPTIONS"])("nor does the answer to a plain %s", (method) =>
    attack(byDefault, async () => {
      const peer = await byDefault.tcp();
      const preflight = { "Access-Control-Request-Method": "GET" };
      peer.write(formatHead(`${method} / HTTP/1.1`, { Host: host, ...evil, ...preflight }));
      expectClosed(await peer.readHead(), 426);
      peer.destroy();
    }),
  );

  /** Nothing in it lets a page of another origin read the answer. */
  function expectClosed(head: string, status: number): void {
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head.toLowerCase()).not.toContain("access-control-allow");
  }
});
