import { afterEach, describe, expect, it } from "vitest";
import type { RawPeer } from "../raw-peer.ts";
import { attack, closeCode, frame, gone, Victim } from "./victim.ts";

let victim: Victim;

afterEach(() => victim.stop());

/** Asks again until there is a place: the server learns of a hang-up when it comes. */
async function statusOnceFree(): Promise<number> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const status = await victim.status();
    if (status === 101 || Date.now() > deadline) return status;
  }
}

async function openMany(count: number): Promise<RawPeer[]> {
  return Promise.all(Array.from({ length: count }, () => victim.open()));
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
      const [first, second] = peers;
      first?.write(frame({ opcode: 8 }));
      if (first !== undefined) expect(await closeCode(first)).toBe(null);
      first?.destroy();
      expect(await statusOnceFree()).toBe(101);
      // One that is killed without a word gives its place back, too.
      second?.socket.resetAndDestroy();
      expect(await statusOnceFree()).toBe(101);
      for (const peer of peers) peer.destroy();
      await Promise.all(peers.map((peer) => gone(peer.socket)));
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

describe("H18 (slowloris)", () => {
  it("a request's head that never ends is given up by Node's own deadline", async () => {
    victim = await Victim.start({ ownPort: true, handshakeTimeout: 1_000 });
    await attack(victim, async () => {
      const peer = await victim.tcp();
      const head = victim.handshake();
      for (const character of head.slice(0, 40)) peer.write(character);
      const answer = await peer.readHead();
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      peer.destroy();
    });
  });

  it("a message that never ends is given up, however often a byte of it comes", async () => {
    victim = await Victim.start({ messageTimeout: 1_000 });
    await attack(victim, async () => {
      const peer = await victim.open();
      const bytes = frame({ opcode: 2, payload: Buffer.alloc(60_000) });
      let at = 0;
      const drip = setInterval(() => {
        peer.write(bytes.subarray(at, at + 1));
        at += 1;
      }, 20);
      expect(await closeCode(peer)).toBe(1008);
      clearInterval(drip);
      peer.destroy();
    });
  });

  it("so is one in fragments", async () => {
    victim = await Victim.start({ messageTimeout: 1_000 });
    await attack(victim, async () => {
      const peer = await victim.open();
      peer.write(frame({ opcode: 1, payload: "a", fin: false }));
      const drip = setInterval(
        () => peer.write(frame({ opcode: 0, payload: "b", fin: false })),
        100,
      );
      expect(await closeCode(peer)).toBe(1008);
      clearInterval(drip);
      peer.destroy();
    });
  });

  it("and a closing handshake that the peer does not answer", async () => {
    victim = await Victim.start({ closeTimeout: 500 });
    await attack(victim, async () => {
      const peer = await victim.open();
      peer.write(frame({ opcode: 0x3 }));
      expect(await closeCode(peer)).toBe(1002);
      // The other half stays open from our side; the server does not wait for it.
      await attackerSeesReset(peer);
    });
  });
});

/** The server has destroyed its end: what is written to it is answered by a reset. */
async function attackerSeesReset(peer: RawPeer): Promise<void> {
  const poke = setInterval(() => peer.socket.write("x"), 20);
  await gone(peer.socket);
  clearInterval(poke);
}

describe("a peer that has died", () => {
  it("is found by the heartbeat and terminated", async () => {
    victim = await Victim.start({ heartbeat: { intervalMs: 300, timeoutMs: 300 } });
    await attack(victim, async () => {
      const peer = await victim.open();
      // It reads pings and answers none, as a process that is stopped.
      await peer.framesUntilEnd();
      expect(peer.isEnded).toBe(true);
      peer.destroy();
    });
  });
});
