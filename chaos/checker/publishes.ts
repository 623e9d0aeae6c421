import type { Anomalies } from "./anomalies.ts";
import { describe, type Facts } from "./facts.ts";
import type { Publish } from "./history.ts";

/** Checks what publishers were told against each other, and against the log: I1, I3, I10. */
export function checkPublishes(facts: Facts, anomalies: Anomalies): void {
  const places = new Map<string, Publish>();
  for (const publish of facts.publishes.values()) {
    checkAnswers(publish, anomalies);
    checkOnLog(publish, facts, anomalies);
    checkOutbox(publish, facts, anomalies);
    for (const { answer } of publish.attempts) {
      if (answer.kind !== "ok") continue;
      const place = `${publish.room} ${answer.epoch} ${answer.offset}`;
      const other = places.get(place);
      if (other !== undefined && other.id !== publish.id) {
        const both = `${describe(other)} and ${describe(publish)}`;
        anomalies.add("I10", "inconsistent offset", `${both} were both given ${answer.offset}`);
      }
      places.set(place, publish);
    }
  }
}

/** One id, one offset; and only what was sent before is a duplicate. */
function checkAnswers(publish: Publish, anomalies: Anomalies): void {
  let told: number | null = null;
  for (const [index, { answer }] of publish.attempts.entries()) {
    if (answer.kind !== "ok") continue;
    if (told !== null && answer.offset !== told) {
      const places = `${told}, then ${answer.offset}`;
      anomalies.add("I3", "inconsistent offset", `${describe(publish)} was given ${places}`);
    }
    const isSentOnce = publish.by !== "channel"; // by one attempt: an outbox tries again by itself
    if (isSentOnce && told !== null && !answer.isDuplicate) {
      anomalies.add("I3", "duplicate", `${describe(publish)} was taken for new a second time`);
    }
    if (isSentOnce && index === 0 && answer.isDuplicate) {
      anomalies.add("I3", "lost write", `${describe(publish)} was taken for one sent before`);
    }
    told ??= answer.offset;
  }
}

/** What was kept is on the log at last, and not kept any more. */
function checkOutbox(publish: Publish, facts: Facts, anomalies: Anomalies): void {
  const { outbox, room, attempts } = publish;
  if (outbox === undefined) return;
  if (outbox.isLeft) {
    anomalies.add("I7", "stuck", `${describe(publish)} is not settled by its outbox to the end`);
    return;
  }
  const isTrimmed = (facts.rooms.get(room)?.firstOffset ?? 1) > 1;
  const isTold = attempts.some(({ answer }) => answer.kind === "ok");
  if (!outbox.isOwed || isTold || isTrimmed || facts.offsets.has(publish.id)) return;
  const codes = attempts.flatMap(({ answer }) => (answer.kind === "refused" ? [answer.code] : []));
  const why = codes.length === 0 ? "" : `, and was refused: ${codes.join(", ")}`;
  anomalies.add(
    "I1",
    "lost write",
    `${describe(publish)} was in an outbox, is not on the log${why}`,
  );
}

function checkOnLog(publish: Publish, facts: Facts, anomalies: Anomalies): void {
  const room = facts.rooms.get(publish.room);
  const logged = facts.offsets.get(publish.id);
  for (const { answer } of publish.attempts) {
    if (answer.kind !== "ok") continue;
    // What retention has taken cannot be asked for any more.
    if (room !== undefined && answer.offset < room.firstOffset) return;
    if (logged === undefined) {
      const told = `was acknowledged at ${answer.offset}`;
      anomalies.add("I1", "lost write", `${describe(publish)} ${told}, and is not on the log`);
      return;
    }
    if (logged !== answer.offset) {
      const places = `was acknowledged at ${answer.offset}, and stands at ${logged}`;
      anomalies.add("I1", "inconsistent offset", `${describe(publish)} ${places}`);
      return;
    }
  }
}
