import type { Anomalies } from "./anomalies.ts";
import { describe, type Facts, startOf } from "./facts.ts";
import type { SeenByPage, Subscriber } from "./history.ts";
import { PageView } from "./page-view.ts";
import { findSent, type Tally } from "./subscribers.ts";

/** A place is stored soon after the first message; so long is enough on a busy machine. */
const storedWithinMs = 5000;

/** How far all pages of a client have come in a room. */
interface Progress {
  readonly firstAtMs: number;
  reached: number;
}

/**
 * Checks what the pages of one client with channels saw: I2 and I5 to I9.
 *
 * To one page nothing comes twice. The next one goes on at the place that is stored, which may be one
 * that the page before it had passed already, but never one that no page has come to.
 */
export function checkPages(
  subscriber: Subscriber,
  facts: Facts,
  anomalies: Anomalies,
  tally: Tally,
): void {
  const walk = new Walk(subscriber, facts, anomalies, tally);
  for (const event of subscriber.events) {
    if (event.kind === "revoked") walk.revokedAtMs = Math.min(walk.revokedAtMs, event.atMs);
    else if (event.kind === "connect") {
      if (event.isRecovered) tally.recovered += 1;
      if (walk.revokedAtMs < event.atMs) {
        anomalies.add("I9", "leak", `${subscriber.name} was let in after its revocation`);
      }
    } else if ("page" in event) walk.step(event);
  }
  walk.end();
}

class Walk {
  revokedAtMs: number = Number.POSITIVE_INFINITY;
  private readonly subscriber: Subscriber;
  private readonly facts: Facts;
  private readonly anomalies: Anomalies;
  private readonly tally: Tally;
  /** By page, and by room. */
  private readonly pages: Map<number, Map<string, PageView>> = new Map();
  private readonly progress: Map<string, Progress> = new Map();

  constructor(subscriber: Subscriber, facts: Facts, anomalies: Anomalies, tally: Tally) {
    this.subscriber = subscriber;
    this.facts = facts;
    this.anomalies = anomalies;
    this.tally = tally;
  }

  step(event: SeenByPage): void {
    const views = this.pages.get(event.page) ?? new Map<string, PageView>();
    this.pages.set(event.page, views);
    switch (event.kind) {
      case "opened":
        this.opened(event, views);
        break;
      case "entered":
        views.get(event.room)?.entered(event.offset);
        this.advance(event.room, views, event.atMs);
        break;
      case "delivered":
        this.delivered(event, views);
        break;
      case "declared":
        this.tally.gaps += 1;
        views.get(event.room)?.declared(event);
        this.advance(event.room, views, event.atMs);
        break;
      case "closed":
        if (event.room !== null) views.get(event.room)?.closed();
        else for (const view of views.values()) view.closed();
        break;
    }
  }

  end(): void {
    const isRevoked = this.revokedAtMs !== Number.POSITIVE_INFINITY;
    for (const views of this.pages.values()) {
      for (const view of views.values()) this.tally.lost += view.end(!isRevoked);
    }
  }

  private opened(event: SeenByPage & { kind: "opened" }, views: Map<string, PageView>): void {
    const { room, since, page, atMs } = event;
    const view = views.get(room);
    if (view !== undefined) {
      view.reopened(since);
      return;
    }
    this.checkPlace(event);
    if (since !== null && since > 0) this.tally.resumed += 1;
    const who = `${this.subscriber.name} page ${page}`;
    views.set(room, new PageView(who, event, this.facts, this.anomalies));
    this.advance(room, views, atMs);
  }

  /** Whether it begins where one of the others was. */
  private checkPlace({ room, since, page, atMs }: SeenByPage & { kind: "opened" }): void {
    const progress = this.progress.get(room);
    const who = `${this.subscriber.name} page ${page}`;
    if (since === null) {
      if (progress === undefined || atMs - progress.firstAtMs < storedWithinMs) return;
      const what = `begins ${room} anew: its place, ${progress.reached}, was not kept`;
      this.anomalies.add("I6", "poll skip", `${who} ${what}`);
    } else if (since > (progress?.reached ?? 0)) {
      const skipped = since - (progress?.reached ?? 0);
      this.tally.lost += skipped;
      const what = `begins ${room} after ${since}, and no page has come further than`;
      this.anomalies.add("I6", "poll skip", `${who} ${what} ${progress?.reached ?? "nothing"}`);
    }
  }

  private delivered(
    { content, offset, id, atMs }: SeenByPage & { kind: "delivered" },
    views: Map<string, PageView>,
  ): void {
    this.tally.deliveries += 1;
    const publish = findSent(this.subscriber, content, this.facts, this.anomalies);
    if (publish === null) return;
    const what = `${this.subscriber.name} got ${describe(publish)}`;
    if (startOf(publish) > this.revokedAtMs) {
      this.anomalies.add("I9", "leak", `${what}, which was sent after its revocation`);
    }
    const view = views.get(publish.room);
    if (view === undefined) this.anomalies.add("I9", "leak", `${what}, and has not asked for it`);
    else view.delivered(publish, offset, id);
    this.advance(publish.room, views, atMs);
  }

  private advance(room: string, views: ReadonlyMap<string, PageView>, atMs: number): void {
    const reached = views.get(room)?.reached ?? null;
    if (reached === null) return;
    const progress = this.progress.get(room);
    if (progress === undefined) this.progress.set(room, { firstAtMs: atMs, reached });
    else progress.reached = Math.max(progress.reached, reached);
  }
}
