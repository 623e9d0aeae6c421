import {
  constants,
  createDeflateRaw,
  createInflateRaw,
  type DeflateRaw,
  type InflateRaw,
} from "node:zlib";
import type { CodecOptions } from "./options.ts";

const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);

export function codecOptions(changes: Partial<CodecOptions> = {}): CodecOptions {
  return { windowBits: 15, hasContextTakeover: true, concurrencyLimit: 10, zlib: {}, ...changes };
}

/**
 * The other side as other implementations have it: one zlib stream as long as the
 * connection lives, reset after each message when there is no context takeover.
 */
export class ZlibPeer {
  private readonly inflater: InflateRaw;
  private readonly deflater: DeflateRaw;
  private readonly hasContextTakeover: boolean;

  constructor({ windowBits, hasContextTakeover }: CodecOptions) {
    this.inflater = createInflateRaw({ windowBits });
    this.deflater = createDeflateRaw({ windowBits: Math.max(9, windowBits) });
    this.hasContextTakeover = hasContextTakeover;
  }

  inflate(message: Uint8Array): Promise<Buffer> {
    return this.pass(this.inflater, Buffer.concat([message, tail]));
  }

  async deflate(payload: Uint8Array): Promise<Buffer> {
    if (payload.length === 0) return Buffer.of(0);
    const flushed = await this.pass(this.deflater, payload);
    return flushed.subarray(0, flushed.length - tail.length);
  }

  close(): void {
    this.inflater.close();
    this.deflater.close();
  }

  private pass(stream: InflateRaw | DeflateRaw, bytes: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const onData = (chunk: Buffer): void => void chunks.push(chunk);
      stream.on("data", onData).once("error", reject);
      stream.write(bytes);
      stream.flush(constants.Z_SYNC_FLUSH, () => {
        stream.off("data", onData).off("error", reject);
        if (!this.hasContextTakeover) stream.reset();
        resolve(Buffer.concat(chunks));
      });
    });
  }
}

/** Text that repeats itself near and far, from a seed. */
export function sampleText(byteLength: number, seed = 1): Buffer {
  let state = seed;
  const parts: string[] = [];
  for (let length = 0; length < byteLength; ) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const part = `{"id":${state % 997},"text":"hello ${(state >>> 8) % 61} of ${(state >>> 16) % 7}"}`;
    parts.push(part);
    length += part.length;
  }
  return Buffer.from(parts.join("")).subarray(0, byteLength);
}

/** `megabytes` MiB of zeros, deflated, without the tail: 1 KiB for each. */
export function bomb(flushedMegabyte: Uint8Array, megabytes: number): Buffer {
  const all = Buffer.concat(Array.from({ length: megabytes }, () => flushedMegabyte));
  return all.subarray(0, all.length - tail.length);
}
