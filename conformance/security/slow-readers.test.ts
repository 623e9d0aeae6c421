import { afterEach, describe, expect, it } from "vitest";
import type { RawPeer } from "../raw-peer.ts";
import { attack, frame, Victim } from "./victim.ts";
import type { Vitals } from "./vitals.ts";

const MEBIBYTE = 1024 * 1024;
let victim: Victim;

afterEach(() => victim.stop());

/** Opens a connection that asks for much and reads nothing. */
async function greedy(kilobytes: number): Promise<RawPeer> {
  const peer = await victim.open();
  peer.socket.pause();
  peer.write(frame({ opcode: 1, payload: `flood:${kilobytes}` }));
  return peer;
}

/** The vitals once `holds`, or as they are at the deadline. */
async function vitalsWhen(holds: (vitals: Vitals) => boolean): Promise<Vitals> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const vitals = await victim.vitals();
    if (holds(vitals) || Date.now() > deadline) return vitals;
  }
}

describe("a reader that does not read", () => {
  it("is closed by default, and what waited for it is freed", async () => {
    victim = await Victim.start();
    await attack(victim, async () => {
      const peer = await greedy(64 * 1024);
      const vitals = await vitalsWhen(({ clients }) => clients === 1);
      expect(vitals.clients).toBe(1);
      expect(vitals.errors).toContain("OPENLINE_SEND_QUEUE_FULL");
      expect(vitals.memoryBytes).toBeLessThan(64 * MEBIBYTE);
      peer.destroy();
    });
  });

  it("loses what comes on top where the policy is drop, stays, and drains when it reads", async () => {
    victim = await Victim.start({ backpressure: { policy: "drop" } });
    await attack(victim, async () => {
      const before = await victim.vitals();
      const peer = await greedy(64 * 1024);
      const full = await vitalsWhen(({ memoryBytes }) => memoryBytes > before.memoryBytes);
      expect(full.clients).toBe(2);
      expect(full.memoryBytes - before.memoryBytes).toBeLessThan(16 * MEBIBYTE);
      peer.socket.resume();
      const drained = await vitalsWhen(({ drains }) => drains > 0);
      expect(drained.drains).toBeGreaterThan(0);
      peer.destroy();
    });
  });

  it("is the affair of a function where one is given", async () => {
    victim = await Victim.start({ policyFunction: "drop", backpressure: { maxBytes: MEBIBYTE } });
    await attack(victim, async () => {
      const peer = await greedy(16 * 1024);
      const asked = await vitalsWhen(({ policyCalls }) => policyCalls > 0);
      expect(asked.policyCalls).toBeGreaterThan(0);
      expect(asked.clients).toBe(2);
      peer.destroy();
    });
  });

  it("is not read from either, so that it slows itself down", async () => {
    victim = await Victim.start();
    await attack(victim, async () => {
      const peer = await victim.open();
      peer.socket.pause();
      const before = await victim.vitals();
      // An echo server that read on would hold all of this.
      const message = frame({ opcode: 2, payload: Buffer.alloc(64 * 1024) });
      let sent = 0;
      while (sent < 512 && peer.socket.write(message)) sent += 1;
      for (let round = 0; round < 20; round += 1) peer.socket.write(message);
      const after = await victim.vitals();
      expect(after.clients).toBe(2);
      expect(after.memoryBytes - before.memoryBytes).toBeLessThan(8 * MEBIBYTE);
      peer.destroy();
    });
  });
});
