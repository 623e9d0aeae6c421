import { deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rsv } from "../frame.ts";
import { attack, closeCode, frame, gone, Victim } from "./victim.ts";

const MEBIBYTE = 1024 * 1024;
let plain: Victim;
let deflating: Victim;

beforeAll(async () => {
  [plain, deflating] = await Promise.all([
    Victim.start(),
    Victim.start({ perMessageDeflate: true }),
  ]);
});

afterAll(() => Promise.all([plain.stop(), deflating.stop()]));

describe("F1 (CVE-2026-48779, CVE-2026-62389, CVE-2026-12151)", () => {
  it.each([
    ["empty", ""],
    ["of one byte", "x"],
  ])("endless fragments, %s, are closed with 1008 at a cap", (_, payload) =>
    attack(plain, async () => {
      const peer = await plain.open();
      peer.write(frame({ opcode: 1, payload, fin: false }));
      const fragment = frame({ opcode: 0, payload, fin: false });
      peer.write(Buffer.concat(Array.from({ length: 3_000 }, () => fragment)));
      expect(await closeCode(peer)).toBe(1008);
      peer.destroy();
    }),
  );

  it("a frame in chunks of one byte costs memory by its bytes", () =>
    attack(plain, async () => {
      const peer = await plain.open();
      const before = await plain.vitals();
      const bytes = frame({ opcode: 2, payload: Buffer.alloc(20_000, 7) });
      for (const byte of bytes) {
        if (!peer.socket.write(Buffer.of(byte))) {
          await new Promise((resolve) => peer.socket.once("drain", resolve));
        }
      }
      expect((await peer.nextFrame()).payload.length).toBe(20_000);
      const after = await plain.vitals();
      expect(after.memoryBytes - before.memoryBytes).toBeLessThan(4 * MEBIBYTE);
      peer.destroy();
    }));
});

describe("F2 (GHSA-9fm3-97px-rjf6)", () => {
  it("a flood of pings whose pongs are not read is terminated", () =>
    attack(plain, async () => {
      const peer = await plain.open();
      peer.socket.pause();
      const ping = frame({ opcode: 9, payload: "x".repeat(125) });
      const pings = Buffer.concat(Array.from({ length: 1_000 }, () => ping));
      const before = await plain.vitals();
      const closed = gone(peer.socket);
      // As fast as the server takes them: it stops taking them when it hangs up.
      const flood = (): void => {
        while (!peer.socket.destroyed && peer.socket.write(pings));
      };
      peer.socket.on("drain", flood);
      flood();
      await closed;
      const after = await plain.vitals();
      expect(after.errors).toContain("WS_ERR_TOO_MANY_PENDING_PONGS");
      expect(after.memoryBytes - before.memoryBytes).toBeLessThan(8 * MEBIBYTE);
    }));
});

describe("F3 (CVE-2016-10542, CVE-2026-1526, GHSA-x8v2-478q-2hvg)", () => {
  const offer = { "Sec-WebSocket-Extensions": "permessage-deflate; client_no_context_takeover" };
  /** 256 MiB of zeros, which is a quarter of a megabyte. */
  const bomb = deflateRawSync(Buffer.alloc(256 * MEBIBYTE), { finishFlush: 2 }).subarray(0, -4);

  it("a deflate bomb is closed with 1009, long before it is inflated", () =>
    attack(deflating, async () => {
      const before = await deflating.vitals();
      const peer = await deflating.open(offer);
      peer.write(frame({ opcode: 2, payload: bomb, reserved: rsv[1] }));
      expect(await closeCode(peer)).toBe(1009);
      const after = await deflating.vitals();
      expect(after.residentBytes - before.residentBytes).toBeLessThan(64 * MEBIBYTE);
      peer.destroy();
    }));

  it("so is one in fragments", () =>
    attack(deflating, async () => {
      const before = await deflating.vitals();
      const peer = await deflating.open(offer);
      const size = 4_096;
      for (let at = 0; at < bomb.length; at += size) {
        peer.write(
          frame({
            opcode: at === 0 ? 2 : 0,
            payload: bomb.subarray(at, at + size),
            fin: at + size >= bomb.length,
            reserved: at === 0 ? rsv[1] : 0,
          }),
        );
      }
      expect(await closeCode(peer)).toBe(1009);
      const after = await deflating.vitals();
      expect(after.residentBytes - before.residentBytes).toBeLessThan(64 * MEBIBYTE);
      peer.destroy();
    }));

  it("what is no deflate stream is closed with 1007", () =>
    attack(deflating, async () => {
      const peer = await deflating.open(offer);
      peer.write(frame({ opcode: 2, payload: Buffer.alloc(100, 0xff), reserved: rsv[1] }));
      expect(await closeCode(peer)).toBe(1007);
      peer.destroy();
    }));
});

describe("F5 (CVE-2026-1528)", () => {
  it.each([2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n])(
    "a length of %s is refused before anything is allocated",
    (announcedLength) =>
      attack(plain, async () => {
        const peer = await plain.open();
        peer.write(frame({ opcode: 2, payload: "x", lengthBytes: 8, announcedLength }));
        expect([1002, 1009]).toContain(await closeCode(peer));
        peer.destroy();
      }),
  );

  it("a length that is only announced costs no memory", () =>
    attack(plain, async () => {
      const before = await plain.vitals();
      const peers = await Promise.all(Array.from({ length: 50 }, () => plain.open()));
      for (const peer of peers) {
        const announcedLength = BigInt(MEBIBYTE);
        peer.write(frame({ opcode: 2, payload: "x", lengthBytes: 8, announcedLength }));
      }
      const after = await plain.vitals();
      // The system gives memory only as it is written to.
      expect(after.residentBytes - before.residentBytes).toBeLessThan(16 * MEBIBYTE);
      for (const peer of peers) peer.destroy();
    }));
});

describe("F6 (CVE-2026-42786, CVE-2026-9675)", () => {
  it("fragments that are each under the limit are closed with 1009 when their sum is over", () =>
    attack(plain, async () => {
      const peer = await plain.open();
      const payload = Buffer.alloc(100_000);
      peer.write(frame({ opcode: 2, payload, fin: false }));
      for (let more = 0; more < 11; more += 1) {
        peer.write(frame({ opcode: 0, payload, fin: false }));
      }
      expect(await closeCode(peer)).toBe(1009);
      peer.destroy();
    }));

  it("a message of exactly the limit is taken", () =>
    attack(plain, async () => {
      const peer = await plain.open();
      peer.write(frame({ opcode: 2, payload: Buffer.alloc(MEBIBYTE - 1), fin: false }));
      peer.write(frame({ opcode: 0, payload: "x" }));
      expect((await peer.nextFrame()).payload.length).toBe(MEBIBYTE);
      peer.destroy();
    }));
});
