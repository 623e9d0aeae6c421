import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (name: string): string =>
  readFileSync(new URL(`./types/${name}.ts`, import.meta.url), "utf8");

// `tsc -p tsconfig.json` compiles both; this keeps them one program.
test("the program that is compiled against our types is the one for ws, but for its import", () => {
  const expected = read("ws").replace('from "ws";', 'from "@openline/websocket";');
  // The formatter sorts imports by the name of the module.
  const lines = (source: string) => source.split("\n").toSorted();
  expect(lines(read("openline"))).toEqual(lines(expected));
});
