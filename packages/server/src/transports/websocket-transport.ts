import { packetTypeOf } from "@openline/protocol/engine";
import { firstByteOf, opcodes } from "@openline/protocol/websocket";
import {
  Link,
  type LinkEvents,
  MessageWriter,
  toBuffer,
  type Upgraded,
} from "@openline/websocket/link";
import { readUtf8 } from "../http/read-utf8.ts";
import type { EncodedMessage, MessagePart } from "../messages/encoded-message.ts";
import type { SendFlags, Transport, TransportOwner } from "./transport.ts";

const textFrame: number = firstByteOf(opcodes.text, true, false);
const binaryFrame: number = firstByteOf(opcodes.binary, true, false);
/** The type that begins a binary message in version 3: "message". */
const MESSAGE_BYTE: Buffer = Buffer.from([4]);

/** Counts connections: what the server takes its places back by. */
export interface WebSocketPlaces {
  /** A connection is gone that was counted as `group`. */
  leave(group: string | undefined): void;
}

const linkEvents: LinkEvents<WebSocketTransport> = {
  message(transport, bytes, start, end, isBinary, isOwned) {
    transport.receive(bytes, start, end, isBinary, isOwned);
  },
  ping() {},
  pong() {},
  drain: (transport) => transport.owner?.onWritable(transport),
  error: (transport, error) => transport.owner?.onFailure(transport, error),
  lost: (transport) => transport.lose(),
  close: (transport) => transport.owner?.onClosed(transport),
};

/** Packets as WebSocket messages, one each. */
export class WebSocketTransport implements Transport {
  readonly name = "websocket";
  readonly queues = true;
  owner: TransportOwner | null = null;
  private readonly link: Link<WebSocketTransport>;
  private readonly places: WebSocketPlaces;
  private readonly group: string | undefined;
  private readonly isVersion3: boolean;
  private writer: MessageWriter | null = null;

  /** Answers the handshake; nothing is received before the next turn. */
  constructor(upgraded: Upgraded, isVersion3: boolean, places: WebSocketPlaces) {
    this.places = places;
    this.group = upgraded.group;
    this.isVersion3 = isVersion3;
    this.link = new Link(this, upgraded.socket, upgraded.options, upgraded.deflate, linkEvents);
    // Not flushed: the answer and the session's first packet leave in one write.
    this.link.outbox.sendRaw(upgraded.response ?? "");
    this.link.start(upgraded.head);
  }

  get writable(): boolean {
    return this.link.isOpen && !this.link.outbox.isBlocked;
  }

  get queuedBytes(): number {
    return this.link.outbox.queuedBytes + (this.writer?.waitingBytes ?? 0);
  }

  send(part: MessagePart, flags: SendFlags | undefined): void {
    const { link } = this;
    if (!link.isOpen) return;
    const isBinary = typeof part !== "string";
    const data = isBinary && this.isVersion3 ? Buffer.concat([MESSAGE_BYTE, part]) : part;
    if (link.deflate === null) {
      if (typeof data === "string") link.outbox.sendText(textFrame, data, undefined);
      else link.outbox.sendBytes(binaryFrame, data, undefined);
      return;
    }
    this.writer ??= new MessageWriter(link);
    const compress = flags?.compress !== false;
    this.writer.send(data, { isBinary, fin: true, compress, isMasked: false }, undefined);
  }

  sendAll(parts: readonly MessagePart[], flags: SendFlags | undefined): void {
    for (const part of parts) this.send(part, flags);
  }

  sendShared(message: EncodedMessage, flags: SendFlags | undefined): void {
    const { link } = this;
    if (!link.isOpen) return;
    const { parts } = message;
    for (let index = 0; index < parts.length; index += 1) {
      if (this.isVersion3 && typeof parts[index] !== "string") {
        this.send(parts[index] ?? "", flags);
      } else if (link.deflate === null) {
        const { bytes, batch } = message.frame(index).plain();
        link.outbox.sendShared(bytes, batch);
      } else if (flags?.compress === false) {
        this.send(parts[index] ?? "", flags);
      } else {
        this.writer ??= new MessageWriter(link);
        this.writer.sendShared(message.frame(index));
      }
    }
  }

  close(done: () => void, code?: number, reason?: string): void {
    this.link.close(code, reason === undefined ? noReason : Buffer.from(reason));
    done();
  }

  discard(): void {
    this.link.destroy();
  }

  /** Called by the link. */
  receive(
    bytes: Uint8Array,
    start: number,
    end: number,
    isBinary: boolean,
    isOwned: boolean,
  ): void {
    const { owner } = this;
    if (owner === null) return;
    if (isBinary) {
      const skipped = this.isVersion3 ? 1 : 0;
      owner.onBytes(
        this,
        toBuffer(bytes, start + skipped, Math.max(end, start + skipped), isOwned),
      );
      return;
    }
    const type = start === end ? -1 : (bytes[start] as number) - 48; // in bounds
    if (type < 0 || type > 6) {
      this.receiveOdd(bytes, start, end);
      return;
    }
    // 0 to 6 are the types of packets.
    owner.onText(this, type as 0 | 1 | 2 | 3 | 4 | 5 | 6, readUtf8(bytes, start + 1, end));
  }

  /** Called by the link: nothing can be sent any more. */
  lose(): void {
    this.writer?.close();
    this.places.leave(this.group);
  }

  /** Base64 is for those who cannot receive bytes; what else is no packet is garbage. */
  private receiveOdd(bytes: Uint8Array, start: number, end: number): void {
    const text = readUtf8(bytes, start, end);
    const data = readBase64(text, this.isVersion3);
    if (data === null) this.owner?.onGarbage(this);
    else this.owner?.onBytes(this, data);
  }
}

const noReason: Buffer = Buffer.alloc(0);

/** A message as "b" and base64, in version 3 with its type between; null if it is none. */
export function readBase64(text: string, isVersion3: boolean): Buffer | null {
  if (!text.startsWith("b")) return null;
  if (!isVersion3) return Buffer.from(text.slice(1), "base64");
  return packetTypeOf(text.slice(1)) === 4 ? Buffer.from(text.slice(2), "base64") : null;
}
