import { type Packet, packetTypes } from "@openline/protocol/socket";
import type { LogEntry } from "../log/log.ts";
import { EncodedMessage, type MessagePart } from "../messages/encoded-message.ts";
import { decodeStored, readStored, type StoredEvent } from "../messages/stored-event.ts";
import type { CursorWriter } from "../sessions/cursor.ts";
import { bytesOf } from "./live-event.ts";

/** A message of the log as clients get it. */
export interface LogMessage {
  readonly stored: StoredEvent;
  /** With its cursor. */
  readonly message: EncodedMessage;
  readonly bytes: number;
}

/** How packets of the namespace are encoded. */
export interface PacketEncoding {
  readonly name: string;
  /** Whether it is Socket.IO's own way: then a stored text needs no decoding. */
  readonly isStandard: boolean;
  encodeForAll(packet: Packet): EncodedMessage;
}

/** Messages that are kept encoded, in bytes: those who resume together are sent the same ones. */
const MAX_KEPT_BYTES = 8_388_608;
/** An Engine.IO message's type, in front of every text. */
const MESSAGE = "4";

/** Makes messages of entries: each once, however many clients get it live or by replay. */
export class LogMessages {
  private readonly encoding: PacketEncoding;
  private readonly cursors: CursorWriter;
  /** By sequence. */
  private readonly kept = new Map<number, LogMessage>();
  /** Their sequences from `oldest` on, in the order in which they came. */
  private order: number[] = [];
  private oldest = 0;
  private keptBytes = 0;
  /** What our own publishes were before they were encoded. */
  private readonly known = new WeakMap<Uint8Array, StoredEvent>();

  constructor(encoding: PacketEncoding, cursors: CursorWriter) {
    this.encoding = encoding;
    this.cursors = cursors;
  }

  /** Keeps an event beside its payload, which need not be decoded then. */
  remember(payload: Uint8Array, stored: StoredEvent): void {
    this.known.set(payload, stored);
  }

  storedOf({ payload }: LogEntry): StoredEvent {
    return this.known.get(payload) ?? decodeStored(payload);
  }

  of(entry: LogEntry): LogMessage {
    const { sequence } = entry;
    let found = this.kept.get(sequence);
    if (found !== undefined) return found;
    const stored = this.storedOf(entry);
    // It is kept with its message now, and weak maps cost the garbage collector much.
    this.known.delete(entry.payload);
    const message = this.encode(stored, this.cursors.behindMessage(sequence));
    const { room, offset, timeMs, id } = entry;
    message.origin = { rooms: [room], place: { offset, timeMs, id } };
    found = { stored, message, bytes: bytesOf(message) };
    this.keep(sequence, found);
    return found;
  }

  private encode(stored: StoredEvent, cursor: string): EncodedMessage {
    const { name, isStandard } = this.encoding;
    if (!isStandard) {
      const data = [...readStored(stored), cursor];
      return this.encoding.encodeForAll({ type: packetTypes.event, nsp: name, data });
    }
    const { text, attachments } = stored;
    const start =
      attachments === null
        ? `${MESSAGE}${packetTypes.event}`
        : `${MESSAGE}${packetTypes.binaryEvent}${attachments.length}-`;
    // A cursor needs no escaping.
    const whole = `${start}${name === "/" ? "" : `${name},`}${text.slice(0, -1)},"${cursor}"]`;
    const parts: MessagePart[] = [whole];
    if (attachments !== null) parts.push(...attachments);
    return new EncodedMessage(parts);
  }

  private keep(sequence: number, message: LogMessage): void {
    this.kept.set(sequence, message);
    this.order.push(sequence);
    this.keptBytes += message.bytes;
    while (this.keptBytes > MAX_KEPT_BYTES) this.forgetOldest();
    // Moving the rest costs as much as it frees.
    if (this.oldest * 2 > this.order.length) {
      this.order = this.order.slice(this.oldest);
      this.oldest = 0;
    }
  }

  /** Not by the map's own order: in that, each search begins with all that were removed. */
  private forgetOldest(): void {
    const sequence = this.order[this.oldest] as number; // as many as there are messages
    this.oldest += 1;
    this.keptBytes -= this.kept.get(sequence)?.bytes ?? 0;
    this.kept.delete(sequence);
  }
}
