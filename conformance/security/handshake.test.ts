import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attack, closeCode, type Fields, gone, Victim } from "./victim.ts";

let victim: Victim;
/** Takes upgrades on a port of its own, with compression, so that extensions are looked at. */
let deflating: Victim;

beforeAll(async () => {
  [victim, deflating] = await Promise.all([
    Victim.start({ path: "/ws" }),
    Victim.start({ ownPort: true, perMessageDeflate: true }),
  ]);
});

afterAll(() => Promise.all([victim.stop(), deflating.stop()]));

/** What it answers to `request`, the first line of it. */
async function answerTo(server: Victim, request: string | Buffer): Promise<string> {
  const peer = await server.tcp();
  peer.write(request);
  const [line = ""] = (await peer.readHead()).split("\r\n");
  peer.destroy();
  return line;
}

describe("H1 (CVE-2024-37890)", () => {
  // Node takes note of the first 2,000 fields alone, yet sees an upgrade in those that follow. Four
  // bytes a field: with more, the head were too large before it had too many.
  const many = "a:\r\n".repeat(2_000);

  it.each([
    ["a server of the application's", () => victim],
    ["a port of our own", () => deflating],
  ] as const)("an upgrade that hides behind 2,000 fields is 400 on %s", (_, server) =>
    attack(server(), async () => {
      const handshake = server().handshake().replace("\r\n", `\r\n${many}`);
      expect(await answerTo(server(), handshake)).toMatch(/^HTTP\/1\.1 400 /);
    }),
  );

  it("a part of it is seen, and the rest is missing: 400", () =>
    attack(victim, async () => {
      const lines = victim.handshake().trimEnd().split("\r\n");
      for (let at = 2; at < lines.length; at += 1) {
        const head = [...lines.slice(0, at), `${many}${lines.slice(at).join("\r\n")}`, "", ""];
        expect(await answerTo(victim, head.join("\r\n"))).toMatch(/^HTTP\/1\.1 400 /);
      }
    }));

  it("a head past Node's size is 431", () =>
    attack(victim, async () => {
      expect(await victim.status({ "X-Large": "x".repeat(20_000) })).toBe(431);
    }));
});

describe("H3 (GHSA-5v72-xg48-5rpm)", () => {
  it.each([
    "constructor",
    "__proto__",
    "hasOwnProperty; toString",
    "a; constructor=1; __proto__=2",
    "permessage-deflate; constructor",
    "permessage-deflate; __proto__=1",
    "permessage-deflate; toString; toString",
  ])("an extension %s is none that we know", (extensions) =>
    attack(deflating, async () => {
      const peer = await deflating.ask({ "Sec-WebSocket-Extensions": extensions });
      const head = await peer.readHead();
      peer.destroy();
      expect(head).toMatch(/^HTTP\/1\.1 101 /);
      expect(head.toLowerCase()).not.toContain("sec-websocket-extensions");
    }),
  );

  it.each([",;constructor", ",", ";", "a;;b", "a=", "a; =b", 'a; b="', 'a; b="c"d', "a b"])(
    "%s is no list of extensions: 400",
    (extensions) =>
      attack(deflating, async () => {
        expect(await deflating.status({ "Sec-WebSocket-Extensions": extensions })).toBe(400);
      }),
  );

  it.each(["constructor, __proto__", "toString"])("a subprotocol %s is only a name", (names) =>
    attack(deflating, async () => {
      expect(await deflating.status({ "Sec-WebSocket-Protocol": names })).toBe(101);
    }),
  );
});

describe("H5 (CVE-2022-21676)", () => {
  it("garbage in the packet of the upgrade closes with 1002", () =>
    attack(victim, async () => {
      const peer = await victim.tcp();
      peer.write(
        Buffer.concat([Buffer.from(victim.handshake()), Buffer.from("ff".repeat(6), "hex")]),
      );
      expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 101 /);
      expect(await closeCode(peer)).toBe(1002);
      peer.destroy();
    }));

  it.each([
    ["a refused one", { "Sec-WebSocket-Version": "7" }, "/ws", 426],
    ["one on another route", {}, "/elsewhere", 400],
  ])("garbage in the packet of %s is not looked at", (_, fields: Fields, target, status) =>
    attack(victim, async () => {
      const garbage = Buffer.alloc(1_000, 0xff);
      const head = Buffer.from(victim.handshake(fields, target));
      const answer = await answerTo(victim, Buffer.concat([head, garbage]));
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    }),
  );
});

describe("H6 (CVE-2022-41940)", () => {
  const ROUNDS = 50;

  it.each([
    ["a handshake that is refused", { "Sec-WebSocket-Version": "7" }],
    ["one from a foreign page", { Origin: "https://evil.example.com" }],
    ["one that is accepted", {}],
  ])("a reset right behind %s is nobody's error", (_, fields: Fields) =>
    attack(victim, async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const peer = await victim.ask(fields);
        peer.socket.resetAndDestroy();
        await gone(peer.socket);
      }
    }),
  );

  it("nor is one behind the refusal", () =>
    attack(victim, async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const peer = await victim.ask({ "Sec-WebSocket-Version": "7" });
        await peer.readHead();
        peer.socket.resetAndDestroy();
        await gone(peer.socket);
      }
    }));

  it("nor one anywhere in the request", () =>
    attack(victim, async () => {
      const request = victim.handshake();
      for (let end = 1; end < request.length; end += 3) {
        const peer = await victim.tcp();
        peer.write(request.slice(0, end));
        peer.socket.resetAndDestroy();
        await gone(peer.socket);
      }
    }));
});

describe("H12 (CVE-2020-7693)", () => {
  it.each(["/elsewhere", "/", "/ws/more", "/wsx", "/WS", "//ws", "/%77s"])(
    "an upgrade of %s, which is another route, is 400",
    (target) =>
      attack(victim, async () => {
        expect(await victim.status({}, target)).toBe(400);
      }),
  );

  it("the other route still answers those who want no upgrade", () =>
    attack(victim, async () => {
      const page = await fetch(`http://127.0.0.1:${victim.port}/elsewhere`, {
        // A connection that is kept for later would count as left behind.
        headers: { Connection: "close" },
      });
      expect(await page.text()).toBe("a page");
    }));

  it.each(["h2c", "TLS/1.0", "websocket2", "x, websocket"])("an upgrade to %s is 4xx", (protocol) =>
    attack(victim, async () => {
      expect(await victim.status({ Upgrade: protocol })).toBeGreaterThanOrEqual(400);
    }),
  );
});
