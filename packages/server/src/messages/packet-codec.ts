import {
  encodePacket,
  type Packet,
  PacketDecoder,
  type PacketLimits,
  packetLimits,
} from "@openline/protocol/socket";
import { EncodedMessage, type MessagePart } from "./encoded-message.ts";

/** Takes a connection's messages and gives the packets that they are. */
export interface PacketReader {
  /**
   * Null as long as the packet is not complete.
   *
   * @throws Error for what is no packet
   */
  addText(text: string): Packet | null;
  /** The same for a binary message. */
  addBytes(bytes: Buffer): Packet | null;
  /** Forgets what is not complete. */
  reset(): void;
}

/** How packets are written and read: Socket.IO's own way, or that of a `parser`. */
export interface PacketCodec {
  /** The messages that carry `packet`; a string if it is a single text. */
  encode(packet: Packet): string | readonly MessagePart[];
  newReader(): PacketReader;
}

/** What the option `parser` takes: `socket.io-parser`, `socket.io-msgpack-parser` or your own. */
export interface Parser {
  // Messages are a list, but the types of `socket.io-msgpack-parser` say that they are one.
  // biome-ignore lint/suspicious/noExplicitAny: parsers type their packets in ways of their own
  Encoder: new () => { encode(packet: any): unknown };
  Decoder: new () => ParserDecoder;
}

/** A parser's decoder emits each packet as `decoded`. */
export interface ParserDecoder {
  // biome-ignore lint/suspicious/noExplicitAny: a string or bytes; parsers type it their own way
  add(message: any): void;
  // biome-ignore lint/suspicious/noExplicitAny: parsers type their packets in ways of their own
  on(event: "decoded", listener: (packet: any) => void): unknown;
  destroy?(): void;
}

/** An Engine.IO message's type, in front of every text. */
const MESSAGE = "4";

/** The protocol's own way: JSON, with bytes beside it. */
export function standardCodec(limits: Partial<PacketLimits> = {}): PacketCodec {
  const settled = { ...packetLimits, ...limits };
  return {
    encode(packet) {
      const { text, attachments } = encodePacket(packet, MESSAGE);
      return attachments === null ? text : [text, ...attachments];
    },
    newReader: () => new PacketDecoder(settled),
  };
}

/** The way of a `parser`. */
export function codecOf(parser: Parser): PacketCodec {
  const encoder = new parser.Encoder();
  return {
    encode: (packet) => {
      const encoded = encoder.encode(packet);
      return (Array.isArray(encoded) ? encoded : [encoded]).map(toPart);
    },
    newReader: () => new ParserReader(new parser.Decoder()),
  };
}

/** Gives back what a parser's decoder emits. */
class ParserReader implements PacketReader {
  private readonly decoder: ParserDecoder;
  private decoded: Packet | null = null;

  constructor(decoder: ParserDecoder) {
    this.decoder = decoder;
    decoder.on("decoded", (packet: Packet) => {
      this.decoded = packet;
    });
  }

  addText(text: string): Packet | null {
    return this.add(text);
  }

  addBytes(bytes: Buffer): Packet | null {
    return this.add(bytes);
  }

  reset(): void {
    this.decoder.destroy?.();
  }

  private add(message: string | Buffer): Packet | null {
    this.decoded = null;
    this.decoder.add(message);
    return this.decoded;
  }
}

/** What a parser's encoder made of a packet, as messages. */
export function toPart(encoded: unknown): MessagePart {
  if (typeof encoded === "string") return MESSAGE + encoded;
  if (encoded instanceof Uint8Array) return encoded;
  if (encoded instanceof ArrayBuffer) return new Uint8Array(encoded);
  if (ArrayBuffer.isView(encoded)) {
    return new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  }
  throw new TypeError("A parser's Encoder must return strings and bytes");
}

/** One packet for many receivers. */
export function encodeForAll(codec: PacketCodec, packet: Packet): EncodedMessage {
  const encoded = codec.encode(packet);
  return new EncodedMessage(typeof encoded === "string" ? [encoded] : encoded);
}

/** The packet that a message was made of. */
export function decodeMessage(codec: PacketCodec, { parts }: EncodedMessage): Packet {
  const reader = codec.newReader();
  let packet: Packet | null = null;
  for (const part of parts) {
    packet =
      typeof part === "string"
        ? reader.addText(part.slice(MESSAGE.length))
        : reader.addBytes(Buffer.from(part));
  }
  if (packet === null) throw new Error("The parser's Decoder cannot read what its Encoder wrote");
  return packet;
}
