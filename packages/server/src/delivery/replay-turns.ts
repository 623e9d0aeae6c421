/** How many sessions are replayed to at once. */
const MAX_REPLAYS = 64;

/**
 * Bounds replays, so that a storm of clients that come back cannot starve those who are there: so
 * many at once, and one page of one of them a turn of the event loop.
 */
export class ReplayTurns {
  private running = 0;
  private readonly queue: (() => void)[] = [];
  private readonly pages: (() => void)[] = [];
  private isScheduled = false;

  /** Resolves when a replay may begin; `leave` must follow. */
  enter(): Promise<void> {
    if (this.running < MAX_REPLAYS) {
      this.running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.queue.push(resolve);
    });
  }

  leave(): void {
    const next = this.queue.shift();
    if (next === undefined) this.running -= 1;
    else next();
  }

  /** Resolves when the next page may be sent. */
  page(): Promise<void> {
    return new Promise((resolve) => {
      this.pages.push(resolve);
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.pages.shift()?.();
      if (this.pages.length > 0) this.schedule();
    });
  }
}
