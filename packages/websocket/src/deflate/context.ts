const nothing: Uint8Array = new Uint8Array(0);

/**
 * The last bytes of the messages so far: what the next message may refer back to
 * (the LZ77 sliding window of RFC 7692 §7.1.1).
 *
 * Given to zlib as its dictionary, it stands for a zlib stream that lives as long as
 * the connection: 32 KiB at most in place of 44 KiB (inflate) or 268 KiB (deflate).
 */
export class Context {
  private readonly windowBytes: number;
  private readonly preset: Uint8Array | null;
  private bytes: Uint8Array | null = null;
  private length = 0;

  /** `preset` is what a context begins with, known to both peers beforehand. */
  constructor(windowBits: number, preset: Uint8Array | null) {
    this.windowBytes = 2 ** windowBits;
    this.preset = preset;
  }

  /** What zlib takes as its dictionary, lent until the next change; undefined when empty. */
  get dictionary(): Uint8Array | undefined {
    const { bytes } = this;
    if (bytes === null) return this.preset ?? undefined;
    return this.length === 0 ? undefined : bytes.subarray(0, this.length);
  }

  /** Returns to what it began with, and gives the memory back. */
  reset(): void {
    this.bytes = null;
    this.length = 0;
  }

  /** Forgets everything, the preset too, and gives the memory back. */
  drop(): void {
    this.bytes = nothing;
    this.length = 0;
  }

  append(data: Uint8Array): void {
    if (data.length === 0) return;
    const { windowBytes } = this;
    if (this.bytes === null && this.preset !== null) this.take(this.preset);
    this.take(data.length > windowBytes ? data.subarray(data.length - windowBytes) : data);
  }

  private take(data: Uint8Array): void {
    const bytes = this.room(this.length + data.length);
    const kept = Math.min(this.length, bytes.length - data.length);
    if (kept < this.length) bytes.copyWithin(0, this.length - kept, this.length);
    bytes.set(data, kept);
    this.length = kept + data.length;
  }

  /** Grows by doubling, so that a connection of few short messages stays small. */
  private room(needed: number): Uint8Array {
    const { bytes, windowBytes } = this;
    const had = bytes === null ? 0 : bytes.length;
    if (bytes !== null && (needed <= had || had === windowBytes)) return bytes;
    const grown = new Uint8Array(Math.min(windowBytes, Math.max(needed, had * 2)));
    if (bytes !== null) grown.set(bytes.subarray(0, this.length));
    this.bytes = grown;
    return grown;
  }
}
