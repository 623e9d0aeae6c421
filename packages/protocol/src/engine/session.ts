import { EngineHeartbeat } from "./engine-heartbeat.ts";
import { type EnginePacketType, enginePackets } from "./packet.ts";

export type SessionState = "open" | "probing" | "probed" | "closing" | "closed";

/** Every legal move. A missing entry is a bug in the caller, not in the peer. */
export const sessionMoves: Readonly<
  Record<SessionState, Readonly<Partial<Record<string, SessionState>>>>
> = {
  open: { probeOpened: "probing", closeAsked: "closing", lost: "closed" },
  probing: { probed: "probed", probeLost: "open", closeAsked: "closing", lost: "closed" },
  probed: { upgraded: "open", probeLost: "open", closeAsked: "closing", lost: "closed" },
  // A peer that was told to change over does so: on the old transport nothing would reach it.
  closing: { upgraded: "closing", lost: "closed" },
  closed: {},
};

/** How long things may take, in milliseconds. */
export interface SessionTimes {
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** From the opening of a second transport until it has taken over. */
  readonly upgradeTimeoutMs: number;
}

/** What the shell has to do about a packet. */
export type SessionAction =
  /** Hand it to the application. */
  | "deliver"
  /** Answer "3probe" on the new transport, and let a waiting poll go. */
  | "answerProbe"
  /** The new transport takes over: from now on it is the session's. */
  | "switch"
  /** Close the new transport; the old one goes on. */
  | "dropProbe"
  /** Version 3: answer with a pong. */
  | "pong"
  /** The peer's heartbeat. */
  | "beat"
  /** The peer takes its leave: "transport close". */
  | "close"
  /** A heartbeat from the side that does not ping: "transport error". */
  | "badHeartbeat"
  | "ignore";

/** What the shell has to do about the time. */
export type SessionAlarm = "ping" | "lost" | "dropProbe" | "wait";

/**
 * One Engine.IO session: which transport is in use, the probe of a better one, heartbeats.
 *
 * `Line` stands for the shell's transports, which are told apart and never touched. Owns no
 * timer: the caller asks for `deadlineMs`, waits until then, calls `expire`.
 */
export class Session<Line> {
  /** The transport in use. */
  line: Line;
  /** The transport that may take over. */
  probe: Line | null = null;
  /** It has taken over: there is no second time. */
  hasUpgraded = false;
  state: SessionState = "open";
  private readonly times: SessionTimes;
  private readonly version: 3 | 4;
  private readonly heartbeat: EngineHeartbeat;
  private probeDeadlineMs = Number.POSITIVE_INFINITY;

  constructor(line: Line, version: 3 | 4, times: SessionTimes, nowMs: number) {
    this.line = line;
    this.version = version;
    this.times = times;
    const { pingIntervalMs, pingTimeoutMs } = times;
    this.heartbeat = new EngineHeartbeat(pingIntervalMs, pingTimeoutMs, version === 3, nowMs);
  }

  /** When `expire` wants to be called. */
  get deadlineMs(): number {
    return Math.min(this.heartbeat.deadlineMs, this.probeDeadlineMs);
  }

  /** Whether a message is a sign of life that somebody waits for: else its time means nothing. */
  get wantsTime(): boolean {
    return this.heartbeat.isWaiting;
  }

  /** A second transport is there and has not been answered, or has not taken over. */
  get isUpgrading(): boolean {
    return this.state === "probing" || this.state === "probed";
  }

  /** Packets are still delivered and sent. */
  get isOpen(): boolean {
    return this.state !== "closing" && this.state !== "closed";
  }

  /** A second transport has opened for this session; false if it must be closed at once. */
  openProbe(line: Line, nowMs: number): boolean {
    if (this.state !== "open" || this.hasUpgraded) return false;
    this.move("probeOpened");
    this.probe = line;
    this.probeDeadlineMs = nowMs + this.times.upgradeTimeoutMs;
    return true;
  }

  /** A packet came on `line`; `isProbe` tells whether its data is "probe". */
  receive(line: Line, type: EnginePacketType, isProbe: boolean, nowMs: number): SessionAction {
    if (line !== this.line)
      return line === this.probe ? this.receiveProbe(type, isProbe) : "ignore";
    if (!this.isOpen) return "ignore";
    if (type === enginePackets.message) {
      this.heartbeat.heard(nowMs);
      return "deliver";
    }
    switch (type) {
      case enginePackets.ping:
        if (this.version === 4) return "badHeartbeat";
        this.heartbeat.beat(nowMs);
        return "pong";
      case enginePackets.pong:
        if (this.version === 3) return "badHeartbeat";
        this.heartbeat.beat(nowMs);
        return "beat";
      case enginePackets.close:
        return "close";
      default:
        this.heartbeat.heard(nowMs);
        return "ignore";
    }
  }

  private receiveProbe(type: EnginePacketType, isProbe: boolean): SessionAction {
    if (this.state === "probing" && type === enginePackets.ping && isProbe) {
      this.move("probed");
      return "answerProbe";
    }
    // A second probe on the same transport changes nothing.
    const isAnswered = this.state === "probed" || this.state === "closing";
    if (isAnswered && type === enginePackets.ping && isProbe) return "answerProbe";
    if (isAnswered && type === enginePackets.upgrade) {
      this.move("upgraded");
      this.line = this.probe as Line; // it is where the packet came from
      this.endProbe();
      this.hasUpgraded = true;
      return "switch";
    }
    this.loseProbe();
    return "dropProbe";
  }

  /** The second transport is gone, or is to be closed: the first one goes on. */
  loseProbe(): void {
    if (this.isUpgrading) this.move("probeLost");
    this.endProbe();
  }

  /**
   * The application closes the session, once what was sent has left. A probe that was answered
   * stays: a peer that has stopped polling for it learns of the close there. Any other is lost
   * before.
   */
  askClose(): void {
    this.move("closeAsked");
  }

  /** The session is over. */
  lose(): void {
    if (this.state !== "closed") this.move("lost");
    this.probeDeadlineMs = Number.POSITIVE_INFINITY;
  }

  expire(nowMs: number): SessionAlarm {
    if (this.state === "closed") return "wait";
    if (nowMs >= this.probeDeadlineMs) {
      this.loseProbe();
      return "dropProbe";
    }
    return this.heartbeat.expire(nowMs);
  }

  private endProbe(): void {
    this.probe = null;
    this.probeDeadlineMs = Number.POSITIVE_INFINITY;
  }

  private move(event: string): void {
    const next = sessionMoves[this.state][event];
    if (next === undefined) throw new Error(`A session that is ${this.state} cannot be ${event}`);
    this.state = next;
  }
}
