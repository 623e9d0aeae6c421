import { expect, test } from "vitest";
import type { Contender } from "./contenders.ts";
import type { ContenderName } from "./levels.ts";
import type { Measurement } from "./plan.ts";
import type { Scenario } from "./scenario.ts";
import { loadScenario } from "./scenarios.ts";
import { judge } from "./verdict.ts";
import type { Window } from "./window.ts";

function contender(name: ContenderName): Contender {
  return { level: "websocket", name, label: name, command: () => [] };
}

const window: Window = {
  cpuMicroseconds: 1,
  perSecond: 1,
  p50Microseconds: 1,
  p99Microseconds: 100,
  p999Microseconds: 1,
  serverShare: 1,
  generatorShare: 0.5,
  foreignShare: 0,
  overloaded: false,
  latenessP99Microseconds: 1,
};

function measurement(
  scenario: Scenario,
  figures: Partial<Record<ContenderName, number[]>>,
  windows: Partial<Window> = {},
): Measurement {
  return {
    scenario,
    measured: Object.entries(figures).map(([name, values]) => ({
      contender: contender(name as ContenderName),
      figures: values,
      windows: values.map(() => ({ ...window, ...windows })),
    })),
    windows: 6,
    noisyWindows: 0,
  };
}

const echo = loadScenario("echo-32b-1");

test("a goal is met at its very limit and missed above", () => {
  const met = judge(measurement(echo, { openline: [0.4, 0.4, 0.4], ws: [1, 1, 1] }));
  const missed = judge(measurement(echo, { openline: [0.41, 0.41, 0.41], ws: [1, 1, 1] }));
  expect(met.goals.map((goal) => goal.isMet)).toEqual([true]);
  expect(missed.goals.map((goal) => goal.isMet)).toEqual([false]);
});

test("figures are compared with those of the same round", () => {
  // The machine was three times slower in the second round, for both.
  const verdict = judge(measurement(echo, { openline: [1, 3, 1], ws: [2, 6, 2] }));
  expect(verdict.contenders[0]?.ratio).toEqual({ median: 0.5, low: 0.5, high: 0.5 });
});

test("a goal against a contender that was not measured is left out", () => {
  const fanout = loadScenario("fanout-16");
  const verdict = judge(measurement(fanout, { openline: [1], ws: [100] }));
  expect(verdict.goals.map((goal) => goal.against)).toEqual(["ws"]);
});

test("a generator without time left is named", () => {
  const busy = judge(measurement(echo, { ws: [1] }, { generatorShare: 0.95 }));
  const free = judge(measurement(echo, { ws: [1] }, { generatorShare: 0.85 }));
  expect(busy.contenders[0]?.isGeneratorBound).toBe(true);
  expect(free.contenders[0]?.isGeneratorBound).toBe(false);
});

test("at a fixed rate the generator is named when it was late itself, not when it was busy", () => {
  const latency: Scenario = {
    level: "websocket",
    kind: "latency",
    name: "latency",
    title: "Latency",
    goals: [],
    paceOf: "echo-32b-1",
    share: 0.6,
  };
  const late = judge(measurement(latency, { ws: [100] }, { latenessP99Microseconds: 50 }));
  const busy = judge(measurement(latency, { ws: [100] }, { generatorShare: 1 }));
  expect(late.contenders[0]?.isGeneratorBound).toBe(true);
  expect(busy.contenders[0]?.isGeneratorBound).toBe(false);
});
