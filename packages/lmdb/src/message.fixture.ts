import type { NewEntry } from "openline";

/** A new message of the room `room`. */
export function message(payload: string, given: Partial<NewEntry> = {}): NewEntry {
  return { room: "room", id: null, timeMs: 1, ...given, payload: Buffer.from(payload) };
}
