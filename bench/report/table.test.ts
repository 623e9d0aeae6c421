import { expect, test } from "vitest";
import type { ScenarioVerdict } from "../verdict.ts";
import { formatFigure, formatLatency, formatRatio } from "./format.ts";
import { formatMarkdown, formatSummary, formatTable, notesOf } from "./table.ts";

const verdict: ScenarioVerdict = {
  level: "websocket",
  name: "echo",
  title: "Echo",
  kind: "load",
  unit: "CPU µs/message",
  windows: 10,
  noisyWindows: 3,
  contenders: [
    {
      name: "bun",
      label: "Bun",
      figure: { median: Number.NaN, low: Number.NaN, high: Number.NaN },
      isGeneratorBound: false,
      isOverloaded: false,
      failure: "wrong bytes",
    },
  ],
  goals: [
    { against: "ws", atMost: 0.4, ratio: 0.39, isMet: true },
    { against: "bun", atMost: 1.1, ratio: 1.2, isMet: false },
  ],
};

test("columns of a table line up", () => {
  const lines = formatTable({
    head: ["server", "n"],
    rows: [
      ["a", "1,000"],
      ["long name", "2"],
    ],
  }).split("\n");
  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
});

test("Markdown aligns numbers to the right", () => {
  expect(formatMarkdown({ head: ["server", "n"], rows: [["a", "1"]] })).toBe(
    "| server | n |\n| --- | ---: |\n| a | 1 |",
  );
});

test("goals, failures and noise are said below a table", () => {
  expect(notesOf(verdict)).toEqual([
    "goal ≤ 0.4 × ws: 0.39 ✔ met",
    "goal ≤ 1.1 × bun: 1.20 ✘ missed",
    "Bun failed: wrong bytes",
    "noisy: other processes disturbed 3 of 10 windows",
  ]);
});

test("the end of a run says how many goals are met, and that the machine was noisy", () => {
  expect(formatSummary([verdict])).toMatch(/1 of 2 goals met\nthe machine was noisy: .* 3 of 10/);
  expect(formatSummary([{ ...verdict, noisyWindows: 1 }])).toMatch(/mostly quiet/);
  expect(formatSummary([{ ...verdict, noisyWindows: 0 }])).toMatch(/the machine was quiet/);
});

test("numbers are short, and never an exponent", () => {
  expect([1234.5, 12.345, 1.2345, 0.012345, 0].map(formatFigure)).toEqual([
    "1235",
    "12.3",
    "1.23",
    "0.0123",
    "0",
  ]);
  expect(formatFigure(Number.NaN)).toBe("–");
  expect([0.0451, 0.451, 4.51].map(formatRatio)).toEqual(["0.045", "0.45", "4.51"]);
  expect([12, 1234, 1.5e6].map(formatLatency)).toEqual(["12.0 µs", "1.23 ms", "1.50 s"]);
});
