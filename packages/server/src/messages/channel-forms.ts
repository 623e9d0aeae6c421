import { type Packet, packetTypes } from "@openline/protocol/socket";
import { EncodedMessage } from "./encoded-message.ts";

/** The event by which channels get all events of their room. */
export const CHANNEL_EVENT = "openline:message";

/** What is needed to write messages of a namespace anew. */
export interface ChannelEncoding {
  readonly name: string;
  /** Whether packets are encoded in Socket.IO's own way: then nothing needs to be decoded. */
  readonly isStandard: boolean;
  encodeForAll(packet: Packet): EncodedMessage;
  decode(message: EncodedMessage): Packet;
}

/**
 * Makes of an event what channels get, `["openline:message", [room, …], event, …args, cursor]`: once
 * for all who have joined the room as a channel.
 */
export class ChannelForms {
  private readonly encoding: ChannelEncoding;

  constructor(encoding: ChannelEncoding) {
    this.encoding = encoding;
  }

  /** The form for whoever has these channels; the message itself if none of them is one of its rooms. */
  of(message: EncodedMessage, channels: ReadonlySet<string>): EncodedMessage {
    if (message.origin === null) return message;
    for (const room of message.origin.rooms) {
      if (channels.has(room)) return this.inRoom(message, room);
    }
    return message;
  }

  /** Tells a channel that a message of its room is not for it. */
  skip(room: string, offset: number, cursor: string): EncodedMessage {
    const data = [CHANNEL_EVENT, [room, offset], cursor];
    return this.encoding.encodeForAll({ type: packetTypes.event, nsp: this.encoding.name, data });
  }

  /** The form for whoever has this room of the message's as a channel. */
  inRoom(message: EncodedMessage, room: string): EncodedMessage {
    const place = message.origin?.place ?? null;
    message.channelForms ??= new Map();
    let form = message.channelForms.get(room);
    if (form === undefined) {
      const head = place === null ? [room, null] : [room, place.offset, place.timeMs, place.id];
      // Channels take the last for the cursor.
      const tail: readonly null[] = message.origin?.lacksCursor === true ? [null] : [];
      form = this.encoding.isStandard
        ? this.insert(message, head, tail)
        : this.encodeAnew(message, head, tail);
      message.channelForms.set(room, form);
    }
    return form;
  }

  /** Attachments are numbered as they come, and there are none in the head. */
  private insert(
    { parts }: EncodedMessage,
    head: readonly unknown[],
    tail: readonly null[],
  ): EncodedMessage {
    const { name } = this.encoding;
    const [text, ...attachments] = parts as [string, ...Uint8Array[]]; // an event's
    const typeEnd = text.startsWith(`4${packetTypes.binaryEvent}`) ? text.indexOf("-") + 1 : 2;
    const start = typeEnd + (name === "/" ? 0 : name.length + 1) + 1;
    const inserted = `"${CHANNEL_EVENT}",${JSON.stringify(head)},`;
    const rest = tail.length === 0 ? text.slice(start) : `${text.slice(start, -1)},null]`;
    return new EncodedMessage([text.slice(0, start) + inserted + rest, ...attachments]);
  }

  private encodeAnew(
    message: EncodedMessage,
    head: readonly unknown[],
    tail: readonly null[],
  ): EncodedMessage {
    const { type, nsp, data } = this.encoding.decode(message);
    const all = [CHANNEL_EVENT, head, ...(data as readonly unknown[]), ...tail]; // an event's
    return this.encoding.encodeForAll({ type, nsp, data: all });
  }
}
