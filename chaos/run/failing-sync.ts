import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Lets fsync fail in the processes that get its environment. Needs gcc. */
export class FailingSync {
  readonly environment: Readonly<Record<string, string>>;
  private readonly folder: string;
  private readonly flag: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.flag = join(folder, "fail");
    this.environment = {
      LD_PRELOAD: join(folder, "failing-sync.so"),
      OPENLINE_CHAOS_FAIL_SYNC: this.flag,
    };
  }

  /** Null if it cannot be built on this machine. */
  static build(): FailingSync | null {
    const folder = mkdtempSync(join(tmpdir(), "openline-chaos-sync-"));
    const source = join(import.meta.dirname, "failing-sync.c");
    const library = join(folder, "failing-sync.so");
    try {
      const options = ["-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"];
      execFileSync("gcc", options, { stdio: "ignore" });
      return new FailingSync(folder);
    } catch {
      rmSync(folder, { recursive: true, force: true });
      return null;
    }
  }

  begin(): void {
    writeFileSync(this.flag, "");
  }

  end(): void {
    rmSync(this.flag, { force: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
