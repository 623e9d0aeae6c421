import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (name: string): string =>
  readFileSync(new URL(`./types/${name}.ts`, import.meta.url), "utf8");

// `tsc -p tsconfig.json` compiles both; this keeps them one program.
test("the program that is compiled against our types is Socket.IO's, but for its import", () => {
  expect(read("openline")).toBe(read("socket.io").replace('from "socket.io";', 'from "openline";'));
});
