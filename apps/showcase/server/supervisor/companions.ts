import type { ChildProcess } from "node:child_process";
import { extname, join } from "node:path";
import { spawnNode } from "./server-process.ts";

/** The simulated people, in a process beside the server's: they live on when that is killed. */
export class Companions {
  private readonly botKey: string;
  private readonly changed: () => void;
  private url: string | null = null;
  private child: ChildProcess | null = null;

  constructor(botKey: string, changed: () => void) {
    this.botKey = botKey;
    this.changed = changed;
  }

  get isOn(): boolean {
    return this.child !== null;
  }

  open(url: string, isOn: boolean): void {
    this.url = url;
    this.set(isOn);
  }

  set(isOn: boolean): void {
    if (isOn === this.isOn || this.url === null) return;
    if (isOn) {
      const file = join(import.meta.dirname, `../companions/main${extname(import.meta.filename)}`);
      const child = spawnNode(file, { BOT_KEY: this.botKey, SERVER_URL: this.url });
      this.child = child;
      child.once("exit", () => {
        if (this.child !== child) return;
        this.child = null;
        this.changed();
      });
    } else {
      this.child?.kill("SIGTERM");
      this.child = null;
    }
    this.changed();
  }

  close(): void {
    this.child?.kill("SIGTERM");
    this.child = null;
  }
}
