import { expect, test } from "vitest";
import { measureNames, parseOptions } from "./options.ts";

test("without options everything is measured, in rounds enough for a result", () => {
  const options = parseOptions([]);
  expect(options).toEqual({ measures: measureNames, rounds: 7, isQuick: false, isLong: false });
});

test("measures are chosen by name, and kept in their order", () => {
  const options = parseOptions(["--only", "storm, ephemeral", "--quick", "--json", "my.json"]);
  expect(options).toMatchObject({
    measures: ["ephemeral", "storm"],
    rounds: 2,
    isQuick: true,
    jsonFile: "my.json",
  });
});

test("what an option does not accept is named with what it does", () => {
  expect(() => parseOptions(["--only", "echo"])).toThrow(/--only accepts ephemeral.*not "echo"/);
  expect(() => parseOptions(["--rounds", "0"])).toThrow(/--rounds accepts a whole number from 1/);
});

test("help is text", () => {
  expect(parseOptions(["--help"])).toContain("--long");
});
