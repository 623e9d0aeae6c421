/** What all measures of durable delivery are told. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AskedProcess } from "../asked-process.ts";
import type { Cores } from "../machine.ts";

export interface DurablePlan {
  readonly cores: Cores;
  readonly rounds: number;
  readonly windowMs: number;
  /** Too few and too short for a result: to see whether everything works. */
  readonly isQuick: boolean;
  /** With the largest log, too. */
  readonly isLong: boolean;
  /** Runs packages from their sources instead of as built. */
  readonly isFromSource?: boolean;
  /** For logs; on the disk that is measured. */
  readonly folder: string;
  onStep(group: string, what: string): void;
}

/** The options of `server.mjs`. */
export interface ServerOptions {
  readonly log: "none" | "memory" | "lmdb";
  /** Of the log, under the plan's folder. */
  readonly name?: string;
  /** The option `connectionStateRecovery`; left out by default. */
  readonly recovery?: false | Record<string, never>;
  /** Whether rooms have rules, by their first word: "disk:", "process:" or "plain:". */
  readonly rules?: boolean;
  /** Whether rooms keep all; else they keep what rooms keep by default. */
  readonly keepsAll?: boolean;
}

/** What a server has spent so far. */
export interface Usage {
  readonly cpuMicroseconds: number;
  /** That are connected. */
  readonly clients: number;
}

const here = fileURLToPath(new URL(".", import.meta.url));

/** Starts a server on its core. Without `isOldLog` its log is a new one. */
export function startServer(
  plan: DurablePlan,
  { name = "log", ...options }: ServerOptions,
  isOldLog = false,
): Promise<AskedProcess> {
  const path = join(plan.folder, name);
  if (!isOldLog) rmSync(path, { recursive: true, force: true });
  return AskedProcess.start({
    script: join(here, "server.mjs"),
    args: [JSON.stringify({ ...options, path })],
    core: plan.cores.server,
    isFromSource: plan.isFromSource === true,
    exposesGc: true,
    nodeFlags: profileFlags(),
  });
}

/** Starts a process for clients, on the other core. */
export function startClients(plan: DurablePlan): Promise<AskedProcess> {
  return AskedProcess.start({ script: join(here, "clients.mjs"), core: plan.cores.generator });
}

/** `BENCH_PROFILE=folder npm run bench:durable` has each server leave a profile there. */
function profileFlags(): string[] {
  const { BENCH_PROFILE: folder } = process.env;
  return folder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${folder}`];
}
