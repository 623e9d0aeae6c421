import { expect, test } from "vitest";
import { plotOf } from "./plot.ts";
import { markdownOf } from "./report.ts";
import { type DurableResults, goalsOf } from "./results.ts";
import { rowsOf, type Window } from "./turns.ts";

function windows(...costs: number[]): Window[] {
  return costs.map((cpuMicroseconds) => ({
    cpuMicroseconds,
    messages: 1000,
    ms: 1000,
    p50: 10,
    p99: 20,
  }));
}

const rows = rowsOf(
  [
    { name: "ephemeral", label: "Ephemeral" },
    { name: "disk", label: "Durable, <disk>", against: "ephemeral", goal: { atMost: 1.25 } },
  ],
  new Map([
    ["ephemeral", windows(1, 2, 4)],
    ["disk", windows(1.2, 2.2, 8)],
  ]),
  ({ cpuMicroseconds }) => cpuMicroseconds,
);

const summary = (value: number) => ({ median: value, low: value, high: value });

const results: DurableResults = {
  startedAt: "2026-01-02T03:04:05.000Z",
  durationMs: 1000,
  node: "v20.0.0",
  machine: { cpu: "a CPU", cores: 2, kernel: "6.0" },
  loadBefore: 3,
  rounds: 3,
  isComplete: true,
  fanOut: { inFlight1: rows, inFlight16: rows.slice(0, 1) },
  recovery: {
    points: [1e4, 1e6].map((logMessages) => ({
      logMessages,
      missed: 100,
      cpu: summary(4000),
      time: summary(5000),
    })),
    growth: [{ missed: 100, ratio: 1.5 }],
  },
};

test("a ratio is taken within each round, and its median counts", () => {
  expect(rows[1]?.ratio).toMatchObject({ against: "ephemeral", median: 1.2 });
  expect(rows[1]?.goal).toEqual({ atMost: 1.25, isMet: true });
});

test("all goals of what was measured are judged, and none of what was not", () => {
  expect(goalsOf(results).map(({ value, isMet }) => [value, isMet])).toEqual([
    [1.2, true],
    [1.5, false],
  ]);
});

test("the tables say what missed its goal, and that the machine was not quiet", () => {
  const markdown = markdownOf(results);
  expect(markdown).toContain("1 of 2 goals met");
  expect(markdown).toContain(
    "Recovery of 100: largest log to smallest, goal ≤ 1.25: 1.50 ✘ missed",
  );
  expect(markdown).toContain("1.20 × Ephemeral");
  expect(markdown).toContain("Note: other programs were running");
});

test("the plot has a flat line for a cost that does not grow, and no broken numbers", () => {
  const svg = plotOf(results);
  const [, first, last] = /<path d="M[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)"/.exec(svg) ?? [];
  expect(first).toBe(last);
  expect(first).toBeDefined();
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  expect(svg).toContain("&lt;disk>");
});
