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
