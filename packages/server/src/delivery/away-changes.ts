import type { Session } from "../sessions/session.ts";

/** Which sessions are meant: those in one of the rooms, or all; and not those in others. */
export interface SessionFilter {
  readonly rooms: ReadonlySet<string>;
  readonly except?: ReadonlySet<string> | undefined;
  /** Only those of this principal. */
  readonly principal?: string | undefined;
}

/** What is done to a session whose client is away; false if it is over. */
export type AwayChange = (session: Session) => boolean;

/** More are not remembered: each session that is found in the store is held against all of them. */
const MAX_CHANGES = 10_000;

/** Whether a session is one of those that are meant. */
export function isMeant(
  { memberships, principal }: Session,
  { rooms, except, principal: only }: SessionFilter,
): boolean {
  if (only !== undefined && principal !== only) return false;
  if (rooms.size > 0 && ![...rooms].some((room) => memberships.has(room))) return false;
  return ![...(except ?? [])].some((room) => memberships.has(room));
}

/**
 * What was done in this process to sessions whose clients are away, for those that are in the store
 * alone, because an earlier process has put them there: it is done to them once they are found.
 */
export class AwayChanges {
  private changes: { readonly filter: SessionFilter; readonly change: AwayChange }[] = [];
  private hasTooMany = false;
  /** How many of the changes a session has been held against. */
  private readonly counts = new WeakMap<Session, number>();

  add(filter: SessionFilter, change: AwayChange): void {
    if (this.hasTooMany) return;
    if (this.changes.length < MAX_CHANGES) {
      this.changes.push({ filter, change });
      return;
    }
    this.hasTooMany = true;
    this.changes = [];
  }

  /**
   * Does to a session from the store what was done since it was last here; false if it is over. It is
   * over, too, when there was too much to remember: its client may have been thrown out of rooms.
   */
  apply(session: Session): boolean {
    if (this.hasTooMany) return false;
    const from = this.counts.get(session) ?? 0;
    this.counts.set(session, this.changes.length);
    return this.changes
      .slice(from)
      .every(({ filter, change }) => !isMeant(session, filter) || change(session));
  }
}
