import { Fifo } from "./fifo.ts";

/**
 * Runs jobs one after the other, in the order in which they were added.
 *
 * `start` begins a job; whoever ends it calls `finish`, now or later.
 */
export class JobQueue<Job extends object> {
  private readonly start: (job: Job) => void;
  private readonly jobs: Fifo<Job> = new Fifo();
  private isBusy = false;
  private isStarting = false;

  constructor(start: (job: Job) => void) {
    this.start = start;
  }

  add(job: Job): void {
    this.jobs.push(job);
    this.startNext();
  }

  /** Says that the job is over; the next one may start. */
  finish(): void {
    this.isBusy = false;
    this.startNext();
  }

  /** Forgets the jobs that have not started. */
  clear(): void {
    this.jobs.clear();
  }

  private startNext(): void {
    // A job may be over before `start` returns: the loop below then goes on, without recursion.
    if (this.isStarting) return;
    this.isStarting = true;
    try {
      while (!this.isBusy) {
        const job = this.jobs.shift();
        if (job === undefined) return;
        this.isBusy = true;
        this.start(job);
      }
    } finally {
      this.isStarting = false;
    }
  }
}
