import type { PeerError } from "../errors.ts";

/**
 * Inflates whole message payloads, one at a time, in the order of the calls
 * (permessage-deflate, RFC 7692 §7.2.2).
 */
export interface Inflater {
  /**
   * Inflates `payload`, which is the callee's until `done` is called, possibly before
   * this returns. The `00 00 ff ff` that the sender left out is the inflater's to add.
   *
   * Bytes are counted while inflating: past `maxBytes` the error is
   * `UNSUPPORTED_MESSAGE_LENGTH`. What is not deflate data is `INVALID_DEFLATE_DATA`.
   * After an error the inflater is of no more use. `data` is the caller's to keep.
   */
  inflate(
    payload: Uint8Array,
    maxBytes: number,
    done: (error: PeerError | null, data: Uint8Array) => void,
  ): void;
  /** Frees everything; a `done` that is still pending is never called. */
  close(): void;
}

/**
 * Deflates whole message payloads, one at a time, in the order of the calls
 * (permessage-deflate, RFC 7692 §7.2.1).
 */
export interface Deflater {
  /**
   * Deflates `payload`, which is the callee's until `done` is called, possibly before
   * this returns. `data` comes without the closing `00 00 ff ff`, is never empty, and is
   * the caller's to keep. An error means that nothing can be sent compressed any more.
   */
  deflate(payload: Uint8Array, done: (error: Error | null, data: Uint8Array) => void): void;
  /**
   * Lets the messages after this call refer to nothing before it.
   *
   * Owed whenever a compressed message is sent that this deflater did not make, such as
   * a shared broadcast: the peer's window then holds bytes that this one never saw.
   */
  dropContext(): void;
  /** Frees everything; a `done` that is still pending is never called. */
  close(): void;
}
