import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach } from "vitest";

const folders: string[] = [];
const children: ChildProcess[] = [];

/** An empty folder that is gone after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "openline-lmdb-"));
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Another process that writes to a log, as `writer-process.fixture.ts` says. */
export interface WriterProcess {
  readonly child: ChildProcess;
  /** The next line that it prints; null when it has ended. */
  line(): Promise<string | null>;
  send(command: string): void;
}

export function startWriter(
  path: string,
  environment: Readonly<Record<string, string>> = {},
): WriterProcess {
  const program = join(import.meta.dirname, "writer-process.fixture.ts");
  const node = ["--conditions=@openline/source", "--import", "tsx", program, path];
  const child = spawn(process.execPath, node, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...environment },
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    line: async () => (await lines.next()).value ?? null,
    send: (command) => child.stdin.write(`${command}\n`),
  };
}
