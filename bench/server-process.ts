/** One server under measurement, in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Contender } from "./contenders.ts";
import { pinned } from "./machine.ts";
import { benchFolder } from "./paths.ts";

const startDeadlineMs = 15_000;
const errorTailCharacters = 2000;

export interface StartOptions {
  readonly core: number;
  readonly deflate?: boolean;
  readonly exposesGc?: boolean;
  /** Flags for Node itself, such as those of its profiler. */
  readonly nodeFlags?: readonly string[];
}

export class ServerProcess {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #errors: { tail: string };

  private constructor(
    child: ChildProcess,
    port: number,
    lines: AsyncIterator<string>,
    errors: { tail: string },
  ) {
    this.#child = child;
    this.port = port;
    this.#lines = lines;
    this.#errors = errors;
  }

  /** Resolves when the server listens. */
  static async start(contender: Contender, options: StartOptions): Promise<ServerProcess> {
    const [program = "", ...rest] = contender.command({
      exposesGc: options.exposesGc === true,
      deflate: options.deflate === true,
    });
    const full = pinned(options.core, [program, ...(options.nodeFlags ?? []), ...rest]);
    const child = spawn(full[0]!, full.slice(1), {
      cwd: benchFolder,
      stdio: ["pipe", "pipe", "pipe"],
      // Stock ws, as `npm install ws` brings it: bufferutil is here only because `websocket` has it.
      env: { ...process.env, NODE_ENV: "production", WS_NO_BUFFER_UTIL: "1" },
    });
    const errors = { tail: "" };
    child.stderr!.on("data", (chunk: Buffer) => {
      errors.tail = (errors.tail + chunk.toString()).slice(-errorTailCharacters);
    });
    // A server that dies while it is asked something shows as the end of its output.
    child.stdin!.on("error", () => {});
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const deadline = setTimeout(() => child.kill("SIGKILL"), startDeadlineMs);
    const spawnFailed = new Promise<never>((_, reject) => child.once("error", reject));
    try {
      const first = await Promise.race([lines.next(), spawnFailed]);
      if (first.done) throw new Error(`${contender.label} does not start: ${errors.tail.trim()}`);
      const { port } = JSON.parse(first.value) as { port: number };
      return new ServerProcess(child, port, lines, errors);
    } finally {
      clearTimeout(deadline);
    }
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** The last words on stderr. */
  get errors(): string {
    return this.#errors.tail.trim();
  }

  /** Resolves when the server has collected its garbage. */
  async collectGarbage(): Promise<void> {
    this.#child.stdin!.write("gc\n");
    const answer = await this.#lines.next();
    if (answer.done) throw new Error(`the server has ended: ${this.errors}`);
  }

  /** Resident memory in bytes. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    const kilobytes = /^VmRSS:\s*(\d+) kB/m.exec(status)?.[1];
    if (kilobytes === undefined) throw new Error("the server has ended");
    return Number(kilobytes) * 1024;
  }

  /** Ends the process, and resolves when it has ended. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin!.end();
    const deadline = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(deadline);
  }
}
