import type { Session } from "./session.ts";

/** The sessions that this process knows: those that are connected, and those that may come back. */
export class SessionTable {
  private readonly byPid = new Map<string, Session>();
  /** Without a connection, the first that was lost first. */
  private readonly lost = new Set<Session>();

  get size(): number {
    return this.byPid.size;
  }

  /** Those whose clients are away. */
  get lostCount(): number {
    return this.lost.size;
  }

  get(pid: string): Session | undefined {
    return this.byPid.get(pid);
  }

  values(): IterableIterator<Session> {
    return this.byPid.values();
  }

  add(session: Session): void {
    session.lostMs = null;
    this.byPid.set(session.pid, session);
    this.lost.delete(session);
  }

  /** Its connection is gone; it may come back. */
  lose(session: Session, nowMs: number): void {
    session.lostMs = nowMs;
    this.lost.add(session);
  }

  delete(session: Session): void {
    this.byPid.delete(session.pid);
    this.lost.delete(session);
  }

  /** Forgets those that were lost before; returns them. */
  expire(beforeMs: number): readonly Session[] {
    const expired: Session[] = [];
    for (const session of this.lost) {
      const { lostMs } = session;
      if (lostMs !== null && lostMs > beforeMs) break;
      this.delete(session);
      expired.push(session);
    }
    return expired;
  }
}
