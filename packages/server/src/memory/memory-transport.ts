import type { EnginePacketType } from "@openline/protocol/engine";
import type { EncodedMessage, MessagePart } from "../messages/encoded-message.ts";
import type { SendFlags, Transport, TransportOwner } from "../transports/transport.ts";

/** The other end of a transport in memory. */
export interface MemoryPeer {
  receive(part: MessagePart): void;
  lose(): void;
}

/**
 * Carries packets to a peer in the same process: each arrives in a microtask of its own, after the
 * code that sent it and in order.
 */
export class MemoryTransport implements Transport {
  readonly name = "websocket";
  readonly queues = true;
  owner: TransportOwner | null = null;
  private readonly peer: MemoryPeer;
  private isOver = false;

  constructor(peer: MemoryPeer) {
    this.peer = peer;
  }

  get writable(): boolean {
    return !this.isOver;
  }

  get queuedBytes(): number {
    return 0;
  }

  send(part: MessagePart, _flags?: SendFlags): void {
    if (this.isOver) return;
    // A socket would have sent the bytes as they are now.
    const sent = typeof part === "string" ? part : Buffer.from(part);
    queueMicrotask(() => this.peer.receive(sent));
  }

  sendAll(parts: readonly MessagePart[]): void {
    for (const part of parts) this.send(part);
  }

  sendShared(message: EncodedMessage): void {
    this.sendAll(message.parts);
  }

  close(done: () => void): void {
    this.end();
    done();
  }

  discard(): void {
    this.end();
  }

  /** The peer sends a packet: text with its type in front, or the bytes of a message. */
  deliver(part: MessagePart): void {
    queueMicrotask(() => {
      const { owner } = this;
      if (this.isOver || owner === null) return;
      if (typeof part !== "string") owner.onBytes(this, Buffer.from(part));
      else {
        const type = (part.charCodeAt(0) - 48) as EnginePacketType; // made by our own client
        owner.onText(this, type, part.slice(1));
      }
    });
  }

  /** The line is cut. */
  cut(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.owner?.onClosed(this);
    this.peer.lose();
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    queueMicrotask(() => this.peer.lose());
  }
}
