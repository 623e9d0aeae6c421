export { hasBytes, type IsAttachment, isBytes } from "./attachments.ts";
export { type EncodedPacket, encodePacket } from "./encode.ts";
export {
  type Packet,
  type PacketLimits,
  type PacketType,
  packetLimits,
  packetTypes,
  reservedEvents,
} from "./packet.ts";
export { PacketDecoder } from "./packet-decoder.ts";
export { PacketError, type PacketFault, packetFaults } from "./packet-error.ts";
