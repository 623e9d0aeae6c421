import { deflateRawSync, inflateRawSync, type ZlibOptions } from "node:zlib";

/** What the `perMessageDeflate` option accepts, as in `ws`. */
export interface PerMessageDeflateOptions {
  /**
   * Whether the server compresses every message for itself, without referring back to
   * earlier ones. `true` asks for it, `false` refuses a peer that asks for it.
   */
  serverNoContextTakeover?: boolean | undefined;
  /** The same for the client's messages. */
  clientNoContextTakeover?: boolean | undefined;
  /**
   * How far back the server's messages may refer, as a power of two bytes: 8 to 15.
   * Default: 15, or what the peer asks for. `false` refuses a peer that asks.
   */
  serverMaxWindowBits?: number | boolean | undefined;
  /** The same for the client's messages. */
  clientMaxWindowBits?: number | boolean | undefined;
  /** Passed to zlib for compressing. The window and the flushing are not yours to set. */
  zlibDeflateOptions?: ZlibOptions | undefined;
  /** Passed to zlib for decompressing. The window and the flushing are not yours to set. */
  zlibInflateOptions?: ZlibOptions | undefined;
  /**
   * Messages of fewer bytes are not compressed if context takeover is disabled.
   * Default: 1024.
   */
  threshold?: number | undefined;
  /**
   * How many messages zlib works on at once on the thread pool, counted over the whole
   * process; 0 for no limit. Default: 10.
   */
  concurrencyLimit?: number | undefined;
}

/** One direction of one connection, after the negotiation. */
export interface CodecOptions {
  /** 8 to 15 (RFC 7692 §7.1.2). */
  readonly windowBits: number;
  /** Whether a message may refer back to earlier ones (RFC 7692 §7.1.1). */
  readonly hasContextTakeover: boolean;
  /** See {@link PerMessageDeflateOptions.concurrencyLimit}. */
  readonly concurrencyLimit: number;
  /** The user's options for zlib. */
  readonly zlib: ZlibOptions;
}

/** The options with their defaults. */
export interface ResolvedDeflateOptions extends PerMessageDeflateOptions {
  readonly threshold: number;
  readonly concurrencyLimit: number;
  readonly zlibDeflateOptions: ZlibOptions;
  readonly zlibInflateOptions: ZlibOptions;
}

/** RFC 7692 §7.1.2: without the parameter, the window has 32 KiB. */
export const DEFAULT_WINDOW_BITS = 15;
export const DEFAULT_THRESHOLD_BYTES = 1024;
export const DEFAULT_CONCURRENCY_LIMIT = 10;

/**
 * Checks the options and fills in the defaults, so that a mistake shows when the server
 * or client is made and not when the first message is sent.
 *
 * @throws TypeError or RangeError that names the option and what it accepts
 */
export function resolveDeflateOptions(options: PerMessageDeflateOptions): ResolvedDeflateOptions {
  checkWindowBits("serverMaxWindowBits", options.serverMaxWindowBits);
  checkWindowBits("clientMaxWindowBits", options.clientMaxWindowBits);
  const threshold = options.threshold ?? DEFAULT_THRESHOLD_BYTES;
  const concurrencyLimit = options.concurrencyLimit ?? DEFAULT_CONCURRENCY_LIMIT;
  checkCount("threshold", threshold);
  checkCount("concurrencyLimit", concurrencyLimit);
  const zlibDeflateOptions = options.zlibDeflateOptions ?? {};
  const zlibInflateOptions = options.zlibInflateOptions ?? {};
  checkZlib("zlibDeflateOptions", () =>
    deflateRawSync("", zlibOptions(zlibDeflateOptions, DEFAULT_WINDOW_BITS)),
  );
  checkZlib("zlibInflateOptions", () =>
    inflateRawSync(emptyFinalBlock, zlibOptions(zlibInflateOptions, DEFAULT_WINDOW_BITS)),
  );
  return { ...options, threshold, concurrencyLimit, zlibDeflateOptions, zlibInflateOptions };
}

/** What zlib gets: the user's options, except those that the protocol decides. */
export function zlibOptions(user: ZlibOptions, windowBits: number): ZlibOptions {
  const { level, memLevel, strategy, chunkSize } = user;
  return {
    windowBits,
    ...(level === undefined ? null : { level }),
    ...(memLevel === undefined ? null : { memLevel }),
    ...(strategy === undefined ? null : { strategy }),
    ...(chunkSize === undefined ? null : { chunkSize }),
  };
}

/** The user's preset dictionary as bytes, or null. */
export function presetDictionary(user: ZlibOptions): Uint8Array | null {
  const { dictionary } = user;
  if (dictionary === undefined) return null;
  if (ArrayBuffer.isView(dictionary)) {
    return new Uint8Array(dictionary.buffer, dictionary.byteOffset, dictionary.byteLength);
  }
  return new Uint8Array(dictionary);
}

const emptyFinalBlock = Uint8Array.of(0x03, 0x00);

function checkWindowBits(name: string, value: number | boolean | undefined): void {
  if (value === undefined || value === null || typeof value === "boolean") return;
  if (!Number.isInteger(value) || value < 8 || value > 15) {
    throw new RangeError(
      `perMessageDeflate.${name} must be an integer from 8 to 15, or a boolean; it is ${String(value)}`,
    );
  }
}

function checkCount(name: string, value: number): void {
  if (typeof value !== "number" || !(value >= 0)) {
    throw new RangeError(
      `perMessageDeflate.${name} must be a number from 0 up; it is ${String(value)}`,
    );
  }
}

function checkZlib(name: string, trial: () => void): void {
  try {
    trial();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new RangeError(`perMessageDeflate.${name} is refused by zlib: ${message}`, {
      cause: error,
    });
  }
}
