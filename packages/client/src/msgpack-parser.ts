/**
 * The parser `socket.io-msgpack-parser`, on the wire and in its use: `io({ parser })`, with both
 * sides having it. Every packet is one binary message of MessagePack.
 */
import { type Packet, reservedEvents } from "@openline/protocol/socket";
import { Emitter } from "./events/emitter.ts";
import { decode } from "./msgpack/decode.ts";
import { encode } from "./msgpack/encode.ts";
import type { PacketEncoder, PacketReader } from "./parser.ts";

/** The version of Socket.IO's protocol. */
export const protocol = 5;

export class Encoder implements PacketEncoder {
  /** @throws TypeError for what MessagePack cannot hold */
  encode({ type, nsp, id, data }: Packet): readonly Uint8Array[] {
    const packet: Partial<Packet> = { type, nsp };
    if (data !== undefined) packet.data = data;
    if (id !== undefined) packet.id = id;
    return [encode(packet)];
  }
}

interface DecoderEvents {
  decoded: (packet: Packet) => void;
}

export class Decoder
  extends Emitter<Record<never, never>, Record<never, never>, DecoderEvents>
  implements PacketReader
{
  /** @throws Error for what is no packet */
  add(message: unknown): void {
    const packet = decode(message as ArrayBuffer); // of anything else no view can be made
    if (!isPacket(packet)) throw new Error("invalid packet");
    this.emitReserved("decoded", packet);
  }

  /** Every packet is complete: there is nothing to forget. */
  destroy(): void {}
}

function isPacket(value: unknown): value is Packet {
  const { type, nsp, id, data } = (value ?? {}) as Partial<Packet>;
  if (typeof nsp !== "string" || !(id === undefined || Number.isInteger(id))) return false;
  switch (type) {
    case 0:
      return data === undefined || isMap(data);
    case 1:
      return data === undefined;
    case 2:
      return Array.isArray(data) && !reservedEvents.has(data[0]);
    case 3:
      return Array.isArray(data);
    case 4:
      return typeof data === "string" || isMap(data);
  }
  return false;
}

function isMap(value: unknown): boolean {
  return Object.prototype.toString.call(value) === "[object Object]";
}
