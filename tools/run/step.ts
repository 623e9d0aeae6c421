import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "../workspaces.ts";
import { type Tally, tallyOfCommand, tallyOfTests, type VitestReport } from "./tally.ts";

/** One thing that `npm test` runs: a command, run from the repository's root. */
export interface Step {
  readonly name: string;
  /** The executable and its arguments. */
  readonly command: readonly string[];
  /** What the command's environment holds beyond this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** True for a vitest run, whose tests are counted one by one. */
  readonly isVitest?: boolean;
  /** The step is not run, and counts as failed, unless this other one has succeeded. */
  readonly after?: string;
  /** When the step is killed with all its children and counts as failed. */
  readonly timeoutMs: number;
}

export interface Outcome {
  readonly step: Step;
  readonly tally: Tally;
  readonly durationMs: number;
  /** Why the step failed, where its own output does not say so. */
  readonly note?: string;
  /** Everything that the step printed. */
  readonly logFile: string;
}

/** Where the output of each step is kept until the next run. */
export const defaultLogFolder: string = join(root, ".cache", "test-logs");

/** The file that a step's output goes to, as it comes. */
export function logFileOf(step: Step, logFolder: string = defaultLogFolder): string {
  return join(logFolder, `${fileName(step)}.log`);
}

/** The process group of the step that is running. */
let runningGroup: number | undefined;

/** Kills the running step with all its children; for the moment when the run itself is ended. */
export function killRunningStep(): void {
  if (runningGroup !== undefined) killGroup(runningGroup, "SIGKILL");
}

/**
 * Runs one step to its end, or to its deadline.
 *
 * The output goes straight to a file rather than through a pipe: a child that outlives the step
 * could hold a pipe open for ever. What outlives the step is killed.
 */
export async function runStep(step: Step, logFolder: string = defaultLogFolder): Promise<Outcome> {
  mkdirSync(logFolder, { recursive: true });
  const logFile = logFileOf(step, logFolder);
  const reportFile = join(logFolder, `${fileName(step)}.json`);
  // A report of an earlier run must not speak for this one.
  rmSync(reportFile, { force: true });

  const [executable = "", ...args] = step.command;
  if (step.isVitest) args.push("--reporter=default", "--reporter=json", "--outputFile", reportFile);

  const startedAt = performance.now();
  const { exitCode, note } = await run(executable, args, logFile, step);
  const durationMs = performance.now() - startedAt;

  const tally = step.isVitest
    ? tallyOfTests(exitCode === 0, readReport(reportFile))
    : tallyOfCommand(exitCode === 0);
  return { step, tally, durationMs, logFile, ...(note !== undefined && { note }) };
}

interface Exit {
  readonly exitCode: number | null;
  readonly note?: string;
}

function run(
  executable: string,
  args: readonly string[],
  logFile: string,
  { environment, timeoutMs }: Step,
): Promise<Exit> {
  const log = openSync(logFile, "w");
  const { FORCE_COLOR: _, ...inherited } = process.env;
  const child = spawn(executable, args, {
    cwd: root,
    env: { ...inherited, NO_COLOR: "1", ...environment },
    stdio: ["ignore", log, log],
    // A process group of its own, so that the step can be ended with all its children.
    detached: true,
  });
  closeSync(log);
  runningGroup = child.pid;

  return new Promise((resolve) => {
    let hasTimedOut = false;
    const deadline = setTimeout(() => {
      hasTimedOut = true;
      killGroup(child.pid, "SIGKILL");
    }, timeoutMs);

    function end(exit: Exit): void {
      clearTimeout(deadline);
      killGroup(child.pid, "SIGKILL");
      runningGroup = undefined;
      resolve(exit);
    }
    child.on("error", (error) => end({ exitCode: null, note: error.message }));
    child.on("exit", (exitCode, signal) => {
      if (hasTimedOut) end({ exitCode: null, note: `killed after ${timeoutMs / 1000} s` });
      else if (signal) end({ exitCode, note: `ended by ${signal}` });
      else end({ exitCode });
    });
  });
}

function killGroup(group: number | undefined, signal: NodeJS.Signals): void {
  if (group === undefined) return;
  try {
    process.kill(-group, signal);
  } catch {
    // Nobody of the group is left.
  }
}

function readReport(file: string): VitestReport | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as VitestReport;
  } catch {
    return undefined;
  }
}

function fileName(step: Step): string {
  return step.name.replaceAll(/[^a-z0-9]+/gi, "-").toLowerCase();
}
