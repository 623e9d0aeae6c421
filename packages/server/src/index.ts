/**
 * The real-time server for TypeScript: Socket.IO 4's API, and its protocol on the wire.
 *
 * `require("openline")` gives a function that makes a server, with everything else on it, as
 * `require("socket.io")` does.
 */
export {
  type AnyContract,
  type ArgumentsOut as CheckedArguments,
  type Contract,
  ContractError,
  type ContractParts,
  defineContract,
  type EventArguments as EventSchema,
  type EventDefinition,
  type EventDefinitions,
  type InvalidDetail,
  isRefusal,
  type RoomDefinitions,
  type RoomEvents,
  type RoomInput,
  type RoomName,
  type RoomOutput,
  type ServerEmits,
  type ServerListens,
  type StandardSchema,
} from "@openline/protocol/contract";

import { Namespace } from "./namespace.ts";
import { type HttpServerInstance, Server } from "./server.ts";
import type { ServerOptions } from "./server-options.ts";
import { Socket } from "./socket.ts";

export type { Client, DisconnectReason } from "./client.ts";
export type { ContractOptions } from "./contract/contract-options.ts";
export type { Gap, GapReason } from "./delivery/gap.ts";
export type { Member, Members, PresenceChange } from "./delivery/presence.ts";
export type { Published } from "./delivery/publishing.ts";
export { type RecoveryOptions, recoveryDefaults } from "./delivery/recovery-options.ts";
export type { Joined } from "./delivery/requests.ts";
export type { PublishOptions, Room as RoomHandle } from "./delivery/room.ts";
export type { History, HistoryMessage, HistoryQuery } from "./delivery/room-reader.ts";
export {
  type AttachOptions,
  type EngineBackpressureOptions,
  type EngineOptions,
  engineDefaults,
  type SessionCookieOptions,
} from "./engine/engine-options.ts";
export { type ConnectionError, EngineServer } from "./engine/engine-server.ts";
export {
  type EngineCloseReason,
  EngineSocket,
} from "./engine/engine-socket.ts";
export type { Middleware } from "./engine/middlewares.ts";
export type { EnginePacket } from "./engine/packet-events.ts";
export type { Pressure, PressurePolicy } from "./engine/pressure.ts";
export type { DefaultEventsMap, EventsMap } from "./events/event-types.ts";
export type { Principal } from "./guard/authenticate/principal.ts";
export { type Code, type CodeMeaning, codes, type GuardRefusal } from "./guard/codes.ts";
export type { EventGuard, Leave } from "./guard/event-guard.ts";
export type { LimitOptions } from "./guard/limit-options.ts";
export { type Limit, type LimitName, limits } from "./guard/limits.ts";
export type { Logger, LogMethod } from "./guard/logger.ts";
export type { Rate } from "./guard/token-bucket.ts";
export type { TrustProxy } from "./guard/trust-proxy.ts";
export type { HttpCompressionOptions } from "./http/compression.ts";
export type { CorsOptions, CorsOptionsDelegate } from "./http/cors-options.ts";
export {
  type CertificateFiles,
  type FollowedCertificate,
  followCertificate,
} from "./http/follow-certificate.ts";
export type { EngineIncomingMessage } from "./http/handshake-request.ts";
export type { Origins } from "./http/origin-guard.ts";
export type {
  Appended,
  Durability,
  Epoch,
  Log,
  LogEntry,
  LogStore,
  NewEntry,
  Position,
  ReadRange,
  Retention,
  RoomState,
  SessionStore,
} from "./log/log.ts";
export { LogError, type LogErrorCode } from "./log/log-error.ts";
export { type MemoryLogOptions, memoryLog, memoryLogDefaults } from "./log/memory-log.ts";
export { LogTail } from "./log/tail.ts";
export { EncodedMessage } from "./messages/encoded-message.ts";
export type { Parser } from "./messages/packet-codec.ts";
export type { AdapterConstructor, ExtendedError, NamespaceMiddleware } from "./namespace.ts";
export type {
  AppendedNotice,
  ConnectedNotice,
  DisconnectedNotice,
  RefusedNotice,
  ReplayedNotice,
} from "./observe/channels.ts";
export { ParentNamespace } from "./parent-namespace.ts";
export {
  Adapter,
  type AdapterNamespace,
  type AdapterSocket,
  type BroadcastFlags,
  type BroadcastOptions,
  type PrivateSessionId,
  type Room,
  type RoomPacket,
  type Session,
  type SessionToPersist,
  type SocketDetails,
  type SocketId,
} from "./rooms/adapter.ts";
export {
  BroadcastOperator,
  type PartialAnswers,
  RemoteSocket,
} from "./rooms/broadcast-operator.ts";
export { DeliveryError, type Refusal, type RefusalCode } from "./rooms/delivery-error.ts";
export type { Handshake } from "./rooms/handshake.ts";
export {
  type DeliveryMode,
  type RoomAction,
  type RoomPressure,
  type RoomRule,
  roomRuleDefaults,
} from "./rooms/rules.ts";
export type { HttpServerInstance, TypedServerOptions } from "./server.ts";
export { type ServerOptions, serverDefaults } from "./server-options.ts";
export type { ErrorContext, Event } from "./socket.ts";
export type { TransportName } from "./transports/transport.ts";
export { Namespace, Server, Server as default, Socket };

/** Makes a server: `require("openline")(httpServer)`, as tutorials of old do. */
type Made = ((
  server?: HttpServerInstance | number | Partial<ServerOptions>,
  options?: Partial<ServerOptions>,
) => Server) & {
  readonly Server: typeof Server;
  readonly Namespace: typeof Namespace;
  readonly Socket: typeof Socket;
};

const made: Made = Object.assign(
  (
    server?: HttpServerInstance | number | Partial<ServerOptions>,
    options?: Partial<ServerOptions>,
  ) => new Server(server, options),
  { Server, Namespace, Socket },
);

export { made as "module.exports" };
