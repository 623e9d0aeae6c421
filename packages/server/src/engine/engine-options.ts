import type { IncomingMessage } from "node:http";
import type { PerMessageDeflateOptions } from "@openline/websocket";
import type { LimitOptions } from "../guard/limit-options.ts";
import type { TrustProxy } from "../guard/trust-proxy.ts";
import type { HttpCompressionOptions } from "../http/compression.ts";
import type { CorsOptions, CorsOptionsDelegate } from "../http/cors-options.ts";
import type { Origins } from "../http/origin-guard.ts";
import type { TransportName } from "../transports/transport.ts";
import type { EngineSocket } from "./engine-socket.ts";
import type { PressurePolicy } from "./pressure.ts";

/** Bounds what waits for a client that is slow, or between two polls. */
export interface EngineBackpressureOptions {
  /** Bytes that may wait for one client. Default 16 MiB. */
  maxBytes?: number | undefined;
  /**
   * What happens past it: `close` ends the session, `drop` leaves out the new message, a function
   * decides each time (`queue` lets it grow). Default `close`.
   */
  policy?: PressurePolicy<EngineSocket> | undefined;
}

/** The cookie that tells a load balancer which process a session belongs to. */
export interface SessionCookieOptions {
  /** Default "io". */
  name?: string | undefined;
  /** Default "/". */
  path?: string | undefined;
  /** Default true. */
  httpOnly?: boolean | undefined;
  /** Default "lax". */
  sameSite?: boolean | "lax" | "strict" | "none" | undefined;
  secure?: boolean | undefined;
  domain?: string | undefined;
  /** In seconds. */
  maxAge?: number | undefined;
  expires?: Date | undefined;
  partitioned?: boolean | undefined;
  priority?: "low" | "medium" | "high" | undefined;
}

/** Where on an HTTP server requests are taken. */
export interface AttachOptions {
  /** Default "/engine.io", of a Socket.IO server "/socket.io". */
  path?: string | undefined;
  /** Ends upgrades that nobody takes. Default true. */
  destroyUpgrade?: boolean | undefined;
  /** How long others have for that, in milliseconds. Default 1,000. */
  destroyUpgradeTimeout?: number | undefined;
  /** Whether the path ends with a slash. Default true. */
  addTrailingSlash?: boolean | undefined;
}

export interface EngineOptions {
  /** Silence after a ping before the client is lost, in milliseconds. Default 20,000. */
  pingTimeout?: number | undefined;
  /** Between two pings, in milliseconds. Default 25,000. */
  pingInterval?: number | undefined;
  /** How long a change of transport may take, in milliseconds. Default 10,000. */
  upgradeTimeout?: number | undefined;
  /** Bytes of one message or polling body. Default 1,000,000. */
  maxHttpBufferSize?: number | undefined;
  /** Says yes or no to each new session. */
  allowRequest?:
    | ((
        request: IncomingMessage,
        callback: (error: string | null | undefined, isAllowed: boolean) => void,
      ) => void)
    | undefined;
  /** Default both, polling first. */
  transports?: readonly (TransportName | "webtransport")[] | undefined;
  /** Whether a session may change from polling to WebSocket. Default true. */
  allowUpgrades?: boolean | undefined;
  /** permessage-deflate (RFC 7692). Default false. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Compresses polling answers from `threshold` bytes on (1,024). Default true. */
  httpCompression?: boolean | HttpCompressionOptions | undefined;
  /** A message that each client gets first. */
  initialPacket?: string | Uint8Array | undefined;
  /** Sends the session's id as a cookie. Default false. */
  cookie?: boolean | SessionCookieOptions | undefined;
  /** Which pages of other origins may read polling answers: the options of the package `cors`. */
  cors?: CorsOptions | CorsOptionsDelegate | undefined;
  /** Speaks version 3 too, with Socket.IO 2 clients. Default false. */
  allowEIO3?: boolean | undefined;

  // Beyond Socket.IO.

  /**
   * Which pages may connect, by any transport. Default: those that `cors` names; without it, those
   * of the same host, and on a loopback host of any loopback port.
   */
  origins?: Origins | undefined;
  /** Keeps the whole request that opened a session, not only what describes it. Default false. */
  keepRequest?: boolean | undefined;
  backpressure?: EngineBackpressureOptions | undefined;
  /** How much of what clients may do: see docs/limits.md. */
  limits?: LimitOptions | undefined;
  /** Which proxies tell the truth about who is behind them, as Express has it. Default: none. */
  trustProxy?: TrustProxy | undefined;
  /** The header in which they tell it. Default "x-forwarded-for". */
  forwardedHeader?: "x-forwarded-for" | "forwarded" | undefined;
  /** WebSocket connections at once, in all; past it 503. Default: no limit. */
  maxConnections?: number | undefined;
  /**
   * WebSocket connections at once from one address (IPv6: one /64); past it 429. Default 100, not
   * counting loopback and private addresses; a number of your own counts for every address.
   */
  maxConnectionsPerAddress?: number | undefined;
}

/** What a server does unless told otherwise. */
export const engineDefaults = {
  pingTimeout: 20_000,
  pingInterval: 25_000,
  upgradeTimeout: 10_000,
  maxHttpBufferSize: 1_000_000,
  maxQueuedBytes: 16_777_216,
  destroyUpgradeTimeout: 1_000,
} as const;

const defaultTransports: readonly TransportName[] = ["polling", "websocket"];

/**
 * The transports that are enabled.
 *
 * @throws TypeError for one that there is not
 */
export function transportsOf(options: EngineOptions): readonly TransportName[] {
  const { transports = defaultTransports } = options;
  for (const name of transports) {
    if (name !== "polling" && name !== "websocket") {
      throw new TypeError(
        `transports takes "polling" and "websocket", not ${JSON.stringify(name)}: ` +
          "Node has no WebTransport",
      );
    }
  }
  return transports as readonly TransportName[]; // checked above
}

/** @throws RangeError that names the option and what it accepts */
export function checkEngineOptions(options: EngineOptions): void {
  const numbers: Readonly<Record<string, number | undefined>> = {
    pingTimeout: options.pingTimeout,
    pingInterval: options.pingInterval,
    upgradeTimeout: options.upgradeTimeout,
    maxHttpBufferSize: options.maxHttpBufferSize,
    "backpressure.maxBytes": options.backpressure?.maxBytes,
    maxConnections: options.maxConnections,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress,
  };
  for (const [name, value] of Object.entries(numbers)) {
    if (value === undefined) continue;
    if (typeof value !== "number" || Number.isNaN(value) || value < 0) {
      throw new RangeError(`${name} takes a number from 0 up, not ${String(value)}`);
    }
  }
}
