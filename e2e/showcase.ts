import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "../tools/workspaces.ts";

const programs = join(root, "apps/showcase/dist/server");

/** The built showcase in a process of its own. */
export class RunningShowcase {
  readonly url: string;
  /** The folder of its log. */
  readonly data: string;
  private readonly child: ChildProcess;

  constructor(url: string, data: string, child: ChildProcess) {
    this.url = url;
    this.data = data;
    this.child = child;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Ends it as an operator does; resolves with the exit code. */
  async stop(): Promise<number | null> {
    return this.end("SIGTERM");
  }

  /** Stops it in the middle of whatever it does: it reads nothing more. `kill` still ends it. */
  freeze(): void {
    this.child.kill("SIGSTOP");
  }

  /** Ends it as a crash does: nobody hears a goodbye. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** Starts another one in its place: on its port, and on its log. */
  again(): Promise<RunningShowcase> {
    return startShowcase(this.port, this.data);
  }

  /** Ends it, and removes its log. */
  async discard(): Promise<void> {
    await this.stop();
    rmSync(this.data, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, "exit");
    child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }
}

/**
 * Starts the built showcase's server; port 0 takes a free one.
 *
 * @throws Error with what it printed if it ends instead of listening
 */
export function startShowcase(port = 0, data: string = makeFolder()): Promise<RunningShowcase> {
  return start("main.js", port, data);
}

/** The same below its supervisor, as `npm start` does, without simulated people. */
export function startSupervised(): Promise<RunningShowcase> {
  return start("supervisor/main.js", 0, makeFolder());
}

function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), "openline-showcase-"));
}

async function start(program: string, port: number, data: string): Promise<RunningShowcase> {
  const main = join(programs, program);
  if (!existsSync(main)) throw new Error(`${main} is missing. Run: npm run build`);
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, PORT: String(port), HOST: "127.0.0.1", DATA: data, COMPANY: "off" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  child.stderr.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/[^\s)]+/.exec(line)?.[0];
    if (url === undefined) continue;
    // Whatever it prints later must not fill the pipe.
    child.stdout.resume();
    return new RunningShowcase(url, data, child);
  }
  throw new Error(`the showcase did not start:\n${printed}`);
}
