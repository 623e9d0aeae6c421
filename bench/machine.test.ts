import { expect, test } from "vitest";
import { chooseCores, parseCoreList, pinned } from "./machine.ts";

test("a list of cores may hold ranges", () => {
  expect(parseCoreList("0-2,5,7-8")).toEqual([0, 1, 2, 5, 7, 8]);
});

test("server and generator get different cores, or the bench says why not", () => {
  const { server, generator, warning } = chooseCores();
  expect(server !== generator || warning !== undefined).toBe(true);
});

test("without a core a command stays as it is", () => {
  expect(pinned(-1, ["node", "x"])).toEqual(["node", "x"]);
  expect(pinned(3, ["node", "x"])).toEqual(["taskset", "--cpu-list", "3", "node", "x"]);
});
