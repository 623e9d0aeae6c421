export { EngineHeartbeat, type HeartbeatAction } from "./engine-heartbeat.ts";
export { type OpenDetails, openPacket } from "./open-packet.ts";
export {
  BASE64_MARK,
  type EnginePacketName,
  type EnginePacketType,
  enginePacketNames,
  enginePackets,
  packetTypeOf,
} from "./packet.ts";
export { maxPacketsOf, SEPARATOR, splitPayload } from "./payload.ts";
export {
  joinPayloadV3,
  type PacketV3,
  packetHeaderV3,
  splitBinaryPayloadV3,
  splitPayloadV3,
} from "./payload-v3.ts";
export {
  checkRequest,
  type EngineErrorCode,
  type EngineRefusal,
  type EngineRequest,
  engineErrorMessages,
  engineErrors,
  type NamedSession,
  type RequestRules,
  versionOf,
} from "./request.ts";
export {
  Session,
  type SessionAction,
  type SessionAlarm,
  type SessionState,
  type SessionTimes,
  sessionMoves,
} from "./session.ts";
