import type { SendCallback } from "./outbox/outbox.ts";

/** A step that may take time, and keeps those behind it waiting. */
export interface SendJob {
  /** Payload bytes that wait with it. */
  readonly byteLength: number;
  /** Told when the connection goes before the job was done. */
  readonly callback: SendCallback | undefined;
  /** Calls `done` once, at once or later. */
  run(done: () => void): void;
}

/** Runs jobs one after another, in the order in which they came. */
export class SendQueue {
  /** Payload bytes of all jobs that are not done. */
  waitingBytes = 0;
  private readonly jobs: SendJob[] = [];
  private current: SendJob | null = null;

  get isRunning(): boolean {
    return this.current !== null;
  }

  add(job: SendJob): void {
    this.waitingBytes += job.byteLength;
    this.jobs.push(job);
    if (this.current === null) this.runNext();
  }

  /** Drops all jobs; their callbacks get `error`. */
  close(error: Error): void {
    const jobs = this.jobs.splice(0);
    if (this.current !== null) jobs.unshift(this.current);
    this.current = null;
    this.waitingBytes = 0;
    for (const { callback } of jobs) callback?.(error);
  }

  /** Runs jobs until one has to wait; a loop, so that many short ones take no stack. */
  private runNext(): void {
    for (let job = this.jobs.shift(); job !== undefined; job = this.jobs.shift()) {
      const running = job;
      this.current = running;
      const turn = { isDone: false, hasReturned: false };
      running.run(() => {
        if (this.current !== running) return; // closed meanwhile
        turn.isDone = true;
        this.waitingBytes -= running.byteLength;
        if (turn.hasReturned) this.runNext();
      });
      turn.hasReturned = true;
      if (!turn.isDone) return;
    }
    this.current = null;
  }
}
