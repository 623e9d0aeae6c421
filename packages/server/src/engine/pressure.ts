import type { Traffic } from "../observe/traffic.ts";

/** What to do with a message for a client that is too far behind. */
export type PressurePolicy<Target> =
  | "close"
  | "drop"
  | ((socket: Target, bytes: number) => "close" | "drop" | "queue");

/** Bounds what waits for one client. */
export interface PressureLimits<Target> {
  /** Bytes that may wait. */
  readonly maxBytes: number;
  /** What happens past it. */
  readonly policy: PressurePolicy<Target>;
}

/** The line that is watched. */
export interface PressuredLine {
  readonly queuedBytes: number;
  readonly isBlocked: boolean;
  /** Ends it without a word: it would wait behind all the others. */
  abort(): void;
}

/**
 * How far one client is behind, and what was dropped for that.
 *
 * A burst that the client takes costs nothing: only what waits counts, while the line is blocked.
 */
export class Pressure<Line extends PressuredLine> {
  /** Messages that were left out, by the policy or because they were volatile. */
  droppedMessages = 0;
  droppedBytes = 0;
  private readonly line: Line;
  private readonly limits: PressureLimits<Line>;
  private readonly traffic: Traffic;
  private waiters: (() => void)[] | null = null;

  constructor(line: Line, limits: PressureLimits<Line>, traffic: Traffic) {
    this.line = line;
    this.limits = limits;
    this.traffic = traffic;
  }

  /** Bytes that were sent and have not left the process. */
  get queuedBytes(): number {
    return this.line.queuedBytes;
  }

  /** Bytes that may wait before the policy decides. */
  get maxBytes(): number {
    return this.limits.maxBytes;
  }

  /** Whether more waits than is allowed: leave out what can be left out. */
  get isFull(): boolean {
    return this.line.isBlocked && this.line.queuedBytes > this.limits.maxBytes;
  }

  /** Resolves when nothing waits any more, or the client is gone. */
  drained(): Promise<void> {
    if (!this.line.isBlocked && this.line.queuedBytes === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiters ??= [];
      this.waiters.push(resolve);
    });
  }

  /** Whether a message of so many bytes may be sent; what the policy says has been done. */
  admits(bytes: number): boolean {
    if (!this.line.isBlocked || !this.isFull) return true;
    const { policy } = this.limits;
    const action = typeof policy === "function" ? policy(this.line, bytes) : policy;
    if (action === "queue") return true;
    this.drop(bytes);
    if (action === "close") this.line.abort();
    return false;
  }

  /** Counts a message that was left out. */
  drop(bytes: number): void {
    this.droppedMessages += 1;
    this.droppedBytes += bytes;
    this.traffic.droppedMessages += 1;
    this.traffic.droppedBytes += bytes;
  }

  /** The line can be written to again, or is gone. */
  relieve(): void {
    const { waiters } = this;
    if (waiters === null) return;
    this.waiters = null;
    for (const resolve of waiters) resolve();
  }
}
