import { afterEach, describe, expect, it } from "vitest";
import type { RawPeer } from "../raw-peer.ts";
import { attack, frame, Victim } from "./victim.ts";
import type { Vitals } from "./vitals.ts";

const MEBIBYTE = 1024 * 1024;
/** More than the kernels of both sides take, and a queue of one mebibyte. */
const FLOOD_MEBIBYTES = 64;
/** More than the good client sends between two looks, and less than one message of the flood. */
const FRIENDLY_BYTES = 60 * 1024;
/** What a queue of one mebibyte may cost at its peak, pieces and frames included. */
const PEAK_BYTES = 32 * MEBIBYTE;

let victim: Victim;

afterEach(() => victim.stop());

/** Opens a connection that asks for much, and reads only when it is told to. */
async function greedy(mebibytes = FLOOD_MEBIBYTES): Promise<RawPeer> {
  const peer = await victim.open();
  peer.socket.pause();
  askForMore(peer, mebibytes);
  return peer;
}

function askForMore(peer: RawPeer, mebibytes = FLOOD_MEBIBYTES): void {
  peer.write(frame({ opcode: 1, payload: `flood:${mebibytes * 1024}` }));
}

/** The vitals when the server has answered all that it read so far: answers come in one turn. */
function vitalsWhenFlooded(before: Vitals): Promise<Vitals> {
  return victim.vitalsWhen(({ readBytes }) => readBytes > before.readBytes);
}

describe("a reader that does not read", () => {
  it("is closed by default, and what waited for it is freed", async () => {
    victim = await Victim.start();
    await attack(victim, async () => {
      const before = await victim.vitals();
      const peer = await greedy();
      const after = await victim.vitalsWhen(({ clients }) => clients === 1);
      expect(after.clients).toBe(1);
      expect(after.errors).toEqual(["OPENLINE_SEND_QUEUE_FULL"]);
      expect(after.peakBytes - before.residentBytes).toBeLessThan(PEAK_BYTES);
      peer.destroy();
    });
  });

  it("loses what comes on top where the policy is drop, stays, and drains when it reads", async () => {
    victim = await Victim.start({ backpressure: { policy: "drop" } });
    await attack(victim, async () => {
      const peer = await victim.open();
      peer.socket.pause();
      const before = await victim.vitals();
      askForMore(peer);
      const full = await vitalsWhenFlooded(before);
      expect(full.clients).toBe(2);
      expect(full.drains).toBe(0);
      expect(full.errors).toEqual([]);
      expect(full.peakBytes - before.residentBytes).toBeLessThan(PEAK_BYTES);
      peer.socket.resume();
      expect((await victim.vitalsWhen(({ drains }) => drains > 0)).drains).toBe(1);
      // Whole messages were left out: what comes is still in order and in frames.
      const { payload } = await peer.nextFrame();
      expect(payload.length).toBe(64 * 1024);
      peer.destroy();
    });
  });

  it.each([
    ["close", 1],
    ["drop", 2],
  ])("is the affair of a function where one is given: %s", async (policyFunction, clients) => {
    victim = await Victim.start({ policyFunction });
    await attack(victim, async () => {
      const peer = await victim.open();
      peer.socket.pause();
      const before = await victim.vitals();
      askForMore(peer);
      await vitalsWhenFlooded(before);
      const after = await victim.vitalsWhen((now) => now.clients === clients);
      expect(after.clients).toBe(clients);
      expect(after.policyCalls).toBeGreaterThan(0);
      expect(after.residentBytes - before.residentBytes).toBeLessThan(PEAK_BYTES);
      peer.destroy();
    });
  });

  it("holds what the function queues, until it reads: then all is there, and drains", async () => {
    victim = await Victim.start({ policyFunction: "queue" });
    await attack(victim, async () => {
      const mebibytes = 24;
      const peer = await greedy(mebibytes);
      expect((await victim.vitalsWhen((now) => now.policyCalls > 0)).clients).toBe(2);
      peer.socket.resume();
      for (let message = 0; message < mebibytes * 16; message += 1) {
        expect((await peer.nextFrame()).payload.length).toBe(64 * 1024);
      }
      expect((await victim.vitalsWhen(({ drains }) => drains > 0)).drains).toBe(1);
      peer.destroy();
    });
  });

  it("is bounded for each, however many they are", async () => {
    victim = await Victim.start({ backpressure: { maxBytes: 100_000 } });
    await attack(victim, async () => {
      const before = await victim.vitals();
      const peers = await Promise.all(Array.from({ length: 20 }, () => greedy()));
      const after = await victim.vitalsWhen(({ clients }) => clients === 1);
      expect(after.clients).toBe(1);
      expect(after.peakBytes - before.residentBytes).toBeLessThan(2 * PEAK_BYTES);
      for (const peer of peers) peer.destroy();
    });
  });

  it("is not read from either where its own echoes wait, so that it slows itself down", async () => {
    victim = await Victim.start();
    await attack(victim, async () => {
      const peer = await victim.open();
      peer.socket.pause();
      const before = await victim.vitals();
      const message = frame({ opcode: 2, payload: Buffer.alloc(64 * 1024) });
      const messages = FLOOD_MEBIBYTES * 16;
      for (let sent = 0; sent < messages; sent += 1) peer.socket.write(message);
      const after = await vitalsWhenStalled();
      expect(after.clients).toBe(2);
      expect(after.readBytes - before.readBytes).toBeLessThan((messages / 2) * message.length);
      expect(after.peakBytes - before.residentBytes).toBeLessThan(PEAK_BYTES);
      // Nothing is lost: it gets all of its echoes once it reads.
      peer.socket.resume();
      for (let got = 0; got < messages; got += 1) {
        expect((await peer.nextFrame()).payload.length).toBe(64 * 1024);
      }
      peer.destroy();
    });
  });

  it("and that is not read from, is found by the heartbeat if it stays so", async () => {
    victim = await Victim.start({ heartbeat: { intervalMs: 500, timeoutMs: 500 } });
    await attack(victim, async () => {
      const peer = await victim.open();
      peer.socket.pause();
      const message = frame({ opcode: 2, payload: Buffer.alloc(64 * 1024) });
      for (let sent = 0; sent < FLOOD_MEBIBYTES * 16; sent += 1) peer.socket.write(message);
      expect((await victim.vitalsWhen(({ clients }) => clients === 1)).clients).toBe(1);
      peer.destroy();
    });
  });
});

/** The vitals once nothing more was read while they were asked for many times. */
async function vitalsWhenStalled(): Promise<Vitals> {
  let peakBytes = 0;
  let readBytes = -1;
  let unchanged = 0;
  const vitals = await victim.vitalsWhen((now) => {
    unchanged = now.readBytes - readBytes < FRIENDLY_BYTES ? unchanged + 1 : 0;
    readBytes = now.readBytes;
    peakBytes = Math.max(peakBytes, now.peakBytes);
    return unchanged >= 10;
  });
  return { ...vitals, peakBytes };
}
