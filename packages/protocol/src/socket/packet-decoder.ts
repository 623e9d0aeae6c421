import { putInBytes } from "./attachments.ts";
import { decodeText } from "./decode.ts";
import { type Packet, type PacketLimits, packetLimits } from "./packet.ts";
import { PacketError } from "./packet-error.ts";

/**
 * Makes packets of a connection's messages, waiting for attachments where there are some.
 *
 * `Attachment` is what the transport has binary messages as: they are put into the packet as
 * they are, and never looked at.
 */
export class PacketDecoder<Attachment = Uint8Array> {
  private readonly limits: PacketLimits;
  /** A packet that lacks attachments. */
  private unfinished: Packet | null = null;
  private missing = 0;
  private attachments: Attachment[] | null = null;

  constructor(limits: PacketLimits = packetLimits) {
    this.limits = limits;
  }

  /**
   * Takes a text message; null when the packet that it begins is not complete.
   *
   * @throws PacketError
   */
  addText(text: string): Packet | null {
    if (this.unfinished !== null) throw new PacketError("UNEXPECTED_TEXT");
    const { packet, attachments } = decodeText(text, this.limits);
    if (attachments === 0) return packet;
    this.unfinished = packet;
    this.missing = attachments;
    return null;
  }

  /**
   * Takes a binary message, which it keeps; null as long as more are missing.
   *
   * @throws PacketError
   */
  addBytes(bytes: Attachment): Packet | null {
    const packet = this.unfinished;
    if (packet === null) throw new PacketError("UNEXPECTED_BINARY");
    this.attachments ??= [];
    this.attachments.push(bytes);
    this.missing -= 1;
    if (this.missing > 0) return null;
    const { attachments } = this;
    this.reset();
    packet.data = putInBytes(packet.data, attachments, this.limits.maxDepth);
    return packet;
  }

  /** Forgets a packet that was not completed. */
  reset(): void {
    this.unfinished = null;
    this.missing = 0;
    this.attachments = null;
  }
}
