/** Somebody in a room, by the sockets that they are in it with. */
export interface Member {
  readonly personId: string;
  /** Empty for who is away. */
  readonly sockets: ReadonlySet<string>;
  /** Since when no socket of theirs is left; null while there is one. */
  readonly awaySinceMs: number | null;
}

export interface RosterWorld {
  nowMs(): number;
  /** Runs `work` in that time; what is returned takes it back. */
  after(delayMs: number, work: () => void): () => void;
  /** Who is there has changed; with what, if that is news to the others. */
  changed(change: { readonly kind: "joined" | "left"; readonly personId: string } | null): void;
}

interface OwnMember extends Member {
  readonly sockets: Set<string>;
  awaySinceMs: number | null;
  stopWaiting: () => void;
}

/**
 * Who is in one room: people, not connections.
 *
 * Who loses the line is away, and said to be; who does not come back in time has left.
 */
export class Roster {
  private readonly world: RosterWorld;
  private readonly graceMs: number;
  private readonly byPerson = new Map<string, OwnMember>();

  constructor(world: RosterWorld, graceMs: number) {
    this.world = world;
    this.graceMs = graceMs;
  }

  get members(): readonly Member[] {
    return [...this.byPerson.values()];
  }

  has(personId: string): boolean {
    return this.byPerson.has(personId);
  }

  enter(personId: string, socketId: string): void {
    const known = this.byPerson.get(personId);
    if (known === undefined) {
      const sockets = new Set([socketId]);
      this.byPerson.set(personId, { personId, sockets, awaySinceMs: null, stopWaiting() {} });
      this.world.changed({ kind: "joined", personId });
      return;
    }
    if (known.sockets.has(socketId)) return;
    known.stopWaiting();
    known.awaySinceMs = null;
    known.sockets.add(socketId);
    this.world.changed(null);
  }

  /** The socket has left by itself. */
  leave(personId: string, socketId: string): void {
    const member = this.take(personId, socketId);
    if (member === null) return;
    if (member.sockets.size > 0) this.world.changed(null);
    else this.remove(member);
  }

  /** The socket's line is lost: it may come back. */
  lose(personId: string, socketId: string): void {
    const member = this.take(personId, socketId);
    if (member === null) return;
    if (member.sockets.size === 0) {
      member.awaySinceMs = this.world.nowMs();
      member.stopWaiting = this.world.after(this.graceMs, () => this.remove(member));
    }
    this.world.changed(null);
  }

  close(): void {
    for (const member of this.byPerson.values()) member.stopWaiting();
    this.byPerson.clear();
  }

  private take(personId: string, socketId: string): OwnMember | null {
    const member = this.byPerson.get(personId);
    return member?.sockets.delete(socketId) === true ? member : null;
  }

  private remove({ personId }: Member): void {
    this.byPerson.delete(personId);
    this.world.changed({ kind: "left", personId });
  }
}
