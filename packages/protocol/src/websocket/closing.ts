import { closeCodes } from "./close.ts";

/** Where the closing handshake stands (RFC 6455 §7.1). */
export type ClosingState = "open" | "sent" | "received" | "done" | "lost";

export type ClosingMove = "send" | "receive" | "lose";

/** Every legal move. A missing entry is a bug in the caller, not in the peer. */
export const closingMoves: Readonly<
  Record<ClosingState, Readonly<Partial<Record<ClosingMove, ClosingState>>>>
> = {
  open: { send: "sent", receive: "received", lose: "lost" },
  sent: { receive: "done", lose: "lost" },
  received: { send: "done", lose: "lost" },
  done: { lose: "lost" },
  lost: {},
};

/**
 * The closing handshake: who has sent a Close frame, with what, and until when to
 * wait for the other side.
 *
 * Owns no timer: once `send`, `receive` or `fail` was called the caller waits at
 * most until `deadlineMs`, then drops the connection.
 */
export class ClosingHandshake {
  state: ClosingState = "open";
  /** What the peer's Close frame said: 1005 without a code, 1006 as long as there was none. */
  code: number = closeCodes.abnormal;
  /** -1 while nothing is waited for. */
  deadlineMs = -1;
  private readonly timeoutMs: number;

  /** `timeoutMs` is how long the whole closing may take. */
  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  /** Our Close frame goes out. False when it may not: one was sent, or the line is lost. */
  send(nowMs: number): boolean {
    if (!this.move("send")) return false;
    this.wait(nowMs);
    return true;
  }

  /** The peer's Close frame came. */
  receive(code: number, nowMs: number): boolean {
    if (!this.move("receive")) return false;
    this.code = code;
    this.wait(nowMs);
    return true;
  }

  /** The connection below is gone. */
  lose(): void {
    this.move("lose");
    this.deadlineMs = -1;
  }

  get hasSent(): boolean {
    return this.state === "sent" || this.state === "done";
  }

  get hasReceived(): boolean {
    return this.state === "received" || this.state === "done";
  }

  isExpired(nowMs: number): boolean {
    return this.deadlineMs >= 0 && nowMs >= this.deadlineMs;
  }

  private wait(nowMs: number): void {
    if (this.deadlineMs < 0) this.deadlineMs = nowMs + this.timeoutMs;
  }

  private move(move: ClosingMove): boolean {
    const next = closingMoves[this.state][move];
    if (next === undefined) return false;
    this.state = next;
    return true;
  }
}
