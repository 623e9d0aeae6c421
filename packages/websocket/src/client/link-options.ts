import { resolveDeflateOptions } from "../deflate/options.ts";
import type { LinkOptions } from "../link-options.ts";
import type { ClientOptions } from "./options.ts";

/** The limits that a client has unless told otherwise; a client trusts the server it chose more. */
export const clientDefaults = {
  maxPayload: 104_857_600,
  maxFragments: 16_384,
  maxBufferedChunks: 262_144,
  maxPendingAutoPongs: 60,
  closeTimeout: 30_000,
  heartbeatIntervalMs: 25_000,
  heartbeatTimeoutMs: 20_000,
} as const;

/** What the connection of a client with these options keeps to. */
export function clientLinkOptions(options: ClientOptions): LinkOptions {
  const { heartbeat, perMessageDeflate } = options;
  const beats = typeof heartbeat === "object" ? heartbeat : {};
  return {
    isServer: false,
    maxPayload: options.maxPayload ?? clientDefaults.maxPayload,
    maxFragments: options.maxFragments ?? clientDefaults.maxFragments,
    maxBufferedChunks: options.maxBufferedChunks ?? clientDefaults.maxBufferedChunks,
    maxPendingAutoPongs: options.maxPendingAutoPongs ?? clientDefaults.maxPendingAutoPongs,
    autoPong: options.autoPong ?? true,
    allowSynchronousEvents: options.allowSynchronousEvents ?? true,
    skipUTF8Validation: options.skipUTF8Validation ?? false,
    closeTimeoutMs: options.closeTimeout ?? clientDefaults.closeTimeout,
    messageTimeoutMs: Number.POSITIVE_INFINITY,
    heartbeat:
      heartbeat === undefined || heartbeat === false
        ? null
        : {
            intervalMs: beats.intervalMs ?? clientDefaults.heartbeatIntervalMs,
            timeoutMs: beats.timeoutMs ?? clientDefaults.heartbeatTimeoutMs,
          },
    maxQueuedBytes: Number.POSITIVE_INFINITY,
    deflate:
      perMessageDeflate === false
        ? null
        : resolveDeflateOptions(typeof perMessageDeflate === "object" ? perMessageDeflate : {}),
    generateMask: options.generateMask,
  };
}
