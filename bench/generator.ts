/** The load generator, a C program that is started for each window. */
import { type ChildProcess, spawn } from "node:child_process";
import { type Cores, pinned } from "./machine.ts";

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
