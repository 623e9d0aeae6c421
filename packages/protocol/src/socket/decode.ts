import { type Packet, type PacketLimits, packetTypes, reservedEvents } from "./packet.ts";
import { PacketError } from "./packet-error.ts";

const ZERO = 48;
const SLASH = 47;
/** No safe integer has more digits. */
const MAX_ID_DIGITS = 16;
/** More than any limit on attachments has. */
const MAX_COUNT_DIGITS = 4;

/** A packet's text, read: attachments are still placeholders. */
export interface DecodedText {
  readonly packet: Packet;
  /** How many binary messages belong to it. */
  readonly attachments: number;
}

/**
 * Reads `<type>[<attachments>-][<namespace>,][<id>][<JSON>]`, in time linear in its length.
 *
 * @throws PacketError
 */
export function decodeText(text: string, limits: PacketLimits): DecodedText {
  let type = text.charCodeAt(0) - ZERO;
  if (!(type >= 0 && type <= 6)) throw new PacketError("UNKNOWN_TYPE");
  let at = 1;
  let attachments = 0;
  if (type >= packetTypes.binaryEvent) {
    const dash = endOfDigits(text, 1, MAX_COUNT_DIGITS);
    if (dash === 1 || text[dash] !== "-") throw new PacketError("BAD_ATTACHMENT_COUNT");
    attachments = Number(text.slice(1, dash));
    if (attachments === 0) throw new PacketError("BAD_ATTACHMENT_COUNT");
    if (attachments > limits.maxAttachments) throw new PacketError("TOO_MANY_ATTACHMENTS");
    at = dash + 1;
    type = type === packetTypes.binaryEvent ? packetTypes.event : packetTypes.ack;
  }
  const packet: Packet = { type: type as Packet["type"], nsp: "/" }; // 0 to 4 by now
  if (text.charCodeAt(at) === SLASH) {
    const comma = text.indexOf(",", at);
    const end = comma === -1 ? text.length : comma;
    if (end - at > limits.maxNamespaceLength) throw new PacketError("NAMESPACE_TOO_LONG");
    packet.nsp = text.slice(at, end);
    at = comma === -1 ? end : comma + 1;
  }
  const afterId = endOfDigits(text, at, MAX_ID_DIGITS);
  if (afterId > at) {
    const id = Number(text.slice(at, afterId));
    if (!Number.isSafeInteger(id) || isDigit(text, afterId)) throw new PacketError("BAD_ID");
    packet.id = id;
    at = afterId;
  }
  if (at < text.length) packet.data = parse(text, at);
  if (!isPayload(packet)) throw new PacketError("BAD_PAYLOAD");
  return { packet, attachments };
}

function parse(text: string, start: number): unknown {
  try {
    return JSON.parse(text.slice(start));
  } catch {
    throw new PacketError("BAD_JSON");
  }
}

function isPayload({ type, data }: Packet): boolean {
  switch (type) {
    case packetTypes.event:
      return Array.isArray(data) && isEventName(data[0]);
    case packetTypes.ack:
      return Array.isArray(data);
    case packetTypes.connect:
      return data === undefined || isObject(data);
    case packetTypes.disconnect:
      return data === undefined;
    default:
      return typeof data === "string" || isObject(data);
  }
}

/** Old clients may number their events. */
function isEventName(name: unknown): boolean {
  return typeof name === "string" ? !reservedEvents.has(name) : typeof name === "number";
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isDigit(text: string, at: number): boolean {
  const digit = text.charCodeAt(at) - ZERO;
  return digit >= 0 && digit <= 9;
}

/** The first place from `start` that holds no digit, looking at `max` of them at most. */
function endOfDigits(text: string, start: number, max: number): number {
  let at = start;
  while (at - start < max && isDigit(text, at)) at += 1;
  return at;
}
