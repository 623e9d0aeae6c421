import { Fifo } from "./fifo.ts";

/** A job that waits for its turn; it owes one `release` when it has finished. */
type Job = () => void;

interface WaitingJob {
  readonly limit: number;
  readonly start: Job;
}

/**
 * Bounds how many jobs run at once; the rest wait in the order in which they came.
 *
 * Each job brings its own limit, so that servers with different options share one count.
 */
export class Limiter {
  private running = 0;
  private readonly waiting: Fifo<WaitingJob> = new Fifo();
  private isStarting = false;

  /**
   * Starts `job` once fewer than `limit` jobs run, at once if that is so already.
   * A limit of 0 means none. The job calls `release` exactly once, when it is over.
   */
  add(limit: number, job: Job): void {
    this.waiting.push({ limit: limit > 0 ? limit : Number.POSITIVE_INFINITY, start: job });
    this.startWaiting();
  }

  /** Says that a job is over. */
  release(): void {
    this.running -= 1;
    this.startWaiting();
  }

  private startWaiting(): void {
    // A job may be over before it returns: the loop below then goes on, without recursion.
    if (this.isStarting) return;
    this.isStarting = true;
    try {
      let next = this.waiting.head;
      while (next !== undefined && this.running < next.limit) {
        this.waiting.shift();
        this.running += 1;
        next.start();
        next = this.waiting.head;
      }
    } finally {
      this.isStarting = false;
    }
  }
}

/**
 * All of zlib's work on the thread pool, of all connections in the process: it is the
 * pool and the memory of zlib's streams that are shared, and both are global.
 */
export const zlibLimiter: Limiter = new Limiter();
