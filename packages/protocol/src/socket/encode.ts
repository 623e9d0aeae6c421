import { hasBytes, type IsAttachment, takeOutBytes } from "./attachments.ts";
import { type Packet, packetTypes } from "./packet.ts";

/** A packet as it goes out: its text, and the binary messages that follow it. */
export interface EncodedPacket<Attachment = Uint8Array> {
  readonly text: string;
  readonly attachments: readonly Attachment[] | null;
}

/**
 * Encodes a packet. `prefix` is written before it, so that what carries the packet needs no
 * copy to add its own first characters. What `isOther` tells is an attachment, too.
 *
 * @throws TypeError for what JSON cannot hold: cycles and BigInts
 */
export function encodePacket<Other = never>(
  packet: Packet,
  prefix = "",
  isOther?: IsAttachment<Other>,
): EncodedPacket<Uint8Array | Other> {
  const { type, data } = packet;
  if ((type === packetTypes.event || type === packetTypes.ack) && hasBytes(data, isOther)) {
    const attachments: (Uint8Array | Other)[] = [];
    const json = takeOutBytes(data, attachments, isOther);
    const binaryType = type === packetTypes.event ? packetTypes.binaryEvent : packetTypes.binaryAck;
    const start = `${prefix}${binaryType}${attachments.length}-`;
    return { text: textOf(start, packet, json), attachments };
  }
  return { text: textOf(prefix + type, packet, data), attachments: null };
}

function textOf(start: string, packet: Packet, data: unknown): string {
  let text = start;
  if (packet.nsp !== "/") text += `${packet.nsp},`;
  if (packet.id !== undefined) text += packet.id;
  return data === undefined || data === null ? text : text + JSON.stringify(data);
}
