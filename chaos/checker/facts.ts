import type { Content, History, Publish, RoomLog } from "./history.ts";

/** What the log holds of a room, ready to be asked. */
export interface RoomFacts {
  readonly firstOffset: number;
  readonly headOffset: number;
}

/** A history by its keys. */
export interface Facts {
  readonly publishes: ReadonlyMap<string, Publish>;
  readonly rooms: ReadonlyMap<string, RoomFacts>;
  /** Where a message stands: by the log, or by what its publisher was told once it is trimmed. */
  readonly offsets: ReadonlyMap<string, number>;
  /** For each room its messages by offset, as far as known. */
  readonly messages: ReadonlyMap<string, ReadonlyMap<number, Publish>>;
}

export function gatherFacts(history: History): Facts {
  const publishes = new Map(history.publishes.map((publish) => [publish.id, publish]));
  const rooms = new Map<string, RoomFacts>();
  const offsets = new Map<string, number>();
  for (const room of history.log ?? []) {
    rooms.set(room.room, {
      firstOffset: firstOffsetOf(room),
      headOffset: room.headOffset,
    });
    for (const { id, offset } of room.messages) if (!offsets.has(id)) offsets.set(id, offset);
  }
  for (const publish of history.publishes) {
    const offset = toldOffset(publish);
    if (offset === null || offsets.has(publish.id)) continue;
    // Past the trimmed part the log has the last word: what it lacks there is lost.
    if (offset < (rooms.get(publish.room)?.firstOffset ?? 0)) offsets.set(publish.id, offset);
  }
  const messages = new Map<string, Map<number, Publish>>();
  for (const [id, offset] of offsets) {
    const publish = publishes.get(id);
    if (publish === undefined) continue;
    const room = messages.get(publish.room) ?? new Map<number, Publish>();
    room.set(offset, publish);
    messages.set(publish.room, room);
  }
  return { publishes, rooms, offsets, messages };
}

function firstOffsetOf({ messages, headOffset }: RoomLog): number {
  return messages[0]?.offset ?? headOffset + 1;
}

/** The offset of the first answer that has one. */
function toldOffset(publish: Publish): number | null {
  for (const { answer } of publish.attempts) if (answer.kind === "ok") return answer.offset;
  return null;
}

/** When it was first sent. */
export function startOf(publish: Publish): number {
  return publish.attempts[0]?.startMs ?? Number.POSITIVE_INFINITY;
}

/** From when on it is known to be on the log; infinity if nobody ever said so. */
export function endOf(publish: Publish): number {
  let endMs = Number.POSITIVE_INFINITY;
  for (const attempt of publish.attempts) {
    if (attempt.answer.kind === "ok") endMs = Math.min(endMs, attempt.endMs);
  }
  return endMs;
}

/** True if each attempt was refused, so that it can be nowhere. */
export function isRefused(publish: Publish): boolean {
  return publish.attempts.every(({ answer }) => answer.kind === "refused");
}

export function isSame(one: Content, other: Content): boolean {
  return (
    one.id === other.id &&
    one.publisher === other.publisher &&
    one.sequence === other.sequence &&
    one.room === other.room
  );
}

export function describe({ publisher, sequence, room, id }: Content): string {
  return `${publisher}#${sequence} in ${room} (${id})`;
}
