import type { LogEntry } from "openline";
import type { Books } from "./books.ts";
import { demand, numberOf, type ReadCursor, type Sent } from "./facts.ts";
import type { SessionModel } from "./session-model.ts";

/** Checks what subscribers see against what was sent: I5 to I10. */
export class Deliveries {
  private readonly books: Books;
  private readonly sent = new Map<number, Sent>();
  /** What is not logged, in the order in which it was sent. */
  private readonly unlogged: Sent[] = [];

  constructor(books: Books) {
    this.books = books;
  }

  send(sent: Sent): void {
    this.sent.set(sent.n, sent);
    if (sent.kind !== "durable") this.unlogged.push(sent);
  }

  isSentTo(n: number, room: string): boolean {
    return this.sent.get(n)?.rooms?.includes(room) === true;
  }

  /** A subscriber has seen an event. */
  see(session: SessionModel, n: number, cursor: ReadCursor | null): void {
    const sent = this.sent.get(n);
    demand(sent !== undefined, () => `I2: ${n} was received, and nobody has sent it`);
    demand(cursor !== null, () => `${n} was received without a cursor`);
    switch (sent.kind) {
      case "durable":
        this.seeMessage(session, sent, cursor);
        return;
      case "value":
        this.seeValue(session, sent, cursor);
        return;
      default:
        this.seeEvent(session, sent, cursor);
    }
  }

  /** The session's client has, as far as the server is concerned, all up to a sequence. */
  advance(session: SessionModel, entries: readonly LogEntry[], sequence: number): void {
    for (let next = session.lastSequence + 1; next <= sequence; next += 1) {
      const entry = entries[next - 1];
      if (entry === undefined) break;
      demand(
        !this.mustGet(session, entry),
        () =>
          `I6: ${numberOf(entry)} of ${entry.room} (sequence ${next}) was skipped: the client of ` +
          `session ${session.name} went from ${session.lastSequence} to ${sequence}`,
      );
    }
    session.lastSequence = Math.max(session.lastSequence, sequence);
  }

  /** All is well, and nothing is on its way: its client has everything. */
  finish(session: SessionModel, process: number): void {
    const { history } = this.books;
    this.advance(session, history, history.length);
    const order = Number.POSITIVE_INFINITY;
    this.advanceUnlogged(session, { n: 0, order, process });
    const newest = new Map<string, Sent>();
    for (const sent of this.unlogged) {
      const [room = ""] = sent.rooms ?? [];
      if (sent.kind === "value" && sent.process === process)
        newest.set(`${room} ${sent.key}`, sent);
    }
    for (const [place, { n, rooms, except }] of newest) {
      const [room = ""] = rooms ?? [];
      if (except.length > 0 || !session.mustBeInAt(room, order)) continue;
      const seen = session.values.get(place);
      demand(
        seen === n,
        () => `I7: session ${session.name} has ${seen} as the newest value of ${place}, not ${n}`,
      );
    }
  }

  private seeMessage(session: SessionModel, { n }: Sent, cursor: ReadCursor): void {
    const { sequence } = cursor;
    const entries = this.books.behind(cursor);
    const entry = entries[sequence - 1];
    const name = `${n} (sequence ${sequence})`;
    demand(
      entry !== undefined && numberOf(entry) === n,
      () => `I5: ${name} is not what the log holds there`,
    );
    const { room } = entry;
    demand(
      this.mayGet(session, entry),
      () => `I9: ${name} of ${room} came to session ${session.name}, which was not in the room`,
    );
    demand(
      sequence > session.lastSequence,
      () => `I6: ${name} of ${room} came behind ${session.lastSequence}: twice, or out of order`,
    );
    const answered = session.answered.get(room) ?? 0;
    demand(
      entry.offset > answered,
      () => `I6: ${name} of ${room}, offset ${entry.offset}, was a part of an answer before`,
    );
    this.advance(session, entries, sequence - 1);
    session.lastSequence = sequence;
    session.proveBefore(sequence);
  }

  private seeEvent(session: SessionModel, sent: Sent, cursor: ReadCursor): void {
    const { n, rooms, order } = sent;
    const name = `${n} to ${rooms?.join(", ") ?? "all"}`;
    demand(!session.seen.has(n), () => `I6: ${name} came twice`);
    session.seen.add(n);
    demand(
      this.mayGetUnlogged(session, sent),
      () => `I9: ${name} came to session ${session.name}, which was not in it`,
    );
    demand(order > session.lastOrder, () => `I6: ${name} came behind a later one`);
    this.advanceUnlogged(session, sent);
    session.lastOrder = order;
    demand(
      session.lastSequence <= sent.head,
      () => `I6: ${name}, sent behind ${sent.head}, came behind ${session.lastSequence}`,
    );
    this.advance(session, this.books.behind(cursor), cursor.sequence);
  }

  private seeValue(session: SessionModel, sent: Sent, cursor: ReadCursor): void {
    const { n, rooms, key } = sent;
    const [room = ""] = rooms ?? [];
    const place = `${room} ${key}`;
    const newest = session.values.get(place) ?? 0;
    demand(n >= newest, () => `I6: the value ${n} of ${place} came behind ${newest}`);
    session.values.set(place, n);
    this.advance(session, this.books.behind(cursor), cursor.sequence);
  }

  /** Nothing between the last event that is not logged and this one may be missing. */
  private advanceUnlogged(
    session: SessionModel,
    sent: Pick<Sent, "n" | "order" | "process">,
  ): void {
    for (let index = this.unlogged.length - 1; index >= 0; index -= 1) {
      const other = this.unlogged[index] as Sent; // in bounds
      if (other.order <= session.lastOrder) return;
      if (other.order >= sent.order || other.kind !== "event") continue;
      // What a process keeps in memory dies with it.
      if (other.process !== sent.process || other.timeMs < session.forgivenMs) continue;
      demand(
        !this.mustGetUnlogged(session, other),
        () => `${other.n} to ${other.rooms?.join(", ") ?? "all"} was skipped before ${sent.n}`,
      );
    }
  }

  private mustGet(session: SessionModel, entry: LogEntry): boolean {
    const { room, sequence } = entry;
    if (!session.mustBeIn(room, sequence)) return false;
    if (sequence <= (session.excused.get(room)?.sequence ?? 0)) return false;
    return !this.leftOut(entry).some((other) => session.mayBeIn(other, sequence));
  }

  private mayGet(session: SessionModel, entry: LogEntry): boolean {
    const { room, sequence } = entry;
    if (!session.mayBeIn(room, sequence)) return false;
    return !this.leftOut(entry).some((other) => session.mustBeIn(other, sequence));
  }

  /** Rooms that do not get a message; who is in several gets it by the first. */
  private leftOut(entry: LogEntry): readonly string[] {
    const sent = this.sent.get(numberOf(entry));
    if (sent === undefined) return [];
    const rooms = sent.rooms ?? [];
    return [...sent.except, ...rooms.slice(0, rooms.indexOf(entry.room))];
  }

  private mustGetUnlogged(session: SessionModel, { rooms, except, order }: Sent): boolean {
    const given = rooms ?? [session.sid];
    const excused = (room: string): boolean => order <= (session.excused.get(room)?.order ?? 0);
    if (!given.some((room) => session.mustBeInAt(room, order) && !excused(room))) return false;
    return !except.some((room) => session.mayBeInAt(room, order));
  }

  private mayGetUnlogged(session: SessionModel, { rooms, except, order }: Sent): boolean {
    const given = rooms ?? [session.sid];
    if (!given.some((room) => session.mayBeInAt(room, order))) return false;
    return !except.some((room) => session.mustBeInAt(room, order));
  }
}
