import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A process of the run, which is asked one thing after another. */
export class Subprocess<Order extends object | string, Told extends object> {
  private readonly name: string;
  private readonly child: ChildProcess;

  constructor(file: string, args: readonly string[] = []) {
    this.name = file;
    this.child = fork(join(import.meta.dirname, "..", file), [...args], {
      execArgv: ["--expose-gc", "--conditions=@openline/source", "--import", "tsx"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
    });
  }

  tell(order: Order): void {
    this.child.send(order);
  }

  /** @throws Error if the process ends instead */
  async told(): Promise<Told> {
    const giveUp = new AbortController();
    const ended = once(this.child, "exit", { signal: giveUp.signal }).then(([code, signal]) => {
      throw new Error(`${this.name} has ended by ${String(signal ?? code)}`);
    });
    const message = once(this.child, "message", { signal: giveUp.signal });
    try {
      const [told] = (await Promise.race([message, ended])) as [Told];
      return told;
    } finally {
      giveUp.abort();
      for (const settled of [ended, message]) settled.catch(() => {});
    }
  }

  async ask(order: Order): Promise<Told> {
    const answer = this.told();
    this.tell(order);
    return answer;
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
}
