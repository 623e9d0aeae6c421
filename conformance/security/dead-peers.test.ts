import { afterEach, describe, expect, it } from "vitest";
import { opcodes } from "../frame.ts";
import { Peer } from "./peer.ts";
import { attack, frame, Victim } from "./victim.ts";

let victim: Victim;
let peer: Peer | undefined;

afterEach(async () => {
  await peer?.kill();
  peer = undefined;
  await victim.stop();
});

describe("a peer that has died", () => {
  const heartbeat = { intervalMs: 300, timeoutMs: 300 };

  it("as a process that was stopped, is found by the heartbeat and terminated", async () => {
    victim = await Victim.start({ heartbeat });
    await attack(victim, async () => {
      const stopped = await Peer.start(victim, 5);
      peer = stopped;
      expect((await victim.vitals()).clients).toBe(6);
      stopped.stop();
      // Its kernel still takes what it is sent: only the silence tells.
      expect((await victim.vitalsWhen(({ clients }) => clients === 1)).clients).toBe(1);
    });
  });

  it("is alive as long as it answers pings", async () => {
    victim = await Victim.start({ heartbeat });
    await attack(victim, async () => {
      const raw = await victim.open();
      for (let beat = 0; beat < 3; beat += 1) {
        const { opcode, payload } = await raw.nextFrame();
        expect(opcode).toBe(opcodes.ping);
        raw.write(frame({ opcode: opcodes.pong, payload }));
      }
      expect((await victim.vitals()).clients).toBe(2);
      // Pongs are over: it reads pings and answers none.
      await raw.framesUntilEnd();
      raw.destroy();
    });
  });

  it("as a process that was killed, gives its places back", async () => {
    victim = await Victim.start({ maxConnections: 6, heartbeat: false });
    await attack(victim, async () => {
      const killed = await Peer.start(victim, 5);
      peer = killed;
      expect(await victim.status()).toBe(503);
      await killed.kill();
      expect((await victim.vitalsWhen(({ clients }) => clients === 1)).clients).toBe(1);
      peer = await Peer.start(victim, 5);
      await peer.kill();
    });
  });
});
