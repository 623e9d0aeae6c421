import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { implementations } from "../socket-io-implementations.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = new URL("./programs/", import.meta.url);
const programs = readdirSync(folder).toSorted();

/** What a program says that it prints, in the comment at its end. */
function promised(source: string): string[] {
  const [, comment = ""] = source.split("// Prints:\n");
  return comment
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^\/\/ ?/, ""));
}

/** Runs a program with nothing changed but the name that its server is imported by. */
function run(name: string, specifier: string): Promise<string[]> {
  const source = readFileSync(new URL(name, folder), "utf8");
  const changed = source.replace(/(from |require\()"socket\.io"/, `$1"${specifier}"`);
  if (specifier !== "socket.io" && changed === source) throw new Error(`${name} imports no server`);
  const type = name.endsWith(".cjs") ? "commonjs" : "module";
  const args = ["--conditions=@openline/source", "--import", "tsx", `--input-type=${type}`];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [...args, "--eval", changed],
      { cwd: root, env: { ...process.env, NODE_OPTIONS: "" }, timeout: 25_000 },
      (error, stdout, stderr) => {
        if (error || stderr !== "") {
          reject(new Error(`${name}: ${error?.message}\n${stdout}\n${stderr}`));
        } else resolve(stdout.trimEnd().split("\n"));
      },
    );
  });
}

describe.each(implementations)("tutorials with $name", ({ name: specifier }) => {
  test.concurrent.each(programs)("%s", async (name) => {
    const source = readFileSync(new URL(name, folder), "utf8");
    expect(await run(name, specifier)).toEqual(promised(source));
  });
});

test("there are as many as were promised", () => {
  expect(programs.length).toBeGreaterThanOrEqual(20);
});
