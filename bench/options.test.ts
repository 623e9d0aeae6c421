import { expect, test } from "vitest";
import { type BenchOptions, parseOptions } from "./options.ts";
import { scenarios } from "./scenarios.ts";

function parse(...words: string[]): BenchOptions {
  const options = parseOptions(words);
  if (typeof options === "string") throw new Error("text instead of options");
  return options;
}

test("by default everything is measured, in enough rounds for a result", () => {
  const options = parse();
  expect(options.scenarios).toEqual(scenarios);
  expect(options.rounds).toBeGreaterThanOrEqual(5);
});

test.each([
  ["echo-32b, memory", ["echo-32b-1", "echo-32b-16", "memory"]],
  ["echo-32b-1", ["echo-32b-1"]],
])("--only %s takes names and their beginnings", (text, expected) => {
  expect(parse("--only", text).scenarios.map(({ name }) => name)).toEqual(expected);
});

test("--level takes one of the two", () => {
  const { scenarios: chosen, levels } = parse("--level", "socket.io");
  expect(levels).toEqual(["socket.io"]);
  expect(chosen.length).toBeGreaterThan(0);
  expect(chosen.every(({ level }) => level === "socket.io")).toBe(true);
});

test("the levels are those of the chosen scenarios", () => {
  expect(parse("--only", "echo").levels).toEqual(["websocket"]);
  expect(parse().levels).toEqual(["websocket", "socket.io"]);
});

test("--servers keeps the order of the tables", () => {
  expect(parse("--servers", "ws,openline").servers).toEqual(["openline", "ws"]);
});

test.each([
  [["--only", "ecko"], /--only accepts .*echo-32b-1/],
  [["--servers", "wss"], /--servers accepts .*openline, ws/],
  [["--level", "http"], /--level accepts websocket or socket.io/],
  [["--level", "socket.io", "--only", "fanout"], /--only accepts .*io-echo-1/],
  [["--rounds", "0"], /--rounds accepts a whole number/],
  [["--rounds", "many"], /--rounds accepts a whole number/],
])("%j is refused with what is accepted", (words, message) => {
  expect(() => parseOptions(words)).toThrow(message);
});

test("--list names every scenario with its goals", () => {
  const text = parseOptions(["--list"]) as string;
  for (const { name } of scenarios) expect(text).toContain(name);
  expect(text).toContain("≤ 1.1 × bun");
});
