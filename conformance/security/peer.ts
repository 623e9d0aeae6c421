import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Victim } from "./victim.ts";

/** A client in a process of its own. */
export class Peer {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  /** Starts one that holds `connections` to the server, all of them open. */
  static async start(victim: Victim, connections: number): Promise<Peer> {
    const url = `ws://127.0.0.1:${victim.port}${victim.path}`;
    const child = fork(join(import.meta.dirname, "peer-process.ts"), [url, String(connections)], {
      execArgv: ["--conditions=@openline/source", "--import", "tsx"],
    });
    await once(child, "message");
    return new Peer(child);
  }

  /** It lives on and does nothing: its connections stay open, and nobody reads. */
  stop(): void {
    this.child.kill("SIGSTOP");
  }

  async kill(): Promise<void> {
    const { child } = this;
    const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
    const ended = hasEnded() ? undefined : once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
}
