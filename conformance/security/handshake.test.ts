import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attack, closeCode, frame, gone, Victim } from "./victim.ts";

let victim: Victim;

beforeAll(async () => {
  victim = await Victim.start({ path: "/ws", origins: undefined, handshakeTimeout: 1_000 });
});

afterAll(() => victim.stop());

describe("H1 (CVE-2024-37890)", () => {
  it("2,000 headers with an upgrade are refused", () =>
    attack(victim, async () => {
      const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`X-${at}`, "1"]));
      // Node drops headers past its own limit, and with them what makes it a handshake.
      const front = await victim.status({ Upgrade: null, Connection: null, ...many });
      expect([200, 400, 431]).toContain(front);
      const fields = {
        Host: null,
        "Sec-WebSocket-Key": null,
        "Sec-WebSocket-Version": null,
        ...many,
      };
      expect([400, 431]).toContain(await victim.status(fields));
    }));
});

describe("H3 (GHSA-5v72-xg48-5rpm)", () => {
  it.each(["constructor", "__proto__", "hasOwnProperty; toString", "a; constructor=1"])(
    "an extension %s is none that we know",
    (extension) =>
      attack(victim, async () => {
        expect(await victim.status({ "Sec-WebSocket-Extensions": extension })).toBe(101);
      }),
  );

  it.each([",;constructor", ";", "a;;b", "a=", 'a; b="'])(
    "%s is no list of extensions, and harms nobody",
    (extension) =>
      attack(victim, async () => {
        // Without compression nobody looks into the list.
        expect([101, 400]).toContain(
          await victim.status({ "Sec-WebSocket-Extensions": extension }),
        );
      }),
  );
});

describe("H5 (CVE-2022-21676)", () => {
  it("garbage in the packet of the upgrade closes with 1002", () =>
    attack(victim, async () => {
      const peer = await victim.tcp();
      peer.write(
        Buffer.concat([Buffer.from(victim.handshake({})), Buffer.from("ffffffffffff", "hex")]),
      );
      expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 101 /);
      expect(await closeCode(peer)).toBe(1002);
      peer.destroy();
    }));
});

describe("H6 (CVE-2022-41940)", () => {
  it("a reset after a refused upgrade is nobody's error", () =>
    attack(victim, async () => {
      for (let round = 0; round < 50; round += 1) {
        const peer = await victim.ask({ "Sec-WebSocket-Version": "7" });
        peer.socket.resetAndDestroy();
        await gone(peer.socket);
      }
    }));

  it("nor is one in the middle of the request", () =>
    attack(victim, async () => {
      for (let round = 0; round < 50; round += 1) {
        const peer = await victim.tcp();
        peer.write(victim.handshake({}).slice(0, 60 + round));
        peer.socket.resetAndDestroy();
        await gone(peer.socket);
      }
    }));
});

describe("H12 (CVE-2020-7693)", () => {
  it("an upgrade on another route is refused, and the route still answers", () =>
    attack(victim, async () => {
      expect(await victim.status({}, "/elsewhere")).toBe(400);
      const page = await fetch(`http://127.0.0.1:${victim.port}/elsewhere`);
      expect(await page.text()).toBe("a page");
    }));
});

describe("H13 (CVE-2026-14631)", () => {
  it.each(["", "a b", "a:b:c", "[::1", "localhost:99999999", "a,b"])(
    "Host %j with an Origin is 400",
    (host) =>
      attack(victim, async () => {
        const fields = { Host: host, Origin: "http://localhost" };
        expect(await victim.status(fields)).toBe(400);
      }),
  );

  it.each(["x", "http://", "http://a b", "http://localhost/path", "http://a@localhost", "ftp:"])(
    "Origin %j is 403",
    (origin) =>
      attack(victim, async () => {
        expect(await victim.status({ Origin: origin })).toBe(403);
      }),
  );
});

describe("H14 (CVE-2026-27977)", () => {
  it("Origin: null is never an allowed origin", () =>
    attack(victim, async () => {
      expect(await victim.status({ Origin: "null" })).toBe(403);
    }));
});

describe("H15 (CSWSH: GHSA-f53g-frr2-jhpf, CVE-2026-27148)", () => {
  const host = "app.example.com";
  const foreign = [
    "https://evil.example.com",
    "https://app.example.com.evil.org",
    "https://evilapp.example.com",
    "https://example.com",
    "https://app.example.com:444",
    "http://app.example.com:8080",
    "ftp://app.example.com",
    "https://app.example.com@evil.org",
  ];

  it.each(foreign)("a page of %s with the user's cookie is 403", (origin) =>
    attack(victim, async () => {
      const fields = { Host: host, Origin: origin, Cookie: "session=secret" };
      expect(await victim.status(fields)).toBe(403);
    }),
  );

  it("a page of the same host gets in", async () => {
    const fields = { Host: host, Origin: `https://${host}`, Cookie: "session=secret" };
    expect(await victim.status(fields)).toBe(101);
  });
});

describe("H17 (CVE-2020-28481)", () => {
  it("no answer invites pages of other origins to read it", () =>
    attack(victim, async () => {
      const peer = await victim.ask({ Origin: "https://evil.example.com" });
      const head = await peer.readHead();
      expect(head).toMatch(/^HTTP\/1\.1 403 /);
      expect(head.toLowerCase()).not.toContain("access-control-allow-origin");
      peer.destroy();
    }));
});

describe("a version that nobody speaks (F5: CVE-2026-54466)", () => {
  it.each(["0", "7", "8", "75", "76", "x", "13, 13"])("%s is refused", (version) =>
    attack(victim, async () => {
      expect([400, 426]).toContain(await victim.status({ "Sec-WebSocket-Version": version }));
    }),
  );

  it("draft-75 framing after a proper handshake closes with 1002", () =>
    attack(victim, async () => {
      const peer = await victim.ask({});
      await peer.readHead();
      peer.write(Buffer.from([0x00, 0x68, 0x69, 0xff]));
      expect(await closeCode(peer)).toBe(1002);
      peer.destroy();
    }));
});

describe("a frame of the attacker's beside others", () => {
  it("is the attacker's problem alone", () =>
    attack(victim, async () => {
      const peer = await victim.ask({});
      await peer.readHead();
      peer.write(frame({ opcode: 0x3 }));
      expect(await closeCode(peer)).toBe(1002);
      peer.destroy();
    }));
});
