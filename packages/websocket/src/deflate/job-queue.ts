/**
 * Runs jobs one after the other, in the order in which they were added.
 *
 * `start` begins a job; whoever ends it calls `finish`, now or later.
 */
export class JobQueue<Job> {
  private readonly start: (job: Job) => void;
  private jobs: Job[] = [];
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
    this.jobs = [];
  }

  private startNext(): void {
    // A job may be over before `start` returns: the loop below then goes on, without recursion.
    if (this.isStarting) return;
    this.isStarting = true;
    try {
      while (!this.isBusy && this.jobs.length > 0) {
        const job = this.jobs.shift() as Job; // there is one
        this.isBusy = true;
        this.start(job);
      }
    } finally {
      this.isStarting = false;
    }
  }
}
