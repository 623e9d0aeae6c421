/** Between the packets of one polling body: ASCII "record separator" (Engine.IO protocol v4). */
export const SEPARATOR = "\x1e";

/**
 * Splits a polling body into packets. Null if there are more than `maxPackets`: each of
 * them costs a call, however small it is (CVE-2020-36048).
 */
export function splitPayload(body: string, maxPackets: number): string[] | null {
  const packets: string[] = [];
  let start = 0;
  for (;;) {
    if (packets.length >= maxPackets) return null;
    const end = body.indexOf(SEPARATOR, start);
    if (end === -1) {
      packets.push(start === 0 ? body : body.slice(start));
      return packets;
    }
    packets.push(body.slice(start, end));
    start = end + 1;
  }
}

/** The smallest event, `42["a"]`, and its separator take eight bytes. */
const SMALLEST_PACKET_BYTES = 8;
const ALWAYS_ALLOWED_PACKETS = 1_000;

/** How many packets a body of `maxBytes` may hold: never fewer than it has room for events. */
export function maxPacketsOf(maxBytes: number): number {
  return Math.max(ALWAYS_ALLOWED_PACKETS, Math.ceil(maxBytes / SMALLEST_PACKET_BYTES));
}
