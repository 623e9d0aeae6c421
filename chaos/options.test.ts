import { expect, it } from "vitest";
import { parseOptions } from "./options.ts";
import { faultNames } from "./plan/faults.ts";

it("takes all faults for a minute if nothing is said", () => {
  expect(parseOptions([])).toMatchObject({
    seconds: 60,
    roundSeconds: 60,
    faults: faultNames,
    server: "openline",
    subscribers: 50,
    plant: null,
  });
});

it("takes what is said", () => {
  const words = "--seconds 10 --seed 7 --faults kill,drain --server socket.io --plant drop";
  expect(parseOptions(words.split(" "))).toMatchObject({
    seconds: 10,
    roundSeconds: 10,
    seed: 7,
    faults: ["kill", "drain"],
    server: "socket.io",
    plant: "drop",
  });
});

it("names the option and what it accepts", () => {
  expect(() => parseOptions(["--faults", "rain"])).toThrow(/--faults accepts cut, /);
  expect(() => parseOptions(["--seconds", "soon"])).toThrow(/--seconds accepts a whole number/);
  expect(() => parseOptions(["--server", "x"])).toThrow(/--server accepts openline, socket.io/);
  expect(() => parseOptions(["--seed=-1"])).toThrow(/--seed accepts/);
});

it("lists the faults and the bugs", () => {
  expect(parseOptions(["--list"])).toMatch(/half-open[\s\S]*early-acknowledgement/);
});
