/** A process of the bench that does what it is asked, by messages between processes. */
import { type ChildProcess, fork } from "node:child_process";
import { basename } from "node:path";
import { pinned } from "./machine.ts";

const startDeadlineMs = 30_000;
const fromSourceFlags = ["--conditions=@openline/source", "--import", "tsx"];

export interface ProcessOptions {
  /** Its first message says that it is ready: `{ kind: "listening", port }` or any other. */
  readonly script: string;
  readonly args?: readonly string[];
  /** Runs packages from their sources instead of as built. */
  readonly isFromSource?: boolean;
  readonly exposesGc?: boolean;
  /** The core that it may use; any by default. */
  readonly core?: number;
  /** Flags for Node itself, such as those of its profiler. */
  readonly nodeFlags?: readonly string[];
}

type Reply =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly message: string };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class AskedProcess {
  /** Where it listens; 0 for one that does not. */
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  private constructor(child: ChildProcess, port: number, name: string) {
    this.#child = child;
    this.port = port;
    child.on("message", (reply: Reply) => this.#take(reply));
    child.once("exit", (code, signal) => this.#failAll(`${name} has ended with ${code ?? signal}`));
    child.once("error", (error) => this.#failAll(error.message));
  }

  /** Resolves when the process is ready. */
  static async start(options: ProcessOptions): Promise<AskedProcess> {
    const { script, args = [], isFromSource, exposesGc, core = -1, nodeFlags = [] } = options;
    const [execPath = process.execPath, ...flags] = pinned(core, [process.execPath, ...nodeFlags]);
    const child = fork(script, args, {
      execPath,
      execArgv: [
        ...flags,
        ...(isFromSource ? fromSourceFlags : []),
        ...(exposesGc ? ["--expose-gc"] : []),
      ],
      env: { ...process.env, NODE_ENV: "production" },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const name = basename(script);
    const deadline = setTimeout(() => child.kill("SIGKILL"), startDeadlineMs);
    try {
      const port = await new Promise<number>((resolve, reject) => {
        child.once("message", (reply: Reply) =>
          resolve(reply.kind === "listening" ? reply.port : 0),
        );
        child.once("error", reject);
        child.once("exit", () => reject(new Error(`${name} does not start`)));
      });
      return new AskedProcess(child, port, name);
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Has something done; what comes back is what the script says it is. */
  ask<T>(act: string, value?: unknown): Promise<T> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#child.send({ id, act, value });
    });
  }

  /** Ends the process, and resolves when it has ended. */
  async end(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.connected) child.disconnect();
    const deadline = setTimeout(() => child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(deadline);
  }

  #take(reply: Reply): void {
    if (reply.kind === "listening") return;
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.kind === "answer") waiting?.resolve(reply.value);
    else waiting?.reject(new Error(reply.message));
  }

  #failAll(message: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(message));
    this.#waiting.clear();
  }
}
