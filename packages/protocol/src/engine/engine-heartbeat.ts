/** What is to be done when the deadline has come. */
export type HeartbeatAction = "ping" | "lost" | "wait";

/**
 * Tells a silent peer from a dead one, as Engine.IO does.
 *
 * Version 4: the server sends a ping after `intervalMs`; the pong, or at least some packet, must
 * come within `timeoutMs`. Version 3: the client pings by itself, and is lost when nothing has come
 * for both together.
 *
 * Owns no timer: the caller asks for `deadlineMs`, waits until then, calls `expire`.
 * Times are milliseconds on any clock that never goes backwards.
 */
export class EngineHeartbeat {
  /** When `expire` wants to be called. */
  deadlineMs: number;
  private readonly intervalMs: number;
  private readonly timeoutMs: number;
  private readonly clientPings: boolean;
  /** A ping is out whose pong has not come. */
  isWaiting = false;
  /** Other packets put a pong off once, not for ever. */
  private wasPutOff = false;

  constructor(intervalMs: number, timeoutMs: number, clientPings: boolean, nowMs: number) {
    this.intervalMs = intervalMs;
    this.timeoutMs = timeoutMs;
    this.clientPings = clientPings;
    this.deadlineMs = nowMs + intervalMs + (clientPings ? timeoutMs : 0);
  }

  /** Some packet came that is no heartbeat. */
  heard(nowMs: number): void {
    if (this.clientPings || !this.isWaiting || this.wasPutOff) return;
    this.wasPutOff = true;
    this.deadlineMs = nowMs + this.timeoutMs;
  }

  /** The peer's part of the heartbeat came: a pong, or in version 3 a ping. */
  beat(nowMs: number): void {
    if (this.clientPings) {
      this.deadlineMs = nowMs + this.intervalMs + this.timeoutMs;
    } else if (this.isWaiting) {
      this.isWaiting = false;
      this.deadlineMs = nowMs + this.intervalMs;
    }
  }

  expire(nowMs: number): HeartbeatAction {
    if (nowMs < this.deadlineMs) return "wait";
    if (this.clientPings || this.isWaiting) return "lost";
    this.isWaiting = true;
    this.wasPutOff = false;
    this.deadlineMs = nowMs + this.timeoutMs;
    return "ping";
  }
}
