import { constants, createDeflateRaw, type DeflateRaw } from "node:zlib";

const TAIL_BYTES = 4;

/** One direction of permessage-deflate: compresses messages for a raw peer, by zlib. */
export class RawDeflater {
  private readonly stream: DeflateRaw;
  private readonly hasContextTakeover: boolean;
  private chunks: Buffer[] = [];

  constructor(windowBits: number, hasContextTakeover: boolean, level = 6) {
    this.hasContextTakeover = hasContextTakeover;
    this.stream = createDeflateRaw({
      level,
      // zlib knows no raw window of 256 bytes, but in one of 512 it looks back only 250.
      windowBits: Math.max(9, windowBits),
    });
    this.stream.on("data", (chunk: Buffer) => this.chunks.push(chunk));
  }

  /** The payload of one message (RFC 7692 §7.2.1). */
  async deflate(message: Uint8Array): Promise<Buffer> {
    // An empty block without compression, less its tail (RFC 7692 §7.2.3.6).
    if (message.length === 0) return Buffer.of(0x00);
    this.stream.write(message);
    await new Promise<void>((resolve) => {
      this.stream.flush(constants.Z_SYNC_FLUSH, resolve);
    });
    const bytes = Buffer.concat(this.chunks);
    this.chunks = [];
    if (!this.hasContextTakeover) this.stream.reset();
    return bytes.subarray(0, bytes.length - TAIL_BYTES);
  }

  close(): void {
    this.stream.close();
  }
}
