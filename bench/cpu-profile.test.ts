import { expect, test } from "vitest";
import { type CpuProfile, selfTimes } from "./cpu-profile.ts";
import { root } from "./paths.ts";

function node(id: number, functionName: string, url = "", lineNumber = 0): CpuProfile["nodes"][0] {
  return { id, callFrame: { functionName, url, lineNumber } };
}

test("adds up the samples of a function wherever it was called from, most first", () => {
  const frames = `file://${root}/node_modules/ws/lib/sender.js`;
  const profile: CpuProfile = {
    nodes: [
      node(1, "(idle)"),
      node(2, "send", frames, 9),
      node(3, "(program)"),
      node(4, "send", frames, 9),
    ],
    samples: [1, 2, 3, 4],
    timeDeltas: [10, 30, 50, 40],
  };
  expect(selfTimes(profile)).toEqual([
    ["send  ws/lib/sender.js:10", 70],
    ["(program)", 50],
    ["(poll phase: reading from sockets, or waiting)", 10],
  ]);
});
