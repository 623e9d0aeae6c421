import { resolveDeflateOptions } from "../deflate/options.ts";
import { type LinkOptions, sharedLinkOptions } from "../link-options.ts";
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
  const { perMessageDeflate, generateMask } = options;
  return {
    ...sharedLinkOptions(options, clientDefaults, false),
    isServer: false,
    messageTimeoutMs: Number.POSITIVE_INFINITY,
    maxQueuedBytes: Number.POSITIVE_INFINITY,
    deflate:
      perMessageDeflate === false
        ? null
        : resolveDeflateOptions(typeof perMessageDeflate === "object" ? perMessageDeflate : {}),
    generateMask,
  };
}
