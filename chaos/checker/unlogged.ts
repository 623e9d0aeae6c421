import type { Anomalies } from "./anomalies.ts";
import { describe, endOf, type Facts, startOf } from "./facts.ts";
import { type Content, type Publish, reloadReason, type Seen, type Subscriber } from "./history.ts";
import { findSent, type Tally } from "./subscribers.ts";

/**
 * Checks what one subscriber saw on a server that has no log: I2, I4, I6.
 *
 * What was acknowledged after a subscriber has come into a room is owed to it, until it goes.
 */
export function checkUnlogged(
  subscriber: Subscriber,
  facts: Facts,
  anomalies: Anomalies,
  tally: Tally,
): void {
  const received = new Set<string>();
  const latest = new Map<string, Publish>();
  /** For each room from when until when it was in. */
  const stays = new Map<string, { fromMs: number; untilMs: number }>();
  /** For each room when it was out because it had begun anew by itself. */
  const absences = new Map<string, { fromMs: number; untilMs: number }[]>();
  const renewals: number[] = [];
  let hasConnected = false;

  const message = (content: Content): void => {
    tally.deliveries += 1;
    const publish = findSent(subscriber, content, facts, anomalies);
    if (publish === null) return;
    if (received.has(publish.id)) {
      anomalies.add("I6", "duplicate", `${subscriber.name} got ${describe(publish)} again`);
      return;
    }
    received.add(publish.id);
    const [attempt] = publish.attempts;
    if (attempt === undefined || publish.attempts.length > 1) return;
    const key = `${publish.room} ${publish.publisher} ${attempt.connection}`;
    const before = latest.get(key);
    if (before !== undefined && before.sequence > publish.sequence) {
      const order = `got ${describe(publish)} after ${describe(before)}`;
      anomalies.add("I6", "nonmonotonic poll", `${subscriber.name} ${order}`);
    } else {
      latest.set(key, publish);
    }
  };

  const step = (event: Seen): void => {
    if (event.kind === "message") message(event.content);
    else if (event.kind === "disconnect" && event.reason === reloadReason) {
      for (const room of stays.keys()) {
        const absence = { fromMs: event.atMs, untilMs: Number.POSITIVE_INFINITY };
        absences.set(room, [...(absences.get(room) ?? []), absence]);
      }
    } else if (event.kind === "joined" && absences.get(event.room)?.length) {
      for (const absence of absences.get(event.room) ?? []) {
        absence.untilMs = Math.min(absence.untilMs, event.atMs);
      }
    } else if (event.kind === "joined" && !stays.has(event.room)) {
      stays.set(event.room, { fromMs: event.atMs, untilMs: Number.POSITIVE_INFINITY });
    } else if (event.kind === "leaving") {
      const stay = stays.get(event.room);
      if (stay !== undefined) stay.untilMs = Math.min(stay.untilMs, event.atMs);
    } else if (event.kind === "revoked") {
      for (const stay of stays.values()) stay.untilMs = Math.min(stay.untilMs, event.atMs);
    } else if (event.kind === "connect") {
      if (event.isRecovered) tally.recovered += 1;
      else if (hasConnected) {
        tally.renewed += 1;
        renewals.push(event.atMs);
      }
      hasConnected = true;
    }
  };

  for (const event of subscriber.events) step(event);
  for (const publish of facts.publishes.values()) {
    const stay = stays.get(publish.room);
    const isOwed = stay !== undefined && startOf(publish) > stay.fromMs;
    const isAbsent = absences
      .get(publish.room)
      ?.some(({ fromMs, untilMs }) => endOf(publish) > fromMs && startOf(publish) < untilMs);
    if (!isOwed || isAbsent === true || endOf(publish) >= stay.untilMs || received.has(publish.id))
      continue;
    tally.lost += 1;
    // A session that begins anew tells its client that something may be missing, and not what.
    const isTold = renewals.some((atMs) => atMs > startOf(publish));
    const how = isTold ? "its session began anew" : "nothing told it so";
    anomalies.add("I6", "poll skip", `${subscriber.name} never got ${describe(publish)}: ${how}`);
  }
}
