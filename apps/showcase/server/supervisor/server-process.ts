import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { extname, join } from "node:path";
import type { ControlState } from "../../protocol/control.ts";

export type ServerState = Pick<ControlState, "server" | "pid" | "runs">;

/** Runs the server in a process of its own, which can be killed as a crash would, and started again. */
export class ServerProcess {
  private child: ChildProcess | null = null;
  private current: ServerState = { server: "dead", pid: null, runs: 0 };
  private readonly environment: Readonly<Record<string, string>>;
  private readonly changed: (state: ServerState) => void;
  private port: string;

  constructor(
    port: string,
    environment: Readonly<Record<string, string>>,
    changed: (state: ServerState) => void,
  ) {
    this.port = port;
    this.environment = environment;
    this.changed = changed;
  }

  get state(): ServerState {
    return this.current;
  }

  /**
   * Starts it unless it runs; resolves with its address once it listens.
   *
   * @throws Error if it ends before that; it has printed why
   */
  async start(): Promise<string | null> {
    if (this.child !== null) return null;
    const child = spawnNode(join(import.meta.dirname, `../main${extname(import.meta.filename)}`), {
      ...this.environment,
      PORT: this.port,
    });
    this.child = child;
    this.set({ server: "starting", pid: child.pid ?? null, runs: this.current.runs + 1 });
    const exited = once(child, "exit").then(() => null);
    void exited.then(() => {
      this.child = null;
      this.set({ ...this.current, server: "dead", pid: null });
    });
    const told = once(child, "message").then(([message]) => (message as { url: string }).url);
    const url = await Promise.race([told, exited]);
    if (url === null) throw new Error("The server ended before it listened");
    // The next one is to be where pages look for it.
    this.port = new URL(url).port;
    this.set({ ...this.current, server: "running" });
    return url;
  }

  /** Ends it as a crash does: it gets no chance to store, send or say anything. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** Ends it as an operator does. */
  async stop(): Promise<void> {
    await this.end("SIGTERM");
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child === null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  private set(state: ServerState): void {
    this.current = state;
    this.changed(state);
  }
}

/** Runs one of our programs with the flags of this one (from source, these load TypeScript). */
export function spawnNode(
  file: string,
  environment: Readonly<Record<string, string>>,
): ChildProcess {
  return spawn(process.execPath, [...process.execArgv, file], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}
