import { NodeDeflater } from "./deflate/node-deflater.ts";
import { NodeInflater } from "./deflate/node-inflater.ts";
import type { CodecOptions } from "./deflate/options.ts";
import type { LinkDeflate } from "./link-options.ts";

/** Inflates what the peer of this side sends. */
export function inflaterFor(deflate: LinkDeflate, isServer: boolean): NodeInflater {
  return new NodeInflater({
    ...codec(deflate, !isServer),
    zlib: deflate.options.zlibInflateOptions,
  });
}

/** Deflates what this side sends. */
export function deflaterFor(deflate: LinkDeflate, isServer: boolean): NodeDeflater {
  return new NodeDeflater({
    ...codec(deflate, isServer),
    zlib: deflate.options.zlibDeflateOptions,
  });
}

/** Whether each message of this side is compressed for itself. */
export function hasNoContext(deflate: LinkDeflate, isServer: boolean): boolean {
  const { parameters } = deflate;
  return isServer ? parameters.serverNoContextTakeover : parameters.clientNoContextTakeover;
}

/** The terms that the server's messages, or the client's, are compressed on. */
function codec(deflate: LinkDeflate, isFromServer: boolean): Omit<CodecOptions, "zlib"> {
  const { parameters, options } = deflate;
  return {
    windowBits: isFromServer ? parameters.serverMaxWindowBits : parameters.clientMaxWindowBits,
    hasContextTakeover: !hasNoContext(deflate, isFromServer),
    concurrencyLimit: options.concurrencyLimit,
  };
}
