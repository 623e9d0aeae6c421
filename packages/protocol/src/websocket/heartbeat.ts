/** What to do when a heartbeat's deadline has passed. */
export type HeartbeatStep = "wait" | "ping" | "lost";

/**
 * Decides when to ping and when to give the peer up for lost.
 *
 * Owns no timer: the caller waits until `deadlineMs`, calls `expire` and does what
 * it says. Anything that the peer sends proves that it lives, so a busy peer is
 * never pinged. Times are milliseconds on any clock that never goes backwards.
 */
export class Heartbeat {
  deadlineMs: number;
  private heardMs: number;
  private isWaiting = false;
  private readonly intervalMs: number;
  private readonly timeoutMs: number;

  constructor(intervalMs: number, timeoutMs: number, nowMs: number) {
    this.intervalMs = intervalMs;
    this.timeoutMs = timeoutMs;
    this.heardMs = nowMs;
    this.deadlineMs = nowMs + intervalMs;
  }

  /** Bytes came from the peer. Moves no deadline: `expire` looks at it, so that reading stays cheap. */
  heard(nowMs: number): void {
    this.heardMs = nowMs;
    this.isWaiting = false;
  }

  /** Call at `deadlineMs` or later; the next deadline is set when it returns. */
  expire(nowMs: number): HeartbeatStep {
    if (this.isWaiting) {
      if (nowMs < this.deadlineMs) return "wait";
      return "lost";
    }
    const dueMs = this.heardMs + this.intervalMs;
    if (nowMs < dueMs) {
      this.deadlineMs = dueMs;
      return "wait";
    }
    this.isWaiting = true;
    this.deadlineMs = nowMs + this.timeoutMs;
    return "ping";
  }
}
