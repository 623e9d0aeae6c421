export { closeCodes, isValidCloseCode, MAX_REASON_BYTES } from "./close.ts";
export { ClosingHandshake, type ClosingState, closingMoves } from "./closing.ts";
export type { Deflater, Inflater } from "./compressor.ts";
export { Connection, type ConnectionEvents, type ConnectionOptions } from "./connection.ts";
export {
  acceptDeflateOffer,
  checkDeflatePreferences,
  confirmDeflate,
  DEFLATE_EXTENSION,
  type DeflateParameters,
  type DeflatePreferences,
  offerDeflate,
} from "./deflate-negotiation.ts";
export {
  type ExtensionOffers,
  type ExtensionParameters,
  formatExtensions,
  parseExtensions,
  parseSubprotocols,
} from "./extensions.ts";
export {
  emptyHeader,
  type FrameHeader,
  firstByteOf,
  frameHeaderLength,
  MAX_HEADER_BYTES,
  opcodes,
  readFrameHeader,
  writeFrameHeader,
} from "./frame.ts";
export {
  acceptKey,
  type ClientHandshake,
  checkHeaderLine,
  createHandshake,
  type ExpectedHandshake,
  formatSwitchingProtocols,
  type HandshakeHeaders,
  readHandshake,
  type ServerHandshake,
  verifyHandshake,
} from "./handshake.ts";
export { Heartbeat, type HeartbeatStep } from "./heartbeat.ts";
export type { Allocate } from "./message-assembly.ts";
export {
  type Authority,
  checkOrigin,
  isLoopback,
  isOriginAllowed,
  isSameOrigin,
  normalizeOrigin,
  type Origin,
  type OriginPolicy,
  type OriginRequest,
  parseAuthority,
  parseOrigin,
  readOriginList,
} from "./origin.ts";
export { isToken } from "./token.ts";
