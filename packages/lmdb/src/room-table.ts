import type { Tables } from "./environment.ts";
import { firstNameKey, nameKey, nameOf, withNumber } from "./keys.ts";
import { hasMessages, longNameOf, numberOf, Room } from "./room.ts";

/** The room of this name as it is stored, all of it shown; undefined if there is none. */
export function loadRoom({ rooms }: Tables, namespace: number, name: string): Room | undefined {
  const { bytes, isWhole } = nameKey(namespace, name);
  const record = rooms.getBinary(bytes);
  if (record === undefined) return undefined;
  const room = new Room(name, bytes, isWhole, numberOf(record));
  room.decode(record);
  room.showAll();
  return room;
}

/**
 * The names of rooms that have messages, by UTF-16 code units, after `after`.
 *
 * Keys sort like names as far as they hold them: those of one long beginning are sorted here.
 */
export function listRooms(
  { rooms }: Tables,
  namespace: number,
  after: string,
  limit: number,
): string[] {
  const start = firstNameKey(namespace, after);
  const end = withNumber(namespace + 1, new Uint8Array(0));
  const names: string[] = [];
  /** Long names that begin alike, as the key of each does. */
  let alike: string[] = [];
  let beginning: Buffer | null = null;
  const endAlike = (): void => {
    names.push(...alike.sort(byCodeUnits));
    alike = [];
    beginning = null;
  };
  for (const { key, value } of rooms.getRange({ start, end })) {
    const longName = longNameOf(value);
    const isAlike = beginning !== null && key.subarray(0, beginning.length).equals(beginning);
    if (!isAlike) {
      endAlike();
      if (names.length >= limit) break;
    }
    const name = longName ?? nameOf(key);
    if (name <= after || !hasMessages(value)) continue;
    if (longName === null) names.push(name);
    else {
      alike.push(longName);
      beginning ??= firstNameKey(namespace, longName);
    }
  }
  endAlike();
  return names.slice(0, limit);
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
