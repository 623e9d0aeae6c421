import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { measureAcknowledged } from "./acknowledged.ts";
import type { DurablePlan } from "./plan.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "openline-bench-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("publishes until they are acknowledged, in rooms of every kind, and counts them", async () => {
  const steps: string[] = [];
  const plan: DurablePlan = {
    cores: { server: -1, generator: -1 },
    rounds: 1,
    windowMs: 20,
    isQuick: true,
    isLong: false,
    isFromSource: true,
    folder,
    onStep: (_, what) => steps.push(what),
  };
  const { publishes } = await measureAcknowledged(plan);
  expect(publishes.map(({ name }) => name)).toContain("disk-ids");
  for (const { perSecond, cpuMicroseconds, figure } of publishes) {
    expect(perSecond).toBeGreaterThan(0);
    expect(cpuMicroseconds).toBeGreaterThan(0);
    expect(figure.median).toBe(perSecond);
  }
  // A round that is not counted, and one that is.
  expect(steps).toHaveLength(2 * publishes.length);
});
