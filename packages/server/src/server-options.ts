import type { HttpApiOptions } from "./api/http-api.ts";
import type { ContractOptions } from "./contract/contract-options.ts";
import type { RecoveryOptions } from "./delivery/recovery-options.ts";
import type { AttachOptions, EngineOptions } from "./engine/engine-options.ts";
import type { Authenticate } from "./guard/authenticate/principal.ts";
import type { Logger } from "./guard/logger.ts";
import type { HealthOptions } from "./http/health.ts";
import type { LogStore } from "./log/log.ts";
import type { Parser } from "./messages/packet-codec.ts";
import type { AdapterConstructor } from "./namespace.ts";
import type { Handshake } from "./rooms/handshake.ts";
import type { ErrorContext, Socket } from "./socket.ts";

export interface ServerOptions extends EngineOptions, AttachOptions, ContractOptions {
  /** Default "/socket.io". */
  path?: string | undefined;
  /** Whether the client's bundles are served under the path. Default true. */
  serveClient?: boolean | undefined;
  /** Knows who is in which room. Default: in memory, for one server. */
  adapter?: AdapterConstructor | undefined;
  /** How packets are written and read. Default: Socket.IO's own way, JSON. */
  parser?: Parser | undefined;
  /**
   * Where durable rooms and sessions are kept: `memoryLog()`, or `lmdbLog()` of `@openline/lmdb`.
   * Default: in memory. When it is given, clients resume in all namespaces.
   */
  log?: LogStore | undefined;
  /**
   * Clients that come back soon keep their session and get what they have missed. By default they
   * do in namespaces whose rooms have rules, and everywhere if there is a `log`; false: only what is
   * durable is replayed.
   */
  connectionStateRecovery?: RecoveryOptions<Socket> | boolean | undefined;
  /** Publishing and history over HTTP, for back ends in any language. Default: off. */
  httpApi?: HttpApiOptions | undefined;
  /** Endpoints that tell whether the process lives, and takes clients. Default: off. */
  health?: boolean | HealthOptions | undefined;
  /**
   * Says who connects to a namespace, or why nobody may: `jwt()`, `apiKeys()` and others, or a
   * function of your own. Its principal is `socket.principal`. Default: nobody is asked.
   */
  authenticate?: Authenticate<Handshake> | undefined;
  /**
   * Where what happens is written: a pino, or what has its six levels. Nothing secret is. Default: errors go
   * to the console, unless `onError` takes them.
   */
  logger?: Logger | undefined;
  /** How long a connection may be in no namespace, in milliseconds. Default 45,000. */
  connectTimeout?: number | undefined;
  /** Whether namespaces of a pattern are let go when their last client has left. Default false. */
  cleanupEmptyChildNamespaces?: boolean | undefined;
  /**
   * Gets what handlers and middlewares throw, and what their promises are rejected with. A client
   * that waits for an answer gets one that says so; the process lives. Default: prints it.
   */
  onError?: ((error: unknown, context: ErrorContext) => void) | undefined;
}

export const serverDefaults = {
  path: "/socket.io",
  connectTimeout: 45_000,
} as const;
