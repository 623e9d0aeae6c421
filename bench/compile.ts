/** Compiles the C programs of the bench, each when its source has changed. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { benchFolder, cacheFolder } from "./paths.ts";

const flags = ["-O2", "-std=gnu11", "-Wall", "-Wextra"];

/**
 * Compiles all C files of `bench/<name>` unless this very source is compiled already.
 *
 * Returns the path of the program.
 *
 * @throws Error that names the Debian package when there is no compiler
 */
export function compile(name: "generator" | "floor", say: (line: string) => void): string {
  const folder = join(benchFolder, name);
  const files = readdirSync(folder).sort();
  const hash = createHash("sha256").update(flags.join(" "));
  for (const file of files) hash.update(file).update(readFileSync(join(folder, file)));
  const program = join(cacheFolder(), `${name}-${hash.digest("hex").slice(0, 12)}`);
  if (existsSync(program)) return program;
  say(`compiling bench/${name}`);
  const sources = files.filter((file) => file.endsWith(".c")).map((file) => join(folder, file));
  const compiler = process.env.CC ?? "cc";
  const { error, status, stderr } = spawnSync(compiler, [...flags, "-o", program, ...sources], {
    encoding: "utf8",
  });
  if (error) {
    throw new Error(
      `no C compiler (${compiler}): bench/${name} is written in C, so that it costs little itself. ` +
        "On Debian: apt-get install gcc libc6-dev",
      { cause: error },
    );
  }
  if (status !== 0) throw new Error(`bench/${name} does not compile:\n${stderr}`);
  return program;
}
