import type { Anomalies } from "./anomalies.ts";
import { describe, endOf, type Facts } from "./facts.ts";
import type { Publish, SeenByPage } from "./history.ts";

/** What one page has seen of one room by its channel: I5, I6, I7, I8, I9. */
export class PageView {
  private readonly who: string;
  private readonly room: string;
  private readonly facts: Facts;
  private readonly anomalies: Anomalies;
  private readonly openedAtMs: number;
  private isOpen = true;
  /** The newest offset that it has, that it begins after, or that is gone. */
  private last: number | null;
  /** Passed over, and not declared gone: they still may come, out of order. */
  private readonly missing: Set<number> = new Set();
  private readonly received: Set<number> = new Set();

  constructor(
    who: string,
    { room, since, atMs }: SeenByPage & { kind: "opened" },
    facts: Facts,
    anomalies: Anomalies,
  ) {
    this.who = who;
    this.room = room;
    this.last = since;
    this.openedAtMs = atMs;
    this.facts = facts;
    this.anomalies = anomalies;
  }

  get reached(): number | null {
    return this.last;
  }

  /** Goes on after it has left: as if it had been there all the time. */
  reopened(since: number | null): void {
    this.isOpen = true;
    if (since === null || this.last === null) this.last = since;
    else this.skipTo(since);
  }

  closed(): void {
    this.isOpen = false;
  }

  /** Only the first one says where it begins; it has to be where it is, each time. */
  entered(offset: number | null): void {
    if (offset === null) return;
    this.last ??= offset;
    this.skipTo(offset);
  }

  declared({ reason, from, to }: SeenByPage & { kind: "declared" }): void {
    const { last, room } = this;
    const firstOffset = this.facts.rooms.get(room)?.firstOffset ?? 1;
    const isTrue =
      reason === "retention" &&
      from !== null &&
      to !== null &&
      last !== null &&
      from > last &&
      from <= to &&
      to < firstOffset;
    if (!isTrue) {
      const what = `was told of a gap (${reason}) from ${from} to ${to} of ${room}`;
      this.report("I8", "false gap", `${what} at ${last}, whose log begins at ${firstOffset}`);
    }
    if (from === null || to === null) return;
    this.skipTo(from - 1);
    if (this.last === null || to > this.last) this.last = to;
  }

  delivered(publish: Publish, told: number | null, id: string | null): void {
    const { facts, last } = this;
    const what = `got ${describe(publish)}`;
    if (!this.isOpen) this.report("I9", "leak", `${what} after it has left`);
    if (id !== publish.id && publish.by !== "emit") {
      this.report("I5", "inconsistent offset", `${what} by the id of another: ${id}`);
    }
    const offset = facts.offsets.get(publish.id);
    if (offset === undefined) {
      // It may have been trimmed, and nobody was ever told where it stood.
      const isTrimmed = (facts.rooms.get(this.room)?.firstOffset ?? 1) > 1;
      if (!isTrimmed) this.report("I2", "phantom", `${what}, which is not on the log`);
    } else if (told !== offset) {
      this.report("I5", "inconsistent offset", `${what} at ${told}, and it stands at ${offset}`);
    }
    const at = told ?? offset;
    if (at === undefined) return;
    if (this.received.has(at)) {
      this.report("I6", "duplicate", `${what} at ${at} again`);
      return;
    }
    this.received.add(at);
    if (last === null) {
      if (endOf(publish) < this.openedAtMs) {
        this.report("I9", "leak", `${what}, which is from before it joined`);
      }
      this.last = at;
    } else if (at <= last) {
      this.missing.delete(at);
      this.report("I6", "nonmonotonic poll", `${what} at ${at} after ${last}`);
    } else {
      this.skipTo(at - 1);
      this.last = at;
    }
  }

  /** Nothing comes any more. Returns how many messages it should have got, and did not. */
  end(mustBeAtHead: boolean): number {
    for (const offset of this.missing) {
      const publish = this.facts.messages.get(this.room)?.get(offset);
      const what = publish === undefined ? this.room : describe(publish);
      this.report("I6", "poll skip", `never got ${what} at ${offset}, and what follows it`);
    }
    const head = this.facts.rooms.get(this.room)?.headOffset ?? 0;
    const { last, missing } = this;
    if (last !== null && last > head) {
      this.report("I10", "log hole", `has ${last} of ${this.room}, whose head is ${head}`);
    } else if (mustBeAtHead && this.isOpen && last !== head) {
      this.report("I7", "stuck", `is at ${last} of ${this.room}, whose head is ${head}`);
      return missing.size + head - (last ?? 0);
    }
    return missing.size;
  }

  /** What comes next stands behind that offset. */
  private skipTo(offset: number): void {
    if (this.last === null || offset <= this.last) return;
    for (let skipped = this.last + 1; skipped <= offset; skipped += 1) this.missing.add(skipped);
    this.last = offset;
  }

  private report(...[invariant, name, what]: Parameters<Anomalies["add"]>): void {
    this.anomalies.add(invariant, name, `${this.who} ${what}`);
  }
}
