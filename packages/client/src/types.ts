/** The types that every entry of the client has. */
export type { Engine, EngineEvents, HandshakeData } from "./engine/engine.ts";
export type {
  EngineOptions,
  TransportConstructor,
  TransportName,
} from "./engine/engine-options.ts";
export type { DefaultEventsMap, EventsMap } from "./events/event-types.ts";
export type { Connect, Lookup } from "./lookup.ts";
export type { Auth, ConnectOptions, ManagerOptions, SocketOptions } from "./manager-options.ts";
export type { PacketEncoder, PacketReader, Parser } from "./parser.ts";
export type { FetchLike, WebSocketConstructor, WebSocketLike } from "./platform/host.ts";
export type {
  DisconnectDescription,
  DisconnectReason,
  ExtendedError,
  ManagerReservedEvents,
  SocketReservedEvents,
} from "./socket.ts";
export type {
  CloseDetails,
  Transport,
  TransportError,
  TransportListener,
} from "./transports/transport.ts";
export type { TransportOptions } from "./transports/transport-options.ts";
