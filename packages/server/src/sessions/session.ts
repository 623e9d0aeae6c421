import { createHash } from "node:crypto";
import { randomId } from "../http/session-ids.ts";
import type { Point } from "./cursor.ts";
import { isAfter, Memberships } from "./memberships.ts";

/** Where nothing ever is. */
export const neverReached: Point = {
  sequence: Number.POSITIVE_INFINITY,
  event: Number.POSITIVE_INFINITY,
};

/** What a session is recognised by, and what it began with. */
export interface SessionOrigin {
  /** Known to its client alone. */
  readonly pid: string;
  /** The id of its socket, which stays the same. */
  readonly sid: string;
  /** Whose it is, if the server tells: nobody else resumes it. */
  readonly principal: string | null;
  /** Where it began: what came before is not its own. */
  readonly start: Point;
  /** What stands for the epoch in which it began: cursors of earlier ones are of another session. */
  readonly epoch: string;
  /** It was stored by an earlier opening of the log. Default false. */
  readonly isRestored?: boolean;
}

/** What a client has in a namespace beyond one connection: its rooms, its data, its place. */
export class Session implements SessionOrigin {
  readonly pid: string;
  readonly sid: string;
  principal: string | null;
  readonly start: Point;
  readonly epoch: string;
  readonly isRestored: boolean;
  readonly memberships: Memberships = new Memberships();
  /** The socket's `data` when it was last stored. */
  data: unknown = undefined;
  /** When its last connection was lost, on a clock that never goes back; null while it has one. */
  lostMs: number | null = null;
  /**
   * Values of "latest" rooms that were sent beside the order of events, after a join, a resume or a
   * wait for a slow client: the client has them once it has something from behind this place. Null:
   * it has them. Later than any: some are still to be sent.
   */
  valuesUntil: Point | null = null;
  private keyOrNull: string | null = null;

  constructor({ pid, sid, principal, start, epoch, isRestored = false }: SessionOrigin) {
    this.pid = pid;
    this.sid = sid;
    this.principal = principal;
    this.start = start;
    this.epoch = epoch;
    this.isRestored = isRestored;
  }

  static begin(origin: Omit<SessionOrigin, "pid">): Session {
    return new Session({ ...origin, pid: randomId() });
  }

  /** Whether a client that has reached a place lacks values that it was sent, or was to be sent. */
  lacksValues({ sequence, event }: { sequence: number; event: number | null }): boolean {
    const { valuesUntil } = this;
    return valuesUntil !== null && !isAfter({ sequence, event: event ?? 0 }, valuesUntil);
  }

  /** What it is stored by. */
  get key(): string {
    this.keyOrNull ??= sessionKey(this.pid);
    return this.keyOrNull;
  }
}

/** Who can read what is stored shall not be able to resume with it. */
export function sessionKey(pid: string): string {
  return createHash("sha256").update(pid).digest("base64url");
}
