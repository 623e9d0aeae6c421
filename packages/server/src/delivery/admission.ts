import { nowMs } from "@openline/websocket/link";
import { randomId } from "../http/session-ids.ts";
import { Session, sessionKey } from "../sessions/session.ts";
import { decodeSession } from "../sessions/session-record.ts";
import { SessionTable } from "../sessions/session-table.ts";
import type { AwayChanges } from "./away-changes.ts";
import type { Gap, GapReason } from "./gap.ts";
import type { SessionWriter } from "./session-writer.ts";
import type { Resumption } from "./subscriber.ts";
import type { Place, Timeline } from "./timeline.ts";

/** What a client is let in with: its old session, or a new one. */
export interface Admission {
  readonly session: Session;
  readonly resumption: Resumption | null;
  /** What it asked for and cannot have. */
  readonly gap: Gap | null;
}

/** A connection that has a session. */
export interface SessionHolder {
  /** Whether it has come back to the session, and has not been let in. */
  readonly isReturning: boolean;
  /** Lets go of the session and of the connection, without a word to the client. */
  fence(): void;
}

/** What finding a session needs. */
export interface AdmissionHost {
  readonly timeline: Timeline;
  /** Null: sessions do not outlive the process. */
  readonly writer: SessionWriter | null;
  /** What sessions have missed that were in the store alone. */
  readonly changes: AwayChanges;
  /** How long a session may be without a connection. */
  readonly retentionMs: number;
  /** How long a connection may be dead before anybody notices. */
  readonly heartbeatMs: number;
  /** Whether a session is worth something whose events are gone that are not logged. */
  readonly hasDurable: boolean;
  isDurable(room: string): boolean;
}

/** Longer ones were not made here. */
const MAX_ID_LENGTH = 64;

/** Finds the sessions of clients that come back, and knows who has them. */
export class Admissions {
  readonly sessions: SessionTable = new SessionTable();
  private readonly host: AdmissionHost;
  private readonly holders = new Map<Session, SessionHolder>();
  /** Clients whose sessions are being looked for. */
  private resuming = 0;
  /** The secret ids of sessions that have ended since. */
  private readonly endedMeanwhile = new Set<string>();

  constructor(host: AdmissionHost) {
    this.host = host;
  }

  /** A session of its own. */
  begin(gap: Gap | null): Admission {
    const { now: start, epoch } = this.host.timeline;
    const session = Session.begin({ sid: randomId(), principal: null, start, epoch });
    return { session, resumption: null, gap };
  }

  /** The session that a client names in its CONNECT, if it can go on where the client left it. */
  async resume(pid: unknown, offset: unknown): Promise<Admission> {
    this.resuming += 1;
    try {
      return await this.resumeKnown(pid, offset);
    } finally {
      this.resuming -= 1;
      if (this.resuming === 0) this.endedMeanwhile.clear();
    }
  }

  /** From now on the session is this connection's. */
  hold(session: Session, holder: SessionHolder): void {
    this.holders.get(session)?.fence();
    this.holders.set(session, holder);
    this.sessions.add(session);
  }

  /** The connection is gone; the client may come back. False if another one has the session. */
  lose(session: Session, holder: SessionHolder): boolean {
    if (!this.isHeldBy(session, holder)) return false;
    this.holders.delete(session);
    this.sessions.lose(session, nowMs());
    return true;
  }

  /** The session is over. False if another connection has it. */
  end(session: Session, holder: SessionHolder): boolean {
    if (!this.isHeldBy(session, holder)) return false;
    this.holders.delete(session);
    this.sessions.delete(session);
    this.ended(session);
    return true;
  }

  isHeldBy(session: Session, holder: SessionHolder): boolean {
    return this.holders.get(session) === holder;
  }

  /** Whether its client is away, or has come back and not been let in again. */
  isAway(session: Session): boolean {
    return this.holders.get(session)?.isReturning ?? true;
  }

  /** Ends a session whose client is away; who is about to come back to it has to begin anew. */
  forget(session: Session): void {
    this.holders.get(session)?.fence();
    this.sessions.delete(session);
    this.ended(session);
  }

  /** Forgets the sessions whose clients have been away for too long. */
  expire(): void {
    const { writer, retentionMs } = this.host;
    const expired = this.sessions.expire(nowMs() - retentionMs);
    // Records are kept for longer: a process that dies does not know when connections were lost.
    for (const session of expired) {
      this.ended(session);
      void writer?.forget(session);
    }
  }

  private async resumeKnown(pid: unknown, offset: unknown): Promise<Admission> {
    const known = await this.find(pid);
    if (known === null || this.isOver(known)) return this.begin({ reason: "expired" });
    const place = this.place(known, offset);
    if (typeof place === "string") return this.begin({ reason: place });
    const gap = await this.gapOf(known, place);
    if (gap !== null) return this.begin(gap);
    if (this.isOver(known)) return this.begin({ reason: "expired" });
    // Another connection of the same client may have been faster.
    const session = this.sessions.get(known.pid) ?? known;
    this.sessions.add(session);
    this.holders.get(session)?.fence();
    return { session, resumption: { from: place }, gap: null };
  }

  /** Whether a session that was found has ended; one from the store hears of it only here. */
  private isOver(session: Session): boolean {
    const { pid } = session;
    if (this.endedMeanwhile.has(pid)) return true;
    // What is known here was changed when it happened.
    if (this.sessions.get(pid) !== undefined || this.host.changes.apply(session)) return false;
    void this.host.writer?.forget(session);
    return true;
  }

  /** Nobody who has found it already may bring it back. */
  private ended({ pid }: Session): void {
    if (this.resuming > 0) this.endedMeanwhile.add(pid);
  }

  private async find(pid: unknown): Promise<Session | null> {
    if (typeof pid !== "string" || pid === "" || pid.length > MAX_ID_LENGTH) return null;
    this.expire();
    const known = this.sessions.get(pid);
    if (known !== undefined) return known;
    const { writer, timeline } = this.host;
    if (writer === null) return null;
    const key = sessionKey(pid);
    // Its client has left, and comes again before that is stored.
    if (writer.isDeleting(key)) return null;
    const record = await timeline.log.sessions.get(key, Date.now());
    return record === null ? null : decodeSession(record, pid);
  }

  /** Where the client is: the later of its cursor and the beginning of its session. */
  private place(session: Session, offset: unknown): Place | GapReason {
    const { start } = session;
    if (offset === undefined) return start;
    if (typeof offset !== "string") return "cursor";
    const { timeline } = this.host;
    // A client whose resume was refused has a new session, and its old cursor until the first event.
    if (timeline.isOlder(offset, session.epoch)) return start;
    const place = timeline.place(offset);
    // One whose session is older than this opening may have seen what we never had.
    if (place === "foreign") return session.isRestored ? "epoch" : start;
    if (typeof place === "string" || place.sequence > start.sequence) return place;
    const isBefore = place.sequence < start.sequence || (place.event ?? 0) < start.event;
    return isBefore ? start : place;
  }

  private async gapOf(session: Session, place: Place): Promise<Gap | null> {
    const { timeline, hasDurable } = this.host;
    const { memberships } = session;
    if (place.sequence < memberships.floor) return { reason: "retention" };
    if (!hasDurable) {
      // Without durable rooms, recent events are all that there is to resume. Those that were sent
      // before the connection can have died have arrived.
      const { buffer } = timeline;
      const sinceMs = (session.lostMs ?? nowMs()) - this.host.heartbeatMs;
      if (buffer === null || buffer.evictedMs > sinceMs) return { reason: "expired" };
    }
    const rooms: string[] = [];
    for (const { room, since, until } of memberships.intervals) {
      if (!this.host.isDurable(room) || (until?.sequence ?? place.sequence + 1) <= place.sequence) {
        continue;
      }
      const { trimmedSequence } = await timeline.log.describe(room);
      if (trimmedSequence > Math.max(place.sequence, since.sequence)) rooms.push(room);
    }
    return rooms.length === 0 ? null : { reason: "retention", rooms };
  }
}
