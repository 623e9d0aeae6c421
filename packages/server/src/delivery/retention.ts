import type { Log, Retention } from "../log/log.ts";

/** Soon after it has grown, a room is trimmed. */
const DELAY_MS = 250;
/** Messages that are removed at once: between them others have their turn. */
const STEP = 1_000;
/** So often all rooms are looked at: messages grow too old by themselves. */
const SWEEP_MS = 60_000;
/** Rooms that are looked at together. */
const ROOMS = 256;
/** Sessions that are removed together. */
const SESSIONS = 1_000;

/** What the retention of rooms depends on. */
export interface RetentionOptions {
  /** What a room keeps; null: it is none of ours. */
  retentionOf(room: string): Retention | null;
  reportError(error: unknown): void;
}

/** Removes in the background what rooms do not keep. */
export class Trimmer {
  private readonly log: Log;
  private readonly options: RetentionOptions;
  private grown = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly sweeper: ReturnType<typeof setInterval>;
  private running: Promise<void> = Promise.resolve();
  private isClosed = false;

  constructor(log: Log, options: RetentionOptions) {
    this.log = log;
    this.options = options;
    this.sweeper = setInterval(() => this.enqueue(() => this.sweep()), SWEEP_MS);
    this.sweeper.unref();
  }

  /** A room has a new message. */
  grew(room: string): void {
    this.grown.add(room);
    if (this.timer !== null || this.isClosed) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.enqueue(() => this.trimGrown());
    }, DELAY_MS);
    this.timer.unref();
  }

  /** Resolves when nothing is being removed any more, and nothing will be. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.sweeper);
    if (this.timer !== null) clearTimeout(this.timer);
    await this.running;
  }

  /** Looks at all rooms and sessions now. */
  async sweep(): Promise<void> {
    let after = "";
    for (;;) {
      const rooms = await this.log.rooms(after, ROOMS);
      for (const room of rooms) await this.trim(room);
      after = rooms.at(-1) ?? "";
      if (rooms.length < ROOMS || this.isClosed) break;
    }
    while (!this.isClosed) {
      if ((await this.log.sessions.sweep(Date.now(), SESSIONS)) < SESSIONS) return;
    }
  }

  private enqueue(work: () => Promise<void>): void {
    this.running = this.running.then(async () => {
      if (!this.isClosed) await work().catch(this.options.reportError);
    });
  }

  private async trimGrown(): Promise<void> {
    const rooms = this.grown;
    this.grown = new Set();
    for (const room of rooms) await this.trim(room);
  }

  private async trim(room: string): Promise<void> {
    const retention = this.options.retentionOf(room);
    if (retention === null) return;
    while (!this.isClosed) {
      if ((await this.log.trim(room, retention, Date.now(), STEP)) < STEP) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
