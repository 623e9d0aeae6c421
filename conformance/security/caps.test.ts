import { afterEach, describe, expect, it } from "vitest";
import type { RawPeer } from "../raw-peer.ts";
import { attack, closeCode, frame, gone, Victim } from "./victim.ts";

let victim: Victim;

afterEach(() => victim.stop());

/** Asks again until there is a place: the server learns of a hang-up when it comes. */
async function statusOnceFree(address?: string): Promise<number> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const status = await victim.status({}, "/", address);
    if (status === 101 || Date.now() > deadline) return status;
  }
}

async function openMany(count: number): Promise<RawPeer[]> {
  return Promise.all(Array.from({ length: count }, () => victim.open()));
}

async function leaveAll(peers: readonly RawPeer[]): Promise<void> {
  for (const peer of peers) peer.destroy();
  await Promise.all(peers.map((peer) => gone(peer.socket)));
}

describe("H16 (GHSA-f44p-c7w9-7xr7)", () => {
  it.each([
    ["in all", { maxConnections: 20 }, 503],
    ["from one address", { maxConnectionsPerAddress: 20 }, 429],
  ])("connections are capped %s, and places come back", async (_, options, status) => {
    victim = await Victim.start(options);
    await attack(victim, async () => {
      // One place is the good client's.
      const peers = await openMany(19);
      expect(await victim.status()).toBe(status);
      const [first, second] = peers as [RawPeer, RawPeer];
      first.write(frame({ opcode: 8 }));
      expect(await closeCode(first)).toBe(null);
      first.destroy();
      expect(await statusOnceFree()).toBe(101);
      // One that is killed without a word gives its place back, too.
      second.socket.resetAndDestroy();
      expect(await statusOnceFree()).toBe(101);
      // As often as they come and go.
      for (let round = 0; round < 50; round += 1) expect(await statusOnceFree()).toBe(101);
      await leaveAll(peers);
    });
  });

  it("another address has places of its own", async () => {
    victim = await Victim.start({ maxConnectionsPerAddress: 3 });
    await attack(victim, async () => {
      const peers = await openMany(2);
      expect(await victim.status()).toBe(429);
      // All of 127.0.0.0/8 is this machine.
      expect(await victim.status({}, "/", "127.0.0.2")).toBe(101);
      await leaveAll(peers);
    });
  });

  it("nobody chooses an address by a header", async () => {
    victim = await Victim.start({ maxConnectionsPerAddress: 3 });
    await attack(victim, async () => {
      const peers = await openMany(2);
      const fields = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Real-IP": "203.0.113.9",
        Forwarded: "for=203.0.113.9",
      };
      expect(await victim.status(fields)).toBe(429);
      await leaveAll(peers);
    });
  });

  it("the default does not count loopback addresses, which are mostly a proxy's", async () => {
    victim = await Victim.start();
    await attack(victim, async () => leaveAll(await openMany(150)));
  });

  it.each([
    ["in all", { maxConnections: 5 }, 503],
    ["from one address", { maxConnectionsPerAddress: 5 }, 429],
  ])("handshakes that wait for the application are capped %s", async (_, options, status) => {
    victim = await Victim.start({ ...options, isUndecided: true, handshakeTimeout: 1_000 });
    await attack(victim, async () => {
      // Before authentication, that is: who may wait without end could be endlessly many.
      const waiting = Array.from({ length: 8 }, () => victim.status({}, "/undecided"));
      const statuses = (await Promise.all(waiting)).sort();
      expect(statuses.filter((each) => each === 408)).toHaveLength(4);
      expect(statuses.filter((each) => each === status)).toHaveLength(4);
      expect(await statusOnceFree()).toBe(101);
    });
  });

  it("refused handshakes take no places", async () => {
    victim = await Victim.start({ maxConnections: 5 });
    await attack(victim, async () => {
      for (let round = 0; round < 20; round += 1) {
        expect(await victim.status({ "Sec-WebSocket-Version": "7" })).toBe(426);
        expect(await victim.status({ Origin: "https://evil.example.com" })).toBe(403);
      }
      expect(await victim.status()).toBe(101);
    });
  });
});
