import { SharedMessage } from "@openline/websocket/link";

/** A message on its way out: an Engine.IO packet as text, or bytes. */
export type MessagePart = string | Uint8Array;

/** Where in its rooms a message stands: what those get with it who have joined one as a channel. */
export interface MessageOrigin {
  readonly rooms: Iterable<string>;
  /** Of those that are logged; else null. */
  readonly place: MessagePlace | null;
  /** It does not end in a cursor, as nothing asks for one. */
  readonly lacksCursor?: boolean;
}

export interface MessagePlace {
  readonly offset: number;
  /** When it was published, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly id: string | null;
}

/**
 * One packet for many receivers, encoded once: its text, and its attachments if it has some.
 * Each part's WebSocket frame is made when the first receiver needs it, and shared by all.
 */
export class EncodedMessage {
  /** In the order in which they are sent; texts begin with their Engine.IO type. */
  readonly parts: readonly MessagePart[];
  /** Null: it was not sent to rooms. */
  origin: MessageOrigin | null = null;
  /** As channels get it, by their rooms. */
  channelForms: Map<string, EncodedMessage> | null = null;
  private readonly shared: SharedMessage[] = [];

  constructor(parts: readonly MessagePart[]) {
    this.parts = parts;
  }

  /** The frame of one part. */
  frame(index: number): SharedMessage {
    let message = this.shared[index];
    if (message === undefined) {
      const part = this.parts[index] ?? "";
      message =
        typeof part === "string"
          ? new SharedMessage(Buffer.from(part), false)
          : new SharedMessage(Buffer.from(part), true); // a copy: the caller may change its own
      this.shared[index] = message;
    }
    return message;
  }
}
