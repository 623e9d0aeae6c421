/**
 * The client with nothing but WebSockets: no polling, and so nothing to change over from. It has the
 * API of `@openline/client`, in fewer bytes.
 */
import { type Connect, type Lookup, lookupOf } from "./lookup.ts";
import { Manager } from "./manager.ts";
import { Socket } from "./socket.ts";

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
export type { CloseDetails, Transport, TransportError } from "./transports/transport.ts";
export type { TransportOptions } from "./transports/transport-options.ts";

/** The version of Socket.IO's protocol. */
export const protocol = 5;

const lookup: Lookup<typeof Manager> = lookupOf(Manager);
const io: Connect = lookup;

export { io as connect, io, lookup as "module.exports", lookup as default, Manager, Socket };
