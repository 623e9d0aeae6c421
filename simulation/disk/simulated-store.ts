import type { Durability, Log, LogErrorCode, LogStore } from "openline";
import type { Scheduler } from "../world/scheduler.ts";
import { type Crash, Disk, type DiskHabits } from "./disk.ts";
import { SimulatedLog, type StoreState, troubleError } from "./simulated-log.ts";

const EPOCH_LENGTH = 22;
const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The disks of a machine, one for each namespace: they outlive the processes that use them. */
export class Machine {
  readonly scheduler: Scheduler;
  readonly habits: DiskHabits;
  private readonly disks = new Map<string, Disk>();

  constructor(scheduler: Scheduler, habits: DiskHabits) {
    this.scheduler = scheduler;
    this.habits = habits;
  }

  disk(namespace: string): Disk {
    let disk = this.disks.get(namespace);
    if (disk === undefined) {
      disk = new Disk(this.scheduler, this.habits);
      this.disks.set(namespace, disk);
    }
    return disk;
  }

  crash(kind: Crash): void {
    for (const disk of this.disks.values()) disk.crash(kind);
  }
}

/** A store on simulated disks, as one process has opened it. */
export class SimulatedStore implements LogStore, StoreState {
  readonly durability: Durability;
  readonly isPersistent = true;
  onFailure: ((error: Error) => void) | null = null;
  isDead = false;
  trouble: LogErrorCode | null = null;
  private readonly machine: Machine;
  private readonly logs = new Map<string, Promise<SimulatedLog>>();
  private readonly opened: SimulatedLog[] = [];

  constructor(machine: Machine, durability: Durability) {
    this.machine = machine;
    this.durability = durability;
  }

  open(namespace: string): Promise<Log> {
    let log = this.logs.get(namespace);
    if (log === undefined) {
      log = this.begin(namespace);
      this.logs.set(namespace, log);
    }
    return log;
  }

  async close(): Promise<void> {
    // What was handed over is answered first.
    const idle = (disk: Disk): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (this.isDead || disk.isIdle) resolve();
          else this.machine.scheduler.after(1, look);
        };
        look();
      });
    for (const name of this.logs.keys()) await idle(this.machine.disk(name));
    this.trouble ??= "OPENLINE_LOG_CLOSED";
  }

  /** Refuses what is to be stored, until it does not any more. */
  setFull(isFull: boolean): void {
    if (this.trouble === "OPENLINE_LOG_FAILED" || this.trouble === "OPENLINE_LOG_CLOSED") return;
    this.trouble = isFull ? "OPENLINE_LOG_FULL" : null;
  }

  /** Stores nothing ever again. */
  fail(): void {
    if (this.trouble === "OPENLINE_LOG_FAILED" || this.isDead) return;
    this.trouble = "OPENLINE_LOG_FAILED";
    const error = troubleError(this.trouble);
    for (const log of this.opened) log.fail(error);
    this.onFailure?.(error);
  }

  private begin(namespace: string): Promise<SimulatedLog> {
    const disk = this.machine.disk(namespace);
    return new Promise((resolve) => {
      const id = this.newEpoch();
      const epoch = { id, after: disk.submitted.sequence };
      // A client that has seen an epoch must not be the only one that knows of it.
      disk.submit({ kind: "epoch", epoch }, "disk", () => {
        if (this.isDead) return;
        const log = new SimulatedLog(disk, this, id);
        this.opened.push(log);
        resolve(log);
      });
    });
  }

  private newEpoch(): string {
    const { random } = this.machine.scheduler;
    return Array.from({ length: EPOCH_LENGTH }, () => random.pick([...characters])).join("");
  }
}
