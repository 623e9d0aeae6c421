import type { Anomalies } from "./anomalies.ts";
import { describe, endOf, type Facts, startOf } from "./facts.ts";
import type { Publish } from "./history.ts";

type Membership = "out" | "joining" | "in" | "leaving";

/** What one subscriber has seen of one room that is logged: I5, I6, I7, I8, I9. */
export class RoomView {
  private readonly subscriber: string;
  private readonly room: string;
  private readonly facts: Facts;
  private readonly anomalies: Anomalies;
  private membership: Membership = "out";
  /** The newest offset that it has, or that it starts after; null before the first. */
  private last: number | null = null;
  /** Passed over, and not declared gone: they still may come, out of order. */
  private readonly missing: Set<number> = new Set();
  private readonly received: Set<number> = new Set();
  /** Told that something is gone, so that the next message may be any later one. */
  private isGapDeclared = false;
  private joiningAtMs = Number.POSITIVE_INFINITY;
  private outSinceMs = Number.NEGATIVE_INFINITY;

  constructor(subscriber: string, room: string, facts: Facts, anomalies: Anomalies) {
    this.subscriber = subscriber;
    this.room = room;
    this.facts = facts;
    this.anomalies = anomalies;
  }

  get isIn(): boolean {
    return this.membership === "in";
  }

  /** True if what comes next is not on the log any more. */
  get isPastRetention(): boolean {
    const room = this.facts.rooms.get(this.room);
    return room !== undefined && this.last !== null && this.last + 1 < room.firstOffset;
  }

  joining(atMs: number, since: number | null): void {
    if (this.membership !== "out") return;
    this.membership = "joining";
    this.last = since;
    this.joiningAtMs = atMs;
  }

  joined(offset: number | null): void {
    this.membership = "in";
    if (offset === null) return;
    if (this.last === null) {
      this.last = offset;
      return;
    }
    // What came before the answer did come; what the answer says comes first is owed, too.
    for (let owed = offset + 1; owed < this.last; owed += 1) {
      if (!this.received.has(owed) && !this.isGapDeclared) this.missing.add(owed);
    }
  }

  leaving(): void {
    if (this.membership !== "out") this.membership = "leaving";
  }

  left(atMs: number): void {
    this.membership = "out";
    this.outSinceMs = atMs;
    this.isGapDeclared = false;
  }

  /** A new session is in no room; its client can ask for what came after all that it had. */
  forgotten(atMs: number): void {
    this.membership = "out";
    this.outSinceMs = atMs;
  }

  gap(reason: string): void {
    // A session that is new is in no room: there its client has to ask for what it has missed.
    if (this.membership === "out") return;
    if (this.last !== null && !this.isPastRetention && this.membership !== "leaving") {
      const next = `${this.last + 1} of ${this.room} is there`;
      this.report("I8", "false gap", `was told of a gap (${reason}), and ${next}`);
    }
    this.isGapDeclared = true;
  }

  message(publish: Publish, toldOffset: number | null): void {
    const offset = this.facts.offsets.get(publish.id);
    this.checkMembership(publish);
    if (offset === undefined) {
      this.unplaced(publish);
      return;
    }
    if (toldOffset !== null && toldOffset !== offset) {
      const places = `at ${toldOffset}, and it stands at ${offset}`;
      this.report("I5", "inconsistent offset", `got ${describe(publish)} ${places}`);
    }
    if (this.received.has(offset)) {
      this.report("I6", "duplicate", `got ${describe(publish)} at ${offset} again`);
      return;
    }
    this.received.add(offset);
    if (this.membership === "out") return;
    if (this.last !== null && offset <= this.last) {
      this.missing.delete(offset);
      const order = `got ${describe(publish)} at ${offset} after ${this.last}`;
      this.report("I6", "nonmonotonic poll", order);
      return;
    }
    if (this.last !== null && !this.isGapDeclared) {
      for (let skipped = this.last + 1; skipped < offset; skipped += 1) this.missing.add(skipped);
    }
    this.isGapDeclared = false;
    this.last = offset;
  }

  /** Nothing comes any more. Returns how many messages it should have got, and did not. */
  end(isLeftBehind: boolean): number {
    for (const offset of this.missing) {
      const publish = this.facts.messages.get(this.room)?.get(offset);
      const what = publish === undefined ? this.room : describe(publish);
      this.report("I6", "poll skip", `never got ${what} at ${offset}, and what follows it`);
    }
    const head = this.facts.rooms.get(this.room)?.headOffset ?? 0;
    const behind = this.membership === "in" && this.last !== null ? head - this.last : 0;
    if (behind === 0 || isLeftBehind) return this.missing.size;
    if (behind < 0) {
      this.report("I10", "log hole", `has ${this.last} of ${this.room}, whose head is ${head}`);
      return this.missing.size;
    }
    this.report("I7", "stuck", `is at ${this.last} of ${this.room}, whose head is ${head}`);
    return this.missing.size + behind;
  }

  /** What is for those alone who are in. */
  private checkMembership(publish: Publish): void {
    if (this.membership === "out" && startOf(publish) > this.outSinceMs) {
      this.report("I9", "leak", `got ${describe(publish)}, and was not in the room`);
    } else if (
      this.membership === "joining" &&
      this.last === null &&
      endOf(publish) < this.joiningAtMs
    ) {
      this.report("I9", "leak", `got ${describe(publish)}, which is from before it joined`);
    }
  }

  /** What the log never told the place of. */
  private unplaced(publish: Publish): void {
    const room = this.facts.rooms.get(this.room);
    // It may have been trimmed, and nobody was ever told where it stood.
    if (room !== undefined && room.firstOffset > 1) return;
    this.report("I2", "phantom", `got ${describe(publish)}, which is not on the log`);
  }

  private report(...[invariant, name, what]: Parameters<Anomalies["add"]>): void {
    this.anomalies.add(invariant, name, `${this.subscriber} ${what}`);
  }
}
