import { expect, it } from "vitest";
import { attackNames } from "./attacks/index.ts";
import { help, parseOptions } from "./options.ts";

it("runs all attacks unless told otherwise", () => {
  expect(parseOptions([])).toEqual({
    attacks: attackNames,
    rounds: 15,
    windowSeconds: 3,
    strength: 1,
    writes: false,
  });
  expect(parseOptions(["--attacks", "garbage, ping-flood"])).toMatchObject({
    attacks: ["garbage", "ping-flood"],
  });
});

it("prints its help, and the attacks", () => {
  expect(parseOptions(["--help"])).toBe(help);
  for (const name of attackNames) expect(parseOptions(["--list"])).toContain(name);
});

it("names the option and what it accepts", () => {
  expect(() => parseOptions(["--rounds", "none"])).toThrow("--rounds accepts a number from 1");
  expect(() => parseOptions(["--attacks", "tickle"])).toThrow("--attacks accepts slow-headers");
});
