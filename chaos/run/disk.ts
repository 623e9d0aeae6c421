import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const sizeMegabytes = 256;
const block = Buffer.alloc(1 << 16);

/** Where the server keeps its log: a disk of its own if there can be one, which can then be full. */
export class Disk {
  readonly folder: string;
  readonly canBeFull: boolean;
  private readonly base: string;
  private readonly onExit = (): void => this.remove();

  constructor() {
    this.base = mkdtempSync(join(tmpdir(), "openline-chaos-"));
    this.folder = join(this.base, "disk");
    mkdirSync(this.folder);
    this.canBeFull = this.mount();
    process.once("exit", this.onExit);
  }

  /** Leaves no room on it. */
  fill(): void {
    const file = openSync(this.filler, "a");
    try {
      while (true) writeSync(file, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    } finally {
      closeSync(file);
    }
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.folder);
    return bavail * bsize;
  }

  empty(): void {
    rmSync(this.filler, { force: true });
  }

  remove(): void {
    process.off("exit", this.onExit);
    if (this.canBeFull) execFileSync("umount", ["--lazy", this.folder]);
    rmSync(this.base, { recursive: true, force: true });
  }

  private get filler(): string {
    return join(this.folder, "filler");
  }

  /** Needs the rights of a superuser. */
  private mount(): boolean {
    try {
      const options = ["-t", "tmpfs", "-o", `size=${sizeMegabytes}m`, "none", this.folder];
      execFileSync("mount", options, { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  }
}
