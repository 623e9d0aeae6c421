import { reservedEvents } from "@openline/protocol/socket";
import { DeliveryError } from "../rooms/delivery-error.ts";

/** Events of that name are the server's own. */
export const OWN_PREFIX = "openline:";
const MAX_ROOM_LENGTH = 256;
const MAX_ID_LENGTH = 128;

/** A message that somebody outside asks to publish. */
export interface AskedMessage {
  readonly data: readonly [string, ...unknown[]];
  readonly id: string | null;
}

/** What nearly all names are. */
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;
/** What nobody sees: controls, marks of direction and order, line ends, halves of characters. */
const UNSEEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * A room's name as somebody outside gives it. There is one way only to write a name: what looks the same as
 * another name and is not would get past an `authorize` that compares names, or looks them up where
 * they count as one.
 *
 * @throws DeliveryError for what is no room's name
 */
export function checkRoom(room: unknown): string {
  if (typeof room !== "string" || room === "" || room.length > MAX_ROOM_LENGTH) {
    return badRequest(`\`room\` takes a name of 1 to ${MAX_ROOM_LENGTH} characters`);
  }
  if (PLAIN.test(room)) return room;
  if (room.trim() !== room || UNSEEN.test(room) || room.normalize() !== room) {
    return badRequest(
      "`room` takes a name in Unicode's composed form (NFC), without characters that nobody sees, " +
        "and without space at its ends",
    );
  }
  return room;
}

/** @throws DeliveryError for an event, arguments or an id that cannot be */
export function readMessage(fields: Readonly<Record<string, unknown>>): AskedMessage {
  const { event, data, args, id } = fields;
  if (typeof event !== "string" || event === "" || reservedEvents.has(event)) {
    badRequest("`event` takes the name of an event that is not reserved");
  }
  if (event.startsWith(OWN_PREFIX)) badRequest("Events of that name are the server's own");
  if (!isId(id)) badRequest(`\`id\` takes a string of 1 to ${MAX_ID_LENGTH} characters`);
  if (args !== undefined && !Array.isArray(args)) badRequest("`args` takes a list");
  const all: readonly unknown[] = args ?? (data === undefined ? [] : [data]);
  return { data: [event, ...all], id: id ?? null };
}

/** @throws DeliveryError, always */
export function badRequest(message: string): never {
  throw new DeliveryError("OPENLINE_BAD_REQUEST", message);
}

function isId(id: unknown): id is string | null | undefined {
  if (id === undefined || id === null) return true;
  return typeof id === "string" && id !== "" && id.length <= MAX_ID_LENGTH;
}
