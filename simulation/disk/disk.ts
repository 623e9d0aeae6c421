import type { Durability } from "openline";
import type { Random } from "../../fuzz/engine/random.ts";
import type { Scheduler } from "../world/scheduler.ts";
import { Image, type Operation } from "./image.ts";

/** How slow a disk is: each time is anything up to this, in milliseconds. */
export interface DiskHabits {
  readonly writeMs: number;
  readonly syncMs: number;
  readonly readMs: number;
  /** Now and then it takes that long, and everything waits. */
  readonly stallMs: number;
  readonly stallShare: number;
}

/** What is lost in a crash. */
export type Crash =
  /** The process dies: what it has handed over stays. */
  | "kill"
  /** The machine loses its power: what was not synced may be gone, the newest first. */
  | "power";

interface Submitted {
  readonly operation: Operation;
  readonly durability: Durability;
  readonly done: () => void;
}

/**
 * What outlives processes: a journal of operations, written and synced one behind another, in
 * seeded time. A crash cuts it off somewhere behind what was promised to be safe from it.
 */
export class Disk {
  /** What reads see. */
  written: Image = new Image();
  /** What has been handed over, on its way included. */
  submitted: Image = new Image();
  readonly habits: DiskHabits;
  readonly scheduler: Scheduler;
  private synced = new Image();
  /** Written, and not synced. */
  private journal: Submitted[] = [];
  /** Not written. */
  private pending: Submitted[] = [];
  private isWriting = false;
  private isSyncing = false;
  /** Counts processes: what an earlier one began concerns nobody. */
  private generation = 0;

  constructor(scheduler: Scheduler, habits: DiskHabits) {
    this.scheduler = scheduler;
    this.habits = habits;
  }

  /** Nothing is on its way. */
  get isIdle(): boolean {
    return this.pending.length === 0 && !this.isSyncing;
  }

  /** Calls `done` when it is as safe as `durability` says, unless the process dies before. */
  submit(operation: Operation, durability: Durability, done: () => void): void {
    this.submitted.apply(operation);
    this.pending.push({ operation, durability, done });
    this.write();
  }

  /** Ends the process, and leaves what a new one finds. */
  crash(kind: Crash): void {
    const { random } = this.scheduler;
    this.generation += 1;
    this.isWriting = false;
    this.isSyncing = false;
    if (kind === "kill") {
      const survives = this.pending.slice(0, random.between(0, this.pending.length));
      for (const each of survives) this.written.apply(each.operation);
      this.journal.push(...survives);
    } else {
      const unsafe = [...this.journal, ...this.pending];
      const survives = unsafe.slice(0, random.between(0, unsafe.length));
      for (const each of survives) this.synced.apply(each.operation);
      this.journal = [];
      this.written = this.synced.clone();
    }
    this.pending = [];
    this.submitted = this.written.clone();
    this.scheduler.note(`disk ${kind}, head ${this.written.sequence}`);
  }

  /** Later than now, by what a read takes. */
  afterReading(run: () => void): void {
    this.later(this.habits.readMs, run);
  }

  private write(): void {
    if (this.isWriting || this.pending.length === 0) return;
    this.isWriting = true;
    this.later(this.habits.writeMs, () => {
      const count = this.scheduler.random.between(1, this.pending.length);
      const batch = this.pending.splice(0, count);
      for (const each of batch) {
        this.written.apply(each.operation);
        this.journal.push(each);
      }
      this.isWriting = false;
      for (const { durability, done } of batch) if (durability === "process") done();
      if (batch.some(({ durability }) => durability === "disk") || isNow(this.scheduler.random)) {
        this.sync();
      }
      this.write();
    });
  }

  private sync(): void {
    if (this.isSyncing || this.journal.length === 0) return;
    this.isSyncing = true;
    const count = this.journal.length;
    this.later(this.habits.syncMs, () => {
      const batch = this.journal.splice(0, count);
      for (const { operation } of batch) this.synced.apply(operation);
      this.isSyncing = false;
      for (const { durability, done } of batch) if (durability === "disk") done();
      if (this.journal.some(({ durability }) => durability === "disk")) this.sync();
    });
  }

  private later(upToMs: number, run: () => void): void {
    const { random } = this.scheduler;
    const { stallMs, stallShare } = this.habits;
    const { generation } = this;
    const delayMs = random.below(upToMs + 1) + (random.chance(stallShare) ? stallMs : 0);
    this.scheduler.after(delayMs, () => {
      if (this.generation === generation) run();
    });
  }
}

/** In the background, a system syncs when it likes. */
function isNow(random: Random): boolean {
  return random.chance(0.2);
}
