import type { DeflateParameters } from "@openline/protocol/websocket";
import type { ResolvedDeflateOptions } from "./deflate/options.ts";

/** What to do with a message for a peer whose send queue is full. */
export type PressureAction = "close" | "drop" | "queue";

/** Bounds what waits for a peer that reads too slowly. */
export interface BackpressureOptions<Socket> {
  /** Bytes that may wait for one peer. Default 1 MiB. */
  maxBytes?: number | undefined;
  /**
   * What happens past it: `close` ends the connection, `drop` leaves out the new
   * message, a function decides each time (`queue` lets it grow). Default `close`.
   */
  policy?: "close" | "drop" | ((socket: Socket, data: unknown) => PressureAction) | undefined;
}

/** When to ping, and how long to wait for a sign of life. */
export interface HeartbeatOptions {
  /** Silence before a ping, in milliseconds. Default 25 s. */
  intervalMs?: number | undefined;
  /** Time for the answer before the peer is terminated, in milliseconds. Default 20 s. */
  timeoutMs?: number | undefined;
}

/** The settings of an open connection, made once a server or client and shared. */
export interface LinkOptions {
  readonly isServer: boolean;
  readonly maxPayload: number;
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
  readonly maxPendingAutoPongs: number;
  readonly autoPong: boolean;
  readonly allowSynchronousEvents: boolean;
  readonly skipUTF8Validation: boolean;
  readonly closeTimeoutMs: number;
  readonly messageTimeoutMs: number;
  readonly heartbeat: { readonly intervalMs: number; readonly timeoutMs: number } | null;
  readonly maxQueuedBytes: number;
  readonly deflate: ResolvedDeflateOptions | null;
  readonly generateMask: ((mask: Buffer) => void) | undefined;
}

/** permessage-deflate as both sides agreed on it for one connection. */
export interface LinkDeflate {
  readonly parameters: DeflateParameters;
  readonly options: ResolvedDeflateOptions;
}

/** The options that servers and clients take alike. */
export interface SharedOptions {
  readonly maxPayload?: number | undefined;
  readonly maxFragments?: number | undefined;
  readonly maxBufferedChunks?: number | undefined;
  readonly maxPendingAutoPongs?: number | undefined;
  readonly autoPong?: boolean | undefined;
  readonly allowSynchronousEvents?: boolean | undefined;
  readonly skipUTF8Validation?: boolean | undefined;
  readonly closeTimeout?: number | undefined;
  readonly heartbeat?: HeartbeatOptions | boolean | undefined;
}

/** What a side that was told nothing keeps to. */
export interface SharedDefaults {
  readonly maxPayload: number;
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
  readonly maxPendingAutoPongs: number;
  readonly closeTimeout: number;
  readonly heartbeatIntervalMs: number;
  readonly heartbeatTimeoutMs: number;
}

type SharedLinkOptions = Omit<
  LinkOptions,
  "isServer" | "messageTimeoutMs" | "maxQueuedBytes" | "deflate" | "generateMask"
>;

/** The settings that servers and clients have alike; `beats` without the option heartbeat. */
export function sharedLinkOptions(
  options: SharedOptions,
  defaults: SharedDefaults,
  beats: boolean,
): SharedLinkOptions {
  const { heartbeat = beats } = options;
  const { intervalMs = defaults.heartbeatIntervalMs, timeoutMs = defaults.heartbeatTimeoutMs } =
    typeof heartbeat === "object" ? heartbeat : {};
  return {
    maxPayload: options.maxPayload ?? defaults.maxPayload,
    maxFragments: options.maxFragments ?? defaults.maxFragments,
    maxBufferedChunks: options.maxBufferedChunks ?? defaults.maxBufferedChunks,
    maxPendingAutoPongs: options.maxPendingAutoPongs ?? defaults.maxPendingAutoPongs,
    autoPong: options.autoPong ?? true,
    allowSynchronousEvents: options.allowSynchronousEvents ?? true,
    skipUTF8Validation: options.skipUTF8Validation ?? false,
    closeTimeoutMs: options.closeTimeout ?? defaults.closeTimeout,
    heartbeat: heartbeat === false ? null : { intervalMs, timeoutMs },
  };
}
