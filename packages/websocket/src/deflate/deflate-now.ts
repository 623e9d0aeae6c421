import { constants, deflateRawSync, type ZlibOptions } from "node:zlib";
import { zlibOptions } from "./options.ts";

/** `00 00 ff ff`, which a flush ends with and the sender leaves out (RFC 7692 §7.2.1). */
const TAIL_BYTES = 4;

/** A little more than deflate can make of anything short, so that one chunk does. */
const MARGIN_BYTES = 64;

/** Deflates and flushes on this turn. The output ends with the tail. */
export function deflateNow(
  payload: Uint8Array,
  options: ZlibOptions,
  dictionary: Uint8Array | undefined,
): Uint8Array {
  return deflateRawSync(payload, {
    chunkSize: Math.min(64 * 1024, payload.length + MARGIN_BYTES),
    ...options,
    ...(dictionary === undefined ? null : { dictionary }),
    finishFlush: constants.Z_SYNC_FLUSH,
  });
}

/**
 * zlib's options for deflating with a window of `windowBits`.
 *
 * zlib has no deflate window of 2^8 bytes. One of 2^9 does instead: zlib never refers
 * back further than the window less 262 bytes (its MIN_LOOKAHEAD), here 250.
 */
export function deflateZlibOptions(user: ZlibOptions, windowBits: number): ZlibOptions {
  return zlibOptions(user, Math.max(9, windowBits));
}

/** An empty block without compression, the tail left out (RFC 7692 §7.2.3.6). */
export function emptyMessage(): Uint8Array {
  return Uint8Array.of(0x00);
}

export function withoutTail(flushed: Uint8Array): Uint8Array {
  return flushed.subarray(0, flushed.length - TAIL_BYTES);
}
