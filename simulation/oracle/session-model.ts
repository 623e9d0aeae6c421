/** A room was joined or left. */
export interface Change {
  readonly room: string;
  readonly isJoin: boolean;
  /** The newest sequence of the log by then: what comes later comes after it. */
  readonly head: number;
  /** On the oracle's clock. */
  readonly order: number;
}

/** Of several histories that a crash has left possible, so many are followed. */
const MAX_HISTORIES = 4;

/**
 * What a session must have got, and may have got.
 *
 * After a crash it is not known which of the last changes were stored, unless somebody has seen
 * something that may be seen only afterwards. Then there are several possible histories, and the
 * server is held to what all of them say, and forbidden what none of them says.
 */
export class SessionModel {
  readonly sid: string;
  /** The same whenever the same seed runs: ids are random. */
  readonly name: string;
  /** Whose it is. */
  readonly client: string;
  /** The newest sequence when it began. */
  readonly startHead: number;
  readonly startOrder: number;
  /** The process that it lives in, counted from 1. */
  process: number;
  /** Its socket's `data`. */
  born = 0;
  /** The process that it lives in is there, and what comes from it may be taken for a proof. */
  isLive = true;
  /** Over for good: it was told to leave, or has left. */
  hasEnded = false;
  /** When it was last known to have a connection, on the virtual clock. */
  aliveMs = 0;
  /** The newest sequence behind which its client is. It began before anybody heard of it. */
  lastSequence = 0;
  /** The order of the newest event that is not logged that its client has seen. */
  lastOrder = 0;
  /** Until when anything may be missing in a room, as a gap was declared: the client was slow. */
  readonly excused: Map<string, { readonly sequence: number; readonly order: number }> = new Map();
  /** Offsets that answers to joins have covered. */
  readonly answered: Map<string, number> = new Map();
  /** The newest values seen, by room and key. */
  readonly values: Map<string, number> = new Map();
  readonly seen: Set<number> = new Set();
  /** The offset that each of its channels gets next, where that is certain. */
  readonly channels: Map<string, number> = new Map();
  /** How often the server has moved it. */
  moves = 0;
  /** What it has missed of events that are not logged before that time is forgiven. */
  forgivenMs = 0;
  private histories: Change[][] = [[]];
  /** So many changes are known to be stored. */
  private proven = 0;

  constructor(
    { sid, name, client }: { sid: string; name: string; client: string },
    start: { head: number; order: number; process: number },
  ) {
    this.sid = sid;
    this.name = name;
    this.client = client;
    this.startHead = start.head;
    this.startOrder = start.order;
    this.process = start.process;
  }

  /** What it may be a member of now. */
  get rooms(): ReadonlySet<string> {
    return roomsOf(this.histories[0] ?? []);
  }

  /** The server has let it join or leave a room by itself: what its client asked for may not hold. */
  moved(room: string): void {
    this.channels.delete(room);
    this.moves += 1;
  }

  change(change: Change): void {
    for (const history of this.histories) history.push(change);
  }

  /** All changes up to the `count`th are stored. */
  prove(count: number): void {
    if (this.histories.length > 1) return;
    this.proven = Math.max(this.proven, count);
  }

  /** Nothing of what was stored is safe: it was stored as safely as a process needs it. */
  doubt(): void {
    this.proven = 0;
    this.channels.clear();
  }

  get changeCount(): number {
    return this.histories[0]?.length ?? 0;
  }

  /** Something was seen that may be seen only when all that came before is stored. */
  proveBefore(sequence: number): void {
    if (!this.isLive) return;
    const history = this.histories[0] ?? [];
    const count = history.findLastIndex(({ head }) => head < sequence) + 1;
    this.prove(count);
  }

  /** A process has found it on the disk, with these rooms; false if that cannot be. */
  restore(rooms: ReadonlySet<string>): boolean {
    const possible = new Map<string, Change[]>();
    for (const stored of this.possible()) {
      if (areSame(roomsOf(stored), rooms)) possible.set(JSON.stringify(stored), stored);
    }
    if (possible.size === 0) return false;
    this.histories = [...possible.values()].slice(0, MAX_HISTORIES);
    // Where they differ in length, nobody can say any more how many are stored.
    this.proven = Math.min(...this.histories.map(({ length }) => length));
    return true;
  }

  /**
   * Whether a message that is not kept any more may be missing, as far as what is stored may say: it
   * was in the room, or has left it since, and then nobody knows whether the message came before that.
   */
  mayLack(room: string, sequence: number): boolean {
    return this.possible().some(
      (history) =>
        isIn(history, room, ({ head }) => head < sequence) ||
        history.some((change) => change.room === room && !change.isJoin),
    );
  }

  mustBeIn(room: string, sequence: number): boolean {
    if (room === this.sid) return sequence > this.startHead;
    return this.histories.every((history) => isIn(history, room, ({ head }) => head < sequence));
  }

  mayBeIn(room: string, sequence: number): boolean {
    if (room === this.sid) return sequence > this.startHead;
    return this.histories.some((history) => isIn(history, room, ({ head }) => head < sequence));
  }

  mustBeInAt(room: string, order: number): boolean {
    if (room === this.sid) return order > this.startOrder;
    return this.histories.every((history) => isIn(history, room, (each) => each.order < order));
  }

  mayBeInAt(room: string, order: number): boolean {
    // It begins a little before anybody hears of it.
    if (room === this.sid) return true;
    return this.histories.some((history) => isIn(history, room, (each) => each.order < order));
  }

  /** All that a crash may leave of it. */
  private possible(): Change[][] {
    return this.histories.flatMap((history) => {
      const first = Math.min(this.proven, history.length);
      return Array.from({ length: history.length - first + 1 }, (_, index) =>
        history.slice(0, first + index),
      );
    });
  }
}

function isIn(
  history: readonly Change[],
  room: string,
  isBefore: (change: Change) => boolean,
): boolean {
  let isMember = false;
  for (const change of history) {
    if (change.room === room && isBefore(change)) isMember = change.isJoin;
  }
  return isMember;
}

function roomsOf(history: readonly Change[]): Set<string> {
  const rooms = new Set<string>();
  for (const { room, isJoin } of history) {
    if (isJoin) rooms.add(room);
    else rooms.delete(room);
  }
  return rooms;
}

function areSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((room) => b.has(room));
}
