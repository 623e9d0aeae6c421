import type { Durability, Log } from "../log/log.ts";
import type { Session } from "../sessions/session.ts";
import { encodeSession } from "../sessions/session-record.ts";

interface Write {
  /** Settles when what is being stored is. */
  current: Promise<void>;
  /** Settles when what has changed since is; null if nothing has. */
  next: Promise<void> | null;
}

/** Part of the time that a record is kept, after which that of a live session is stored anew. */
const REFRESH_SHARE = 4;

/** What a writer needs to know. */
export interface SessionWriterOptions {
  readonly durability: Durability;
  /** How long a client may be away. */
  readonly retentionMs: number;
  /** How often `refresh` is called. */
  readonly upkeepMs: number;
  readonly reportError: (error: unknown) => void;
}

/** Stores sessions, each with one write at a time: what changes meanwhile is stored by the next. */
export class SessionWriter {
  private readonly log: Log;
  private readonly options: SessionWriterOptions;
  private readonly writes = new Map<Session, Write>();
  private readonly storedMs = new WeakMap<Session, number>();
  /** Their last write has failed. */
  private readonly failed = new WeakSet<Session>();
  /** The keys of sessions that are over, and may still be found in the store. */
  private readonly deleting = new Set<string>();

  constructor(log: Log, options: SessionWriterOptions) {
    this.log = log;
    this.options = options;
  }

  /** Resolves when the session is stored as it is now, or later. */
  save(session: Session): Promise<void> {
    const write = this.writes.get(session);
    if (write === undefined) {
      const started: Write = { current: this.put(session), next: null };
      this.writes.set(session, started);
      this.settle(session, started);
      return started.current;
    }
    write.next ??= write.current.then(
      () => this.put(session),
      () => this.put(session),
    );
    return write.next;
  }

  /** Whether what is stored may be older than the session. */
  isBehind(session: Session): boolean {
    return this.writes.has(session) || this.failed.has(session);
  }

  async delete(session: Session): Promise<void> {
    const { key } = session;
    const write = this.writes.get(session);
    this.deleting.add(key);
    await Promise.allSettled([write?.current, write?.next]);
    await this.log.sessions.delete(key);
    // One that could not be deleted is over nevertheless.
    this.deleting.delete(key);
  }

  /** Deletes a session of which nobody waits to hear. */
  async forget(session: Session): Promise<void> {
    await this.delete(session).catch(this.options.reportError);
  }

  /** Whether the session of a key is over, though it may still be found in the store. */
  isDeleting(key: string): boolean {
    return this.deleting.has(key);
  }

  /** Stores anew what would expire though it is in use. */
  refresh(sessions: Iterable<Session>, nowMs: number): void {
    const dueMs = nowMs - this.options.retentionMs / REFRESH_SHARE;
    for (const session of sessions) {
      const stored = this.storedMs.get(session);
      if (session.lostMs !== null || stored === undefined || stored > dueMs) continue;
      this.save(session).catch(this.options.reportError);
    }
  }

  /** Waits for all that is being stored. */
  async flushed(): Promise<void> {
    const all = [...this.writes.values()].flatMap(({ current, next }) => [current, next]);
    await Promise.allSettled(all);
  }

  private settle(session: Session, write: Write): void {
    const settled = (): void => {
      const { next } = write;
      if (next === null) {
        this.writes.delete(session);
        return;
      }
      write.current = next;
      write.next = null;
      this.settle(session, write);
    };
    write.current.then(settled, settled);
  }

  private async put(session: Session): Promise<void> {
    const { durability } = this.options;
    const nowMs = Date.now();
    const expiresMs = nowMs + this.keptMs;
    this.storedMs.set(session, nowMs);
    try {
      await this.log.sessions.put(session.key, this.encode(session), expiresMs, durability);
      this.failed.delete(session);
    } catch (error) {
      this.failed.add(session);
      throw error;
    }
  }

  /**
   * How long a record is kept: it is as old as `refresh` lets it become when the process dies, and
   * from then on its client may be away for the whole time.
   */
  private get keptMs(): number {
    const { retentionMs, upkeepMs } = this.options;
    return retentionMs + retentionMs / REFRESH_SHARE + upkeepMs;
  }

  private encode(session: Session): Uint8Array {
    try {
      return encodeSession(session);
    } catch (error) {
      // Its rooms are worth more than data that cannot be stored, such as functions.
      this.options.reportError(error);
      return encodeSession(session, null);
    }
  }
}
