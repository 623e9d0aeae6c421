import { execFile } from "node:child_process";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { implementations } from "../socket-io-implementations.ts";

const folder = new URL("./courses/", import.meta.url);
const names = readdirSync(folder).toSorted();

/** Where programs find the packages, as in a project of their own. TypeScript needs a file. */
const project = mkdtempSync(join(tmpdir(), "courses-"));
symlinkSync(
  fileURLToPath(new URL("../../node_modules", import.meta.url)),
  join(project, "node_modules"),
);
afterAll(() => rmSync(project, { recursive: true }));

/** What a program says at its end that it prints. */
function expectedOf(source: string): { lines: string[]; isOrdered: boolean } {
  const [, how, block] =
    /\n\/\/ Prints(, in any order)?:\n((?:\/\/ {3}.*\n?)+)$/.exec(source) ?? [];
  if (block === undefined) throw new Error("a program ends with what it prints");
  const lines = block.trimEnd().split("\n");
  return { lines: lines.map((line) => line.slice("//   ".length)), isOrdered: how === undefined };
}

/** Runs a program with nothing changed but the name that it imports. */
function run(specifier: string, name: string, source: string): Promise<string[]> {
  const changed = source.replace(/(from |require\()"socket\.io"/g, `$1"${specifier}"`);
  if (!changed.includes(`"${specifier}"`)) throw new Error(`${name} imports no server`);
  const file = join(project, `${specifier}-${name}`);
  writeFileSync(file, changed);
  const args = ["--conditions=@openline/source", "--import", "tsx", file];
  const env = { ...process.env, NODE_OPTIONS: "" };
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { cwd: project, env, timeout: 25_000 },
      (error, stdout, stderr) => {
        if (error || stderr !== "") {
          reject(new Error(`${name}: ${error?.message}\n${stdout}\n${stderr}`));
        } else resolve(stdout.trimEnd().split("\n"));
      },
    );
  });
}

/** Applications as courses and Socket.IO's site have them, at their length. */
describe.each(implementations)("courses with $name", (implementation) => {
  test.concurrent.each(names)("%s", async (name) => {
    const source = readFileSync(new URL(name, folder), "utf8");
    const { lines: expected, isOrdered } = expectedOf(source);
    const lines = await run(implementation.name, name, source);
    if (isOrdered) expect(lines).toEqual(expected);
    else expect(lines.toSorted()).toEqual(expected.toSorted());
  });
});
