import { deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rsv } from "../frame.ts";
import type { RawPeer } from "../raw-peer.ts";
import { attack, closeCode, frame, Victim } from "./victim.ts";

const MEBIBYTE = 1024 * 1024;
/** What inflating up to the limit of 1 MiB may need at its peak, zlib and its pieces included. */
const PEAK_BYTES = 48 * MEBIBYTE;
const offer = { "Sec-WebSocket-Extensions": "permessage-deflate" };

let victim: Victim;

beforeAll(async () => {
  victim = await Victim.start({ perMessageDeflate: true });
});

afterAll(() => victim.stop());

/** A message as permessage-deflate sends it: without the empty block at its end (RFC 7692 §7.2.1). */
function deflated(bytes: Buffer): Buffer {
  return deflateRawSync(bytes, { finishFlush: 2 }).subarray(0, -4);
}

/** Sends a compressed message in fragments of `size` bytes. */
function sendInFragments(peer: RawPeer, message: Buffer, size: number): void {
  for (let at = 0; at < message.length; at += size) {
    const payload = message.subarray(at, at + size);
    const isFirst = at === 0;
    const fin = at + size >= message.length;
    peer.write(frame({ opcode: isFirst ? 2 : 0, payload, fin, reserved: isFirst ? rsv[1] : 0 }));
  }
}

describe("F3 (CVE-2016-10542, CVE-2016-10544, CVE-2026-1526, GHSA-x8v2-478q-2hvg)", () => {
  /** 256 MiB of zeros, which is a quarter of a megabyte. */
  const bomb = deflated(Buffer.alloc(256 * MEBIBYTE));

  it.each([
    ["a deflate bomb", bomb.length],
    ["one in fragments", 4_096],
  ])("%s is closed with 1009, long before it is inflated", (_, size) =>
    attack(victim, async () => {
      const peer = await victim.open(offer);
      const before = await victim.vitals();
      sendInFragments(peer, bomb, size);
      expect(await closeCode(peer)).toBe(1009);
      const after = await victim.vitals();
      expect(after.peakBytes - before.residentBytes).toBeLessThan(PEAK_BYTES);
      peer.destroy();
    }),
  );

  it("so are twenty at once", () =>
    attack(victim, async () => {
      const peers = await Promise.all(Array.from({ length: 20 }, () => victim.open(offer)));
      const before = await victim.vitals();
      for (const peer of peers) sendInFragments(peer, bomb, bomb.length);
      const codes = await Promise.all(peers.map(closeCode));
      expect(codes).toEqual(peers.map(() => 1009));
      const after = await victim.vitals();
      // Few are worked on at once (`concurrencyLimit`); the others wait as they came.
      const waiting = peers.length * bomb.length * 2;
      expect(after.peakBytes - before.residentBytes).toBeLessThan(PEAK_BYTES + waiting);
      for (const peer of peers) peer.destroy();
    }));

  it("a byte more than the limit is closed with 1009, the limit itself is taken", () =>
    attack(victim, async () => {
      const peer = await victim.open(offer);
      peer.write(frame({ opcode: 2, payload: deflated(Buffer.alloc(MEBIBYTE)), reserved: rsv[1] }));
      expect((await peer.nextFrame()).reserved).toBe(rsv[1]);
      const message = deflated(Buffer.alloc(MEBIBYTE + 1));
      peer.write(frame({ opcode: 2, payload: message, reserved: rsv[1] }));
      expect(await closeCode(peer)).toBe(1009);
      peer.destroy();
    }));

  it("fragments that each inflate to less than the limit are closed with 1009 in sum", () =>
    attack(victim, async () => {
      const peer = await victim.open(offer);
      const message = deflated(Buffer.alloc(4 * MEBIBYTE));
      // Deflate makes a thousandth of zeros: each of these is half a mebibyte.
      sendInFragments(peer, message, Math.ceil(message.length / 8));
      expect(await closeCode(peer)).toBe(1009);
      peer.destroy();
    }));

  it.each([
    ["no deflate stream", Buffer.alloc(100, 0xff)],
    ["a stream that refers to what was never sent", Buffer.from("4b04a2000000", "hex")],
    ["a block of a reserved kind", Buffer.from("07", "hex")],
  ])("%s is closed with 1007", (_, payload) =>
    attack(victim, async () => {
      const peer = await victim.open(offer);
      peer.write(frame({ opcode: 2, payload, reserved: rsv[1] }));
      expect(await closeCode(peer)).toBe(1007);
      peer.destroy();
    }),
  );

  it("hanging up while it is inflated is nobody's error", () =>
    attack(victim, async () => {
      for (let round = 0; round < 10; round += 1) {
        const peer = await victim.open(offer);
        sendInFragments(peer, bomb, bomb.length);
        peer.socket.resetAndDestroy();
      }
    }));
});

describe("F4 (CVE-2026-2229)", () => {
  const outside = ["7", "16", "0", "-1", "08", "1e1", "999999999999", "8.5", "0x9", '"8', ""];

  it.each(outside)("window bits %j are no offer that is taken", (bits) =>
    attack(victim, async () => {
      for (const side of ["server", "client"]) {
        const extensions = `permessage-deflate; ${side}_max_window_bits=${bits}`;
        const peer = await victim.ask({ "Sec-WebSocket-Extensions": extensions });
        const head = await peer.readHead();
        peer.destroy();
        expect(head).toMatch(/^HTTP\/1\.1 (101|400) /);
        expect(head.toLowerCase()).not.toContain("permessage-deflate");
      }
    }),
  );

  it("the next offer of the list counts", () =>
    attack(victim, async () => {
      const offers = "permessage-deflate; server_max_window_bits=99, permessage-deflate";
      const peer = await victim.ask({ "Sec-WebSocket-Extensions": offers });
      const head = await peer.readHead();
      peer.destroy();
      expect(head).toMatch(/^HTTP\/1\.1 101 /);
      expect(head).toMatch(/^Sec-WebSocket-Extensions: permessage-deflate\r$/im);
    }));

  it.each(["8", "9", "15"])("window bits %s are agreed to, and messages pass", (bits) =>
    attack(victim, async () => {
      const peer = await victim.open({
        "Sec-WebSocket-Extensions": `permessage-deflate; server_max_window_bits=${bits}; client_no_context_takeover`,
      });
      const message = deflated(Buffer.alloc(50_000, "abc"));
      peer.write(frame({ opcode: 2, payload: message, reserved: rsv[1] }));
      expect((await peer.nextFrame()).reserved).toBe(rsv[1]);
      peer.destroy();
    }),
  );
});
