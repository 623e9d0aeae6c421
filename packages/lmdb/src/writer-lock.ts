import { randomUUID } from "node:crypto";
import {
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { locked } from "./errors.ts";

/** Who writes, as the lock's file tells it. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process began, by the system's count; pids are given again. Null where unknown. */
  readonly started: string | null;
  /** Tells one opening from all others. */
  readonly token: string;
}

/** How often the owner shows that it lives, for those who cannot see its process. */
const BEAT_MS = 2000;
/** Without a sign of life for so long, an owner on another host is taken for dead. */
const SILENCE_MS = 20_000;

/** Folders that this process writes to. */
const held = new Set<string>();

/**
 * The right to write to a folder, which one process has at a time: LMDB itself lets many write.
 *
 * A dead process's lock is taken over. One on another host (or in another container) counts as dead
 * when it has shown no sign of life for 20 s; should it come back, the log's own fence stops it
 * (`Batch`), since the token of whoever took over stands in the log by then.
 */
export class WriterLock {
  readonly token: string = randomUUID();
  private readonly folder: string;
  private readonly file: string;
  private readonly timer: NodeJS.Timeout;

  /** @throws LogError if another writes there */
  constructor(folder: string) {
    this.folder = folder;
    this.file = join(folder, "writer.lock");
    if (held.has(folder)) throw locked(folder, "this very process");
    this.acquire();
    held.add(folder);
    this.timer = setInterval(() => this.beat(), BEAT_MS);
    this.timer.unref();
  }

  release(): void {
    clearInterval(this.timer);
    held.delete(this.folder);
    if (readOwner(this.file)?.token === this.token) rmSync(this.file, { force: true });
  }

  private acquire(): void {
    const own = `${this.file}.${this.token}`;
    const { pid } = process;
    const owner: Owner = { pid, host: hostname(), started: startOf(pid), token: this.token };
    writeFileSync(own, JSON.stringify(owner));
    try {
      // The lock appears with all that it says, or not at all.
      for (let attempt = 0; !link(own, this.file); attempt += 1) {
        const other = readOwner(this.file);
        if (attempt === 10 || (other !== null && isAlive(other, this.file))) {
          throw locked(this.folder, describe(other));
        }
        this.discard(other);
      }
    } finally {
      rmSync(own, { force: true });
    }
  }

  /** Takes a dead process's lock away, unless another has done so and put its own there. */
  private discard(dead: Owner | null): void {
    const aside = `${this.file}.${this.token}.aside`;
    try {
      renameSync(this.file, aside);
    } catch {
      return;
    }
    if (readOwner(aside)?.token !== dead?.token) link(aside, this.file);
    unlinkSync(aside);
  }

  private beat(): void {
    const now = new Date();
    try {
      utimesSync(this.file, now, now);
    } catch {
      // Whoever removed it has taken over: the fence in the log tells.
    }
  }
}

/** True if the folder has a writer that lives. */
export function hasWriter(folder: string): boolean {
  const file = join(folder, "writer.lock");
  const owner = readOwner(file);
  return owner !== null && isAlive(owner, file);
}

function isAlive({ pid, host, started }: Owner, file: string): boolean {
  if (host !== hostname()) return Date.now() - (modifiedMs(file) ?? 0) < SILENCE_MS;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Of another user, but there.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return startOf(pid) === started;
}

/** When a process began, in ticks since the system did; null where there is no /proc. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name, in parentheses, may hold spaces: fields are counted from its end.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    return `${boot}/${fields[19]}`;
  } catch {
    return null;
  }
}

function readOwner(file: string): Owner | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Owner;
  } catch {
    return null;
  }
}

function modifiedMs(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

/** False if there is something already. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function describe(owner: Owner | null): string {
  if (owner === null) return "another process";
  const where = owner.host === hostname() ? "" : ` on ${owner.host}`;
  return `process ${owner.pid}${where}`;
}
