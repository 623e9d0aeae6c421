import type { ContractOfClient, ReadingContract } from "@openline/protocol/contract";
import type { EngineOptions } from "./engine/engine-options.ts";
import type { AnyFields } from "./events/event-types.ts";
import type { Parser } from "./parser.ts";

/** How one connection is made, and made again. Times are in milliseconds. */
export interface ManagerOptions extends EngineOptions {
  /** Whether to connect again when the connection is lost. Default: true. */
  reconnection?: boolean | undefined;
  /** How often to try before giving up. Default: Infinity. */
  reconnectionAttempts?: number | undefined;
  /** The time before the first attempt; twice as long before each further one. Default: 1,000. */
  reconnectionDelay?: number | undefined;
  /** The longest time before an attempt. Default: 5,000. */
  reconnectionDelayMax?: number | undefined;
  /** By how much of itself such a time may be shorter or longer: from 0 to 1. Default: 0.5. */
  randomizationFactor?: number | undefined;
  /** How long connecting may take; false: as long as it likes. Default: 20,000. */
  timeout?: number | false | undefined;
  /** Whether to connect at once. Default: true. */
  autoConnect?: boolean | undefined;
  /** How packets are written; the server must write them likewise. */
  parser?: Parser | undefined;
}

/** What one namespace is entered with. */
export interface SocketOptions {
  /** What the server's middlewares find in `socket.handshake.auth`, or what gives it. */
  auth?: Auth | undefined;
  /** How often to send an event again that is not acknowledged; then events go one at a time. */
  retries?: number | undefined;
  /** How long to wait for an acknowledgement, in milliseconds. Default: forever. */
  ackTimeout?: number | undefined;
  /** What the server and its clients send each other, by `defineContract`: gives events their types. */
  contract?: ReadingContract | undefined;
}

/** Options from whose contract the types of events are inferred. */
export interface TypedContractOption<Listen, Emit> {
  contract?: ContractOfClient<Listen, Emit> | undefined;
}

export type Auth = AnyFields | ((give: (data: object) => void) => void);

/** Options of `io`. */
export interface ConnectOptions extends ManagerOptions, SocketOptions {
  /** Make a connection of its own. Default: false. */
  forceNew?: boolean | undefined;
  /** Share a connection with other namespaces of the server. Default: true. */
  multiplex?: boolean | undefined;
}

/** Gives the value, or sets it. */
export interface Setting<This, Value> {
  (): Value;
  (value: Value): This;
}
