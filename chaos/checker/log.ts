import type { Anomalies } from "./anomalies.ts";
import { describe, endOf, type Facts, isRefused, isSame, startOf } from "./facts.ts";
import type { Publish, RoomLog } from "./history.ts";

/** Checks a room's log by itself and against what was sent: I1, I2, I4, I10. */
export function checkRoomLog(log: RoomLog, facts: Facts, anomalies: Anomalies): void {
  checkOffsets(log, anomalies);
  const seen = new Set<string>();
  const ordered: Publish[] = [];
  for (const message of log.messages) {
    const where = `${describe(message)} at ${message.offset}`;
    if (seen.has(message.id)) anomalies.add("I1", "duplicate", `${where} is on the log twice`);
    seen.add(message.id);
    const publish = facts.publishes.get(message.id);
    if (publish === undefined || !isSame(publish, message) || message.room !== log.room) {
      anomalies.add("I2", "phantom", `${where} is on the log, and nobody sent it`);
    } else if (isRefused(publish)) {
      anomalies.add("I2", "phantom", `${where} is on the log, and it was refused`);
    } else {
      ordered.push(publish);
    }
  }
  checkRealTime(ordered, anomalies);
  checkConnections(ordered, anomalies);
}

/** Offsets go up by one, to the head. */
function checkOffsets({ room, messages, headOffset }: RoomLog, anomalies: Anomalies): void {
  let last: number | null = null;
  for (const { offset, id } of messages) {
    if (last !== null && offset <= last) {
      anomalies.add(
        "I10",
        "inconsistent offset",
        `${room} has ${offset} again after ${last}: ${id}`,
      );
    } else if (last !== null && offset !== last + 1) {
      anomalies.add("I1", "log hole", `${room} has nothing from ${last + 1} to ${offset - 1}`);
    }
    last = offset;
  }
  if (last !== null && last !== headOffset) {
    anomalies.add("I1", "log hole", `${room} ends at ${last}, its head is ${headOffset}`);
  }
}

/** Whatever was acknowledged before another was begun stands before it: I4. */
function checkRealTime(ordered: readonly Publish[], anomalies: Anomalies): void {
  let latest: Publish | null = null;
  for (const publish of ordered) {
    if (latest !== null && endOf(publish) < startOf(latest)) {
      const order = `${describe(publish)} stands after ${describe(latest)}`;
      anomalies.add("I4", "nonmonotonic send", `${order}, which was begun after its answer`);
    }
    if (latest === null || startOf(publish) > startOf(latest)) latest = publish;
  }
}

/** What a publisher sends once over one connection, or gives to its outbox, stands in that order: I4. */
function checkConnections(ordered: readonly Publish[], anomalies: Anomalies): void {
  const latest = new Map<string, Publish>();
  for (const publish of ordered) {
    const [attempt] = publish.attempts;
    if (attempt === undefined) continue;
    if (publish.by !== "channel" && publish.attempts.length > 1) continue;
    const key = `${publish.publisher} ${attempt.connection}`;
    const before = latest.get(key);
    if (before !== undefined && startOf(publish) < startOf(before)) {
      const order = `${describe(publish)} stands after ${describe(before)}`;
      anomalies.add("I4", "nonmonotonic send", `${order}, which was sent after it`);
    } else {
      latest.set(key, publish);
    }
  }
}
