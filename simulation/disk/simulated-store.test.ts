import { logContract } from "openline/testing";
import { describe, expect, test } from "vitest";
import { Scheduler } from "../world/scheduler.ts";
import { Disk, type DiskHabits } from "./disk.ts";
import { Machine, SimulatedStore } from "./simulated-store.ts";

const habits: DiskHabits = { writeMs: 5, syncMs: 20, readMs: 3, stallMs: 100, stallShare: 0.05 };

describe("the simulated log keeps the contract of logs", () => {
  for (const { name, run } of logContract) {
    test(name, async () => {
      const scheduler = new Scheduler(7, 0);
      const machine = new Machine(scheduler, habits);
      let isOver = false;
      const ran = run(() => Promise.resolve(new SimulatedStore(machine, "disk"))).finally(() => {
        isOver = true;
      });
      while (!isOver)
        if (!(await scheduler.step())) await new Promise((resolve) => setImmediate(resolve));
      await ran;
    });
  }
});

describe("a crash of the simulated disk", () => {
  /** Appends one after another until a crash; tells what was safe and what was left. */
  async function crashed(seed: number, kind: "kill" | "power"): Promise<Record<string, number>> {
    const scheduler = new Scheduler(seed, 0);
    const disk = new Disk(scheduler, habits);
    const safe = { process: 0, disk: 0 };
    for (let sequence = 1; sequence <= 20; sequence += 1) {
      const durability = scheduler.random.pick(["process", "disk"] as const);
      const entry = { room: "r", id: null, timeMs: 0, payload: new Uint8Array(1), sequence };
      disk.submit({ kind: "append", entries: [{ ...entry, offset: sequence }] }, durability, () => {
        safe[durability] = sequence;
      });
      if (scheduler.random.chance(0.5)) await scheduler.step();
    }
    const left = scheduler.random.below(30);
    for (let step = 0; step < left; step += 1) await scheduler.step();
    disk.crash(kind);
    return { ...safe, head: disk.written.sequence };
  }

  const seeds = Array.from({ length: 300 }, (_, seed) => seed);

  test("keeps what is safe from it, and not always more", async () => {
    let lost = 0;
    for (const seed of seeds) {
      const kill = await crashed(seed, "kill");
      expect(kill.head).toBeGreaterThanOrEqual(Math.max(kill.process ?? 0, kill.disk ?? 0));
      const power = await crashed(seed, "power");
      expect(power.head).toBeGreaterThanOrEqual(power.disk ?? 0);
      if ((power.head ?? 0) < (power.process ?? 0)) lost += 1;
    }
    expect(lost).toBeGreaterThan(0);
  });
});
