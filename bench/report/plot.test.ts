import { expect, test } from "vitest";
import type { ScenarioVerdict } from "../verdict.ts";
import { plotOf } from "./plot.ts";
import type { Results } from "./run-results.ts";

const summary = (value: number) => ({ median: value, low: value, high: value });

function contender(name: "openline" | "ws" | "bun", label: string, ratio: number) {
  return {
    name,
    label,
    figure: summary(ratio * 10),
    ratio: summary(ratio),
    isGeneratorBound: name === "bun",
    isOverloaded: false,
  };
}

const verdict: ScenarioVerdict = {
  level: "websocket",
  name: "echo",
  title: "Echo, 32 B & more",
  kind: "load",
  unit: "CPU µs/message",
  windows: 3,
  noisyWindows: 0,
  contenders: [
    contender("openline", "Openline", 0.25),
    contender("ws", "ws <8>", 1),
    contender("bun", "Bun", 2),
  ],
  goals: [{ against: "ws", atMost: 0.4, ratio: 0.25, isMet: true }],
};

const results: Results = {
  level: "websocket",
  startedAt: "2026-01-02T03:04:05.000Z",
  durationMs: 1000,
  node: "v20.0.0",
  machine: { cpu: "a CPU", cores: 2, kernel: "6.0" },
  rounds: 7,
  isComplete: true,
  scenarios: [verdict],
};

/** The bar of a contender in the picture. */
function barOf(svg: string, name: string): { x: number; width: number } {
  const pattern = `<rect x="([\\d.]+)" y="(?!80")[\\d.]+" width="([\\d.]+)"[^>]*--${name}\\)`;
  const [, x, width] = new RegExp(pattern).exec(svg) ?? [];
  return { x: Number(x), width: Number(width) };
}

test("equal factors have bars of equal length, to either side of ws", () => {
  const svg = plotOf(results);
  const left = barOf(svg, "openline");
  const right = barOf(svg, "bun");
  expect(left.width).toBeCloseTo(2 * right.width, 0);
  expect(left.x + left.width).toBeCloseTo(right.x, 0);
});

test("labels cannot break out of the markup", () => {
  const svg = plotOf(results);
  expect(svg).toContain("32 B &amp; more");
  expect(svg).toContain("ws &lt;8&gt;".replace("&gt;", ">"));
  expect(svg).not.toMatch(/&(?!amp;|lt;|quot;)/);
});

test("the outcome of a goal, and a generator at its limit, are shown", () => {
  const svg = plotOf(results);
  expect(svg).toContain("✔ goal ≤ 0.4");
  expect(svg).toContain("2.00 †");
});

test("a run without ws draws no rows, and no broken numbers", () => {
  const { ratio: _, ...alone } = contender("openline", "Openline", 1);
  const svg = plotOf({ ...results, scenarios: [{ ...verdict, contenders: [alone], goals: [] }] });
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});
