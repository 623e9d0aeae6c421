import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RawPeer } from "../raw-peer.ts";
import { attack, closeCode, frame, gone, Victim } from "./victim.ts";

const PACE_MS = 20;

/** Takes upgrades on a port of its own, with short deadlines. */
let ownPort: Victim;
/** The same on a server of the application's. */
let attached: Victim;

beforeAll(async () => {
  const options = {
    handshakeTimeout: 500,
    messageTimeout: 500,
    closeTimeout: 300,
    isUndecided: true,
  };
  [ownPort, attached] = await Promise.all([
    Victim.start({ ...options, ownPort: true }),
    Victim.start(options),
  ]);
});

afterAll(() => Promise.all([ownPort.stop(), attached.stop()]));

/** Sends `bytes` one at a time, at a pace that no silence betrays, until `ends`. */
async function dripUntil<Value>(
  peer: RawPeer,
  bytes: Uint8Array | string,
  ends: Promise<Value>,
): Promise<Value> {
  let at = 0;
  const drip = setInterval(() => {
    peer.write(bytes.slice(at, at + 1));
    at += 1;
  }, PACE_MS);
  try {
    return await ends;
  } finally {
    clearInterval(drip);
  }
}

describe("H18 (slowloris): a handshake", () => {
  it("whose fields come a byte at a time, without end, is 408", () =>
    attack(ownPort, async () => {
      const peer = await ownPort.tcp();
      const endless = `${ownPort.handshake().trimEnd()}\r\n${"X-More: y\r\n".repeat(1_000)}`;
      expect(await dripUntil(peer, endless, peer.readHead())).toMatch(/^HTTP\/1\.1 408 /);
      peer.destroy();
    }));

  it("that stops half-way is 408", () =>
    attack(ownPort, async () => {
      const peer = await ownPort.tcp();
      const handshake = ownPort.handshake();
      peer.write(handshake.slice(0, handshake.length / 2));
      expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 408 /);
      peer.destroy();
    }));

  it("that never begins is 408", () =>
    attack(ownPort, async () => {
      const peer = await ownPort.tcp();
      expect(await peer.readHead()).toMatch(/^HTTP\/1\.1 408 /);
      peer.destroy();
    }));

  it("that comes with a body a byte at a time is cut off", () =>
    attack(ownPort, async () => {
      const peer = await ownPort.tcp();
      const head = ownPort.handshake({ Upgrade: null, "Content-Length": "100000" });
      peer.write(head.replace("GET", "POST"));
      await dripUntil(peer, "x".repeat(100_000), gone(peer.socket));
    }));

  it.each([
    ["a port of its own", () => ownPort],
    ["a server of the application's", () => attached],
  ] as const)("that the application never decides on is 408, on %s", (_, victim) =>
    attack(victim(), async () => {
      expect(await victim().status({}, "/undecided")).toBe(408);
    }),
  );

  it("that was given up on before it was decided leaves nothing", () =>
    attack(attached, async () => {
      for (let round = 0; round < 20; round += 1) {
        const peer = await attached.ask({}, "/undecided");
        peer.socket.resetAndDestroy();
        await gone(peer.socket);
      }
    }));
});

describe("H18 (slowloris): a message", () => {
  it("that comes a byte at a time is closed with 1008", () =>
    attack(attached, async () => {
      const peer = await attached.open();
      const bytes = frame({ opcode: 2, payload: Buffer.alloc(60_000) });
      expect(await dripUntil(peer, bytes, closeCode(peer))).toBe(1008);
      peer.destroy();
    }));

  it.each([
    ["behind its first byte", 1],
    ["in its masking key", 6],
    ["in its payload", 20],
  ])("that is begun and never finished, %s, is closed with 1008", (_, bytes) =>
    attack(attached, async () => {
      const peer = await attached.open();
      peer.write(frame({ opcode: 2, payload: Buffer.alloc(1_000) }).subarray(0, bytes));
      expect(await closeCode(peer)).toBe(1008);
      peer.destroy();
    }),
  );

  it("of fragments that never end is closed with 1008", () =>
    attack(attached, async () => {
      const peer = await attached.open();
      peer.write(frame({ opcode: 1, payload: "a", fin: false }));
      const fragment = frame({ opcode: 0, payload: "b", fin: false });
      const fragments = Buffer.concat(Array.from({ length: 1_000 }, () => fragment));
      expect(await dripUntil(peer, fragments, closeCode(peer))).toBe(1008);
      peer.destroy();
    }));

  it("is not saved by the pings between its fragments", () =>
    attack(attached, async () => {
      const peer = await attached.open();
      peer.write(frame({ opcode: 1, payload: "a", fin: false }));
      const ping = frame({ opcode: 9, payload: "p" });
      const pings = Buffer.concat(Array.from({ length: 1_000 }, () => ping));
      expect(await dripUntil(peer, pings, closeCode(peer))).toBe(1008);
      peer.destroy();
    }));
});

describe("H18 (slowloris): a closing handshake", () => {
  it("that is not answered ends with the socket destroyed", () =>
    attack(attached, async () => {
      const peer = await attached.open();
      peer.write(frame({ opcode: 0x3 }));
      expect(await closeCode(peer)).toBe(1002);
      // Our side is still open; what is written to a destroyed socket is answered by a reset.
      await dripUntil(peer, "x".repeat(10_000), gone(peer.socket));
    }));
});
