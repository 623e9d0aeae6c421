import { Duplex } from "node:stream";

/**
 * A connection without a network: what one side writes is kept, what it reads is given.
 *
 * Emits `request` when something was written.
 */
export class MemorySocket extends Duplex {
  readonly written: Uint8Array[] = [];

  constructor() {
    super({ allowHalfOpen: true });
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.written.push(Uint8Array.from(chunk));
    done();
    this.emit("request");
  }

  /** What the peer sends. */
  receive(chunk: Uint8Array): void {
    // A stream takes an empty chunk for "nothing yet".
    if (chunk.length > 0 && !this.destroyed) this.push(Buffer.from(chunk));
  }

  /** The peer sends nothing more. */
  receiveEnd(): void {
    if (!this.destroyed) this.push(null);
  }
}
