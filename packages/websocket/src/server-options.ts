import type { Server as HttpServer, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Server as HttpsServer } from "node:https";
import { type PerMessageDeflateOptions, resolveDeflateOptions } from "./deflate/options.ts";
import {
  type BackpressureOptions,
  type HeartbeatOptions,
  type LinkOptions,
  sharedLinkOptions,
} from "./link-options.ts";
import type { WebSocket } from "./websocket.ts";

/** What `verifyClient` learns of a handshake. */
export interface VerifyClientInfo<Request extends IncomingMessage = IncomingMessage> {
  /** The Origin header; undefined (an empty string in types of old) for clients that are no browsers. */
  origin: string;
  /** Whether the connection came over TLS, directly. */
  secure: boolean;
  req: Request;
}

export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = (
  info: VerifyClientInfo<Request>,
) => boolean;

export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = (
  info: VerifyClientInfo<Request>,
  callback: (
    isVerified: boolean,
    status?: number,
    message?: string,
    headers?: OutgoingHttpHeaders,
  ) => void,
) => void;

/**
 * Which pages may connect: exact origins (`https://app.example.com`), `"*"` for all,
 * or a function. Requests without an Origin header come from no browser and pass.
 */
export type OriginPolicy<Request extends IncomingMessage = IncomingMessage> =
  | "*"
  | (string & {})
  | readonly string[]
  | ((origin: string, request: Request) => boolean);

export interface ServerOptions<
  Client extends typeof WebSocket = typeof WebSocket,
  Request extends typeof IncomingMessage = typeof IncomingMessage,
> {
  // Where connections come from: exactly one of port, server and noServer.

  /** Makes a server of its own that listens here; 0 takes a free port. */
  port?: number | null | undefined;
  /** The address that `port` is bound to. Default: all. */
  host?: string | undefined;
  /** Connections that may wait to be accepted. Default: Node's 511. */
  backlog?: number | undefined;
  /** An http or https server whose upgrades are taken. */
  server?: HttpServer | HttpsServer | null | undefined;
  /** Takes only what `handleUpgrade` is given. Default false. */
  noServer?: boolean | undefined;
  /** Takes only this path; others get 400. Default: any. */
  path?: string | null | undefined;

  // Who may connect.

  /** Default: pages of this same host, and on a loopback host pages of any loopback port. */
  origins?: OriginPolicy<InstanceType<Request>> | undefined;
  /** Says yes or no to each handshake; with two parameters, when it likes. */
  verifyClient?:
    | VerifyClientCallbackSync<InstanceType<Request>>
    | VerifyClientCallbackAsync<InstanceType<Request>>
    | null
    | undefined;
  /** Chooses the subprotocol; false for none. Default: the first that the client names. */
  handleProtocols?:
    | ((protocols: Set<string>, request: InstanceType<Request>) => string | false)
    | null
    | undefined;
  /** Connections at once, in all; past it 503. Default: no limit. */
  maxConnections?: number | undefined;
  /**
   * Connections at once from one address (IPv6: one /64); past it 429. Default 100,
   * not counting loopback and private addresses, which are mostly proxies; a number
   * of your own counts for every address.
   */
  maxConnectionsPerAddress?: number | undefined;

  // What a peer may send.

  /** Bytes of one message; past it the connection closes with 1009. 0: no limit. Default 1 MiB. */
  maxPayload?: number | undefined;
  /** Frames of one message; past it 1008. 0: no limit. Default 1,024. */
  maxFragments?: number | undefined;
  /** Pieces that one frame may arrive in; past it 1008. 0: no limit. Default 262,144. */
  maxBufferedChunks?: number | undefined;
  /** Pongs that a peer may leave unread before it is terminated. 0: no limit. Default 16. */
  maxPendingAutoPongs?: number | undefined;
  /** Trusts peers that their text is UTF-8. Default false. */
  skipUTF8Validation?: boolean | undefined;

  // How long things may take, in milliseconds.

  /** The opening handshake, `verifyClient` included. Default 10 s. */
  handshakeTimeout?: number | undefined;
  /** A message once it has begun; past it 1008. Infinity: no limit. Default 60 s. */
  messageTimeout?: number | undefined;
  /** The closing handshake. Default 30 s. */
  closeTimeout?: number | undefined;
  /** Pings, and terminates dead peers. `false` for none. Default 25 s + 20 s. */
  heartbeat?: HeartbeatOptions | boolean | undefined;

  // How it sends and tells.

  /** Bounds what waits for a slow reader. */
  backpressure?: BackpressureOptions<InstanceType<Client>> | undefined;
  /** permessage-deflate (RFC 7692). Default false. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Answers pings by itself. Default true. */
  autoPong?: boolean | undefined;
  /** Lets several 'message', 'ping' and 'pong' events happen in one turn. Default true. */
  allowSynchronousEvents?: boolean | undefined;
  /** Keeps `server.clients`. Default true. */
  clientTracking?: boolean | undefined;
  /** The class to make connections of. Default `WebSocket`. */
  WebSocket?: Client | undefined;
}

/** The limits that a server has unless told otherwise; docs/websocket-api.md explains each. */
export const serverDefaults = {
  maxConnectionsPerAddress: 100,
  maxPayload: 1_048_576,
  maxFragments: 1024,
  maxBufferedChunks: 262_144,
  maxPendingAutoPongs: 16,
  handshakeTimeout: 10_000,
  messageTimeout: 60_000,
  closeTimeout: 30_000,
  heartbeatIntervalMs: 25_000,
  heartbeatTimeoutMs: 20_000,
  maxQueuedBytes: 1_048_576,
} as const;

type NumberOption =
  | "maxConnections"
  | "maxConnectionsPerAddress"
  | "maxPayload"
  | "maxFragments"
  | "maxBufferedChunks"
  | "maxPendingAutoPongs"
  | "handshakeTimeout"
  | "messageTimeout"
  | "closeTimeout";

/**
 * Holds the options against what they accept, before anything listens.
 *
 * @throws TypeError or RangeError that names the option
 */
export function checkServerOptions<
  Client extends typeof WebSocket,
  Request extends typeof IncomingMessage,
>(options: ServerOptions<Client, Request>): void {
  const ways = [options.port != null, Boolean(options.server), Boolean(options.noServer)];
  if (ways.filter(Boolean).length !== 1) {
    throw new TypeError(
      'One and only one of the "port", "server", or "noServer" options must be specified',
    );
  }
  const numbers: NumberOption[] = [
    "maxConnections",
    "maxConnectionsPerAddress",
    "maxPayload",
    "maxFragments",
    "maxBufferedChunks",
    "maxPendingAutoPongs",
    "handshakeTimeout",
    "messageTimeout",
    "closeTimeout",
  ];
  for (const name of numbers) checkNumber(name, options[name]);
  const { heartbeat, backpressure } = options;
  if (typeof heartbeat === "object" && heartbeat !== null) {
    checkNumber("heartbeat.intervalMs", heartbeat.intervalMs);
    checkNumber("heartbeat.timeoutMs", heartbeat.timeoutMs);
  } else if (heartbeat !== undefined && typeof heartbeat !== "boolean") {
    throw new TypeError("heartbeat takes false or { intervalMs, timeoutMs }");
  }
  checkNumber("backpressure.maxBytes", backpressure?.maxBytes);
  const policy = backpressure?.policy;
  if (
    policy !== undefined &&
    policy !== "close" &&
    policy !== "drop" &&
    typeof policy !== "function"
  ) {
    throw new TypeError('backpressure.policy takes "close", "drop" or a function');
  }
}

function checkNumber(name: string, value: number | undefined): void {
  if (value === undefined) return;
  if (typeof value !== "number" || Number.isNaN(value) || value < 0) {
    throw new RangeError(`${name} takes a number from 0 up, not ${String(value)}`);
  }
}

/** What every connection of a server with these options has in common. */
export function serverLinkOptions<
  Client extends typeof WebSocket,
  Request extends typeof IncomingMessage,
>(options: ServerOptions<Client, Request>): LinkOptions {
  const { perMessageDeflate, backpressure, messageTimeout } = options;
  return {
    ...sharedLinkOptions(options, serverDefaults, true),
    isServer: true,
    messageTimeoutMs: messageTimeout ?? serverDefaults.messageTimeout,
    maxQueuedBytes: backpressure?.maxBytes ?? serverDefaults.maxQueuedBytes,
    deflate: perMessageDeflate
      ? resolveDeflateOptions(perMessageDeflate === true ? {} : perMessageDeflate)
      : null,
    generateMask: undefined,
  };
}
