/** The load generator: compiled when its source has changed, started for each window. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Cores, pinned } from "./machine.ts";
import { benchFolder, cacheFolder } from "./paths.ts";

/** What the generator saw in one window; times in nanoseconds. */
export interface GeneratorReport {
  readonly messages: number;
  readonly windowNs: number;
  /** All threads of the server, user and kernel. */
  readonly serverCpuNs: number;
  readonly generatorCpuNs: number;
  readonly serverCoreIdleNs: number;
  readonly generatorCoreIdleNs: number;
  /** Taken from these cores by the hypervisor. */
  readonly stealNs: number;
  readonly p50Ns: number;
  readonly p99Ns: number;
  readonly p999Ns: number;
  readonly maxNs: number;
  /** How late the generator itself sent, at a fixed rate. */
  readonly latenessP99Ns: number;
  /** The server did not keep up with the rate. */
  readonly overloaded: boolean;
  /** The compressed form of each payload, in hex. */
  readonly samples?: readonly string[];
}

const compilerFlags = ["-O2", "-std=gnu11", "-Wall", "-Wextra"];

/** Compiles the generator unless this very source is compiled already; returns its path. */
export function compileGenerator(say: (line: string) => void): string {
  const folder = join(benchFolder, "generator");
  const files = readdirSync(folder).sort();
  const hash = createHash("sha256").update(compilerFlags.join(" "));
  for (const file of files) hash.update(file).update(readFileSync(join(folder, file)));
  const program = join(cacheFolder(), `generator-${hash.digest("hex").slice(0, 12)}`);
  if (existsSync(program)) return program;
  say("compiling the load generator");
  const sources = files.filter((file) => file.endsWith(".c")).map((file) => join(folder, file));
  const compiler = process.env.CC ?? "cc";
  const { error, status, stderr } = spawnSync(
    compiler,
    [...compilerFlags, "-o", program, ...sources],
    { encoding: "utf8" },
  );
  if (error) {
    throw new Error(
      `no C compiler (${compiler}): the load generator is written in C. ` +
        "On Debian: apt-get install gcc libc6-dev",
      { cause: error },
    );
  }
  if (status !== 0) throw new Error(`the load generator does not compile:\n${stderr}`);
  return program;
}

export interface GeneratorOptions {
  readonly program: string;
  readonly cores: Cores;
  readonly serverPid: number;
  /** Flags as `generator/options.c` reads them. */
  readonly flags: Readonly<Record<string, string | number>>;
}

/** Starts the generator; its output is the caller's to read. */
export function startGenerator(options: GeneratorOptions): ChildProcess {
  const flags = Object.entries(options.flags).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  const [command = "", ...rest] = pinned(options.cores.generator, [
    options.program,
    ...flags,
    ...["--server-pid", String(options.serverPid)],
    ...["--server-core", String(options.cores.server)],
    ...["--generator-core", String(options.cores.generator)],
  ]);
  return spawn(command, rest, { stdio: ["pipe", "pipe", "pipe"] });
}

/** Runs the generator to its end. Rejects with its own words when a check failed. */
export async function runGenerator(options: GeneratorOptions): Promise<GeneratorReport> {
  const child = startGenerator(options);
  const [stdout, stderr, code] = await Promise.all([
    textOf(child.stdout!),
    textOf(child.stderr!),
    new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", resolve);
    }),
  ]);
  if (code !== 0) throw new Error(stderr.trim() || `the generator ended with ${code}`);
  return JSON.parse(stdout) as GeneratorReport;
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += chunk;
  return text;
}
