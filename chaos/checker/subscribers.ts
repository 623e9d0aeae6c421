import type { Anomalies } from "./anomalies.ts";
import { describe, type Facts, isRefused, isSame, startOf } from "./facts.ts";
import { type Content, type Publish, reloadReason, type Seen, type Subscriber } from "./history.ts";
import { RoomView } from "./room-view.ts";

/** What was found about subscribers that is not wrong. */
export interface Tally {
  deliveries: number;
  /** Came back to their session. */
  recovered: number;
  /** Came back, and had to begin anew. */
  renewed: number;
  /** Declared by the server. */
  gaps: number;
  /** Rooms that a page has gone on with where one before it was. */
  resumed: number;
  /** Messages that a subscriber should have got and did not, one for each subscriber. */
  lost: number;
}

/** Checks that a subscriber which may is in its rooms once all is well: I7. */
export function checkSettled(subscriber: Subscriber, anomalies: Anomalies): void {
  const isRevoked = subscriber.events.some(({ kind }) => kind === "revoked");
  if (subscriber.isSettled || isRevoked) return;
  const last = subscriber.events.findLast(({ kind }) => kind !== "message");
  const what = `never came back to its rooms; its last was ${JSON.stringify(last)}`;
  anomalies.add("I7", "stuck", `${subscriber.name} ${what}`);
}

/** Checks what one subscriber saw of rooms that are logged: I2 and I5 to I9. */
export function checkSubscriber(
  subscriber: Subscriber,
  facts: Facts,
  sessionMs: number,
  anomalies: Anomalies,
  tally: Tally,
): void {
  const walk = new Walk(subscriber, facts, sessionMs, anomalies, tally);
  for (const event of subscriber.events) walk.step(event);
  walk.end();
}

/** The message that was sent, if it is just what was received. */
export function findSent(
  { name }: Subscriber,
  content: Content,
  facts: Facts,
  anomalies: Anomalies,
): Publish | null {
  const publish = facts.publishes.get(content.id);
  if (publish === undefined || !isSame(publish, content)) {
    anomalies.add("I2", "phantom", `${name} got ${describe(content)}, which nobody sent`);
    return null;
  }
  if (isRefused(publish)) {
    anomalies.add("I2", "phantom", `${name} got ${describe(content)}, which was refused`);
  }
  return publish;
}

const endings: ReadonlySet<string> = new Set(["io server disconnect", reloadReason]);

class Walk {
  private readonly subscriber: Subscriber;
  private readonly facts: Facts;
  private readonly sessionMs: number;
  private readonly anomalies: Anomalies;
  private readonly tally: Tally;
  private readonly views: Map<string, RoomView> = new Map();
  private hasConnected = false;
  private disconnectedAtMs: number | null = null;
  /** One of the two has ended the session, and nothing is owed to it. */
  private isDismissed = false;
  private falseGap: string | null = null;
  /** It has begun anew, and was not yet told why. */
  private isNew = false;
  private revokedAtMs = Number.POSITIVE_INFINITY;

  constructor(
    subscriber: Subscriber,
    facts: Facts,
    sessionMs: number,
    anomalies: Anomalies,
    tally: Tally,
  ) {
    this.subscriber = subscriber;
    this.facts = facts;
    this.sessionMs = sessionMs;
    this.anomalies = anomalies;
    this.tally = tally;
  }

  step(event: Seen): void {
    switch (event.kind) {
      case "connect":
        this.connect(event.atMs, event.isRecovered);
        break;
      case "disconnect":
        // A client may lose another connection before it is in again.
        this.disconnectedAtMs ??= event.atMs;
        this.isDismissed ||= endings.has(event.reason);
        break;
      case "joining":
        this.view(event.room).joining(event.atMs, event.since);
        break;
      case "joined":
        this.view(event.room).joined(event.offset);
        break;
      case "leaving":
        this.view(event.room).leaving();
        break;
      case "left":
        this.view(event.room).left(event.atMs);
        break;
      case "message":
        this.message(event.content, event.offset);
        break;
      case "gap":
        this.gap(event);
        break;
      case "revoked":
        this.revokedAtMs = Math.min(this.revokedAtMs, event.atMs);
        break;
      default: // of pages, which are checked elsewhere
    }
  }

  end(): void {
    this.reportFalseGap("it was not told why");
    const isRevoked = this.revokedAtMs !== Number.POSITIVE_INFINITY;
    for (const view of this.views.values()) this.tally.lost += view.end(isRevoked);
  }

  private connect(atMs: number, isRecovered: boolean): void {
    if (this.revokedAtMs < atMs) {
      this.anomalies.add("I9", "leak", `${this.subscriber.name} was let in after its revocation`);
    }
    this.isNew = false;
    this.reportFalseGap("it was not told why");
    if (isRecovered) this.tally.recovered += 1;
    else if (this.hasConnected) this.renew(atMs);
    this.hasConnected = true;
    this.disconnectedAtMs = null;
    this.isDismissed = false;
  }

  private gap({ by, rooms, reason }: Seen & { kind: "gap" }): void {
    this.tally.gaps += 1;
    if (by === "event" && this.isNew) {
      // It tells why the session is a new one: whether it had to be is judged already.
      this.isNew = false;
      this.reportFalseGap(reason);
      return;
    }
    for (const room of rooms ?? this.views.keys()) this.view(room).gap(reason);
  }

  /** That a session is new, once it is told why, or is not. */
  private reportFalseGap(reason: string): void {
    if (this.falseGap === null) return;
    this.anomalies.add("I8", "false gap", `${this.falseGap}: ${reason}`);
    this.falseGap = null;
  }

  private renew(atMs: number): void {
    this.tally.renewed += 1;
    this.isNew = true;
    const awayMs = atMs - (this.disconnectedAtMs ?? atMs);
    const views = [...this.views.values()];
    const isOwed = views.some(({ isIn }) => isIn) && !views.some((view) => view.isPastRetention);
    if (isOwed && awayMs < this.sessionMs && !this.isDismissed) {
      const what = `lost its session after ${Math.round(awayMs)} ms at ${Math.round(atMs)}`;
      this.falseGap = `${this.subscriber.name} ${what}, and nothing was past retention`;
    }
    for (const view of views) view.forgotten(atMs);
  }

  private message(content: Content, offset: number | null): void {
    this.tally.deliveries += 1;
    const publish = findSent(this.subscriber, content, this.facts, this.anomalies);
    if (publish === null) return;
    if (startOf(publish) > this.revokedAtMs) {
      const what = `${this.subscriber.name} got ${describe(publish)}`;
      this.anomalies.add("I9", "leak", `${what}, which was sent after its revocation`);
    }
    this.view(publish.room).message(publish, offset);
  }

  private view(room: string): RoomView {
    let view = this.views.get(room);
    if (view === undefined) {
      view = new RoomView(this.subscriber.name, room, this.facts, this.anomalies);
      this.views.set(room, view);
    }
    return view;
  }
}
