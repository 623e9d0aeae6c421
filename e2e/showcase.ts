import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "../tools/workspaces.ts";

const main = join(root, "apps/showcase/dist/server/main.js");

/** The built showcase in a process of its own, as `npm start` runs it. */
export class RunningShowcase {
  readonly url: string;
  private readonly child: ChildProcess;

  constructor(url: string, child: ChildProcess) {
    this.url = url;
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
 * Starts the built showcase; port 0 takes a free one.
 *
 * @throws Error with what it printed if it ends instead of listening
 */
export async function startShowcase(port = 0): Promise<RunningShowcase> {
  if (!existsSync(main)) throw new Error(`${main} is missing. Run: npm run build`);
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, PORT: String(port), HOST: "127.0.0.1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  child.stderr.on("data", (data: Buffer) => {
    printed += data.toString();
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url === undefined) continue;
    // Whatever it prints later must not fill the pipe.
    child.stdout.resume();
    return new RunningShowcase(url, child);
  }
  throw new Error(`the showcase did not start:\n${printed}`);
}
