import type { EnginePacketType } from "@openline/protocol/engine";
import type { EncodedMessage, MessagePart } from "../messages/encoded-message.ts";

export type TransportName = "polling" | "websocket";

/** What a transport tells the session that it belongs to. */
export interface TransportOwner {
  /** A packet came; `text` is what follows its type. */
  onText(transport: Transport, type: EnginePacketType, text: string): void;
  /** A binary message came; its bytes are the owner's. */
  onBytes(transport: Transport, bytes: Buffer): void;
  /** What came is no packet. */
  onGarbage(transport: Transport): void;
  /** It can be written to again. */
  onWritable(transport: Transport): void;
  /** It broke down. */
  onFailure(transport: Transport, error: Error): void;
  /** It is gone. */
  onClosed(transport: Transport): void;
}

/** How a message is sent. */
export interface SendFlags {
  /** May it be compressed, where that was agreed on? Default true. */
  readonly compress?: boolean | undefined;
}

/**
 * One way to reach a client. Packets that are given to it are sent in their order; it owns what
 * it has taken and tells when it can take no more.
 */
export interface Transport {
  readonly name: TransportName;
  /** Whether what is sent now leaves at once. */
  readonly writable: boolean;
  /** Bytes that it has taken and that have not left the process. */
  readonly queuedBytes: number;
  owner: TransportOwner | null;
  /**
   * Sends one part. A transport that is not `writable` may be sent to if it `queues`.
   */
  send(part: MessagePart, flags: SendFlags | undefined): void;
  /** Sends what others get too. */
  sendShared(message: EncodedMessage, flags: SendFlags | undefined): void;
  /** Sends several parts at once: a poll has room for all of them, and only once. */
  sendAll(parts: readonly MessagePart[], flags: SendFlags | undefined): void;
  /** Whether it takes what it cannot send yet. */
  readonly queues: boolean;
  /**
   * Takes leave of the peer behind what was sent, and calls back when that is done. A WebSocket is
   * closed with `code` and `reason`.
   */
  close(done: () => void, code?: number, reason?: string): void;
  /** Ends at once, without a word: another transport has taken over, or the session is lost. */
  discard(): void;
}
