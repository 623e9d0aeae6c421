/**
 * Polling bodies of Engine.IO protocol v3, which Socket.IO 2 clients speak: each packet behind
 * its length, as text (`<length>:<packet>`, in UTF-16 code units) or, with binary packets, as bytes
 * (`<0 text | 1 binary><length's digits as bytes><255><packet>`).
 */

/** More digits than any length within a limit has. */
const MAX_LENGTH_DIGITS = 10;
const END_OF_LENGTH = 255;
const BINARY = 1;

/** A packet of a body in bytes: text with its type's digit, or bytes with its type's number. */
export type PacketV3 = string | Uint8Array;

/** Splits a text body; null if it is none, or holds more than `maxPackets`. */
export function splitPayloadV3(body: string, maxPackets: number): string[] | null {
  const packets: string[] = [];
  let at = 0;
  while (at < body.length) {
    const colon = endOfLength(body, at);
    if (colon === -1 || packets.length >= maxPackets) return null;
    const end = colon + 1 + Number(body.slice(at, colon));
    if (end > body.length) return null;
    packets.push(body.slice(colon + 1, end));
    at = end;
  }
  return packets.length === 0 ? null : packets;
}

/** Joins packets into a text body. */
export function joinPayloadV3(packets: readonly string[]): string {
  let body = "";
  for (const packet of packets) body += `${packet.length}:${packet}`;
  return body;
}

/**
 * Splits a body in bytes; null if it is none, or holds more than `maxPackets`. `readText` makes
 * text of UTF-8.
 */
export function splitBinaryPayloadV3(
  body: Uint8Array,
  maxPackets: number,
  readText: (bytes: Uint8Array) => string,
): PacketV3[] | null {
  const packets: PacketV3[] = [];
  let at = 0;
  while (at < body.length) {
    const kind = body[at] as number; // in bounds
    if (kind > BINARY || packets.length >= maxPackets) return null;
    let length = 0;
    let digits = 0;
    at += 1;
    for (; body[at] !== END_OF_LENGTH; at += 1) {
      const digit = body[at];
      if (digit === undefined || digit > 9 || digits === MAX_LENGTH_DIGITS) return null;
      length = length * 10 + digit;
      digits += 1;
    }
    const start = at + 1;
    const end = start + length;
    if (digits === 0 || end > body.length) return null;
    const bytes = body.subarray(start, end);
    packets.push(kind === BINARY ? bytes : readText(bytes));
    at = end;
  }
  return packets;
}

/** What stands before a packet of `byteLength` in a body in bytes. */
export function packetHeaderV3(byteLength: number, isBinary: boolean): Uint8Array {
  const digits = String(byteLength);
  const header = new Uint8Array(digits.length + 2);
  header[0] = isBinary ? BINARY : 0;
  for (let at = 0; at < digits.length; at += 1) header[at + 1] = digits.charCodeAt(at) - 48;
  header[digits.length + 1] = END_OF_LENGTH;
  return header;
}

function endOfLength(body: string, start: number): number {
  let at = start;
  for (; at - start <= MAX_LENGTH_DIGITS; at += 1) {
    const digit = body.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) break;
  }
  return at > start && body[at] === ":" ? at : -1;
}
