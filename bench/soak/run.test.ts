import { expect, test } from "vitest";
import { payloadOf, sequenceOf } from "./payload.mjs";
import { plotOf } from "./plot.ts";
import { markdownOf, textOf } from "./report.ts";
import { runSoak, type SoakProgress } from "./run.ts";

test("holds 50 connections for some seconds, and checks what they get", async () => {
  const phases: SoakProgress["phase"][] = [];
  const results = await runSoak({
    connections: 50,
    minutes: 0.05,
    broadcastsPerSecond: 20,
    isFromSource: true,
    onProgress: ({ phase }) => phases.push(phase),
  });
  expect(results.failures).toEqual([]);
  expect(results.broadcasts).toBeGreaterThan(5);
  // Each but those that came or went meanwhile gets every message.
  expect(results.deliveries).toBeGreaterThan(results.broadcasts * 45);
  expect(results.deliveries).toBeLessThanOrEqual(results.broadcasts * 50);
  expect(results.churned).toBeGreaterThan(0);
  expect(Math.max(...results.samples.map(({ connections }) => connections))).toBe(50);
  expect(results.settled.length).toBeGreaterThanOrEqual(3);
  expect(results.settled.every(({ rss, live }) => rss > live && live > 0)).toBe(true);
  expect(Number.isFinite(results.residentKbPerMinute.median + results.liveKbPerMinute.median)).toBe(
    true,
  );
  expect([...new Set(phases)]).toEqual(["connecting", "settling", "soaking", "counting"]);

  expect(textOf(results)).toContain("Every client got every message once, in order and unchanged");
  expect(markdownOf(results)).toContain("| Deliveries, each checked |");
  const svg = plotOf(results);
  expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
}, 60_000);

test("messages are the same on both sides, and differ from each other", () => {
  const first = payloadOf(1, 7);
  expect(payloadOf(1, 7).equals(first)).toBe(true);
  expect(sequenceOf(first)).toBe(7);
  expect(payloadOf(1, 8).equals(first)).toBe(false);
  expect(payloadOf(2, 7).equals(first)).toBe(false);
  const lengths = Array.from({ length: 500 }, (_, sequence) => payloadOf(3, sequence).length);
  expect(Math.min(...lengths)).toBeGreaterThanOrEqual(16);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(1024);
  expect(new Set(lengths).size).toBeGreaterThan(100);
});
