import { describe, expect, test } from "vitest";
import { formatDuration, formatTable } from "./display.ts";

describe("durations", () => {
  test.each([
    [0, "0 ms"],
    [850, "850 ms"],
    [4_240, "4.2 s"],
    [59_900, "59.9 s"],
    [59_960, "1 min 00 s"],
    [125_000, "2 min 05 s"],
  ])("%d ms reads %s", (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});

test("the table shows every step, what came of it and how long it took", () => {
  const step = (name: string) => ({ name, command: [], timeoutMs: 1 });
  const table = formatTable([
    {
      step: step("lint"),
      tally: { passed: 1, failed: 0, skipped: 0 },
      durationMs: 900,
      logFile: "",
    },
    {
      step: step("unit tests"),
      tally: { passed: 210, failed: 2, skipped: 1 },
      durationMs: 61_000,
      note: "ended by SIGKILL",
      logFile: "",
    },
  ]);
  expect(table.split("\n").map((line) => line.trimEnd())).toEqual([
    "✔ lint        1 passed                                                900 ms",
    "✖ unit tests  210 passed, 2 failed, 1 skipped (ended by SIGKILL)  1 min 01 s",
    expect.stringMatching(/^─+ {2}─+ {2}─+$/),
    "  together    211 passed, 2 failed, 1 skipped                     1 min 02 s",
  ]);
});
