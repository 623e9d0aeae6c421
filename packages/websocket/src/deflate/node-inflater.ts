import {
  constants,
  createInflateRaw,
  type InflateRaw,
  inflateRawSync,
  type ZlibOptions,
} from "node:zlib";
import { PeerError } from "@openline/protocol/errors";
import type { Inflater } from "@openline/protocol/websocket";
import { Context } from "./context.ts";
import { JobQueue } from "./job-queue.ts";
import { zlibLimiter } from "./limiter.ts";
import { type CodecOptions, presetDictionary, zlibOptions } from "./options.ts";
import { chunkBytes, joined, type Outcome, ZlibRun } from "./zlib-run.ts";

/**
 * Up to this size a payload is inflated at once, on the caller's turn. Measured on
 * Node 20 and 24, a message of 32 bytes to 4 KiB with a full window costs 8–14 µs of CPU
 * so, and 40–60 µs by way of the thread pool, with a lasting stream or a new one.
 */
const MAX_SYNC_BYTES = 4096;

/** And so long as no more than this comes out, about 0.1 ms: a bomb goes to the pool. */
const MAX_SYNC_OUTPUT_BYTES = 64 * 1024;

/**
 * A message may go on after a final block (RFC 7692 §7.2.1), but each costs a new zlib
 * stream and takes two bytes to ask for: a message of nothing else would be an attack.
 */
const MAX_FINAL_BLOCKS = 64;

/** How much text usually shrinks: for the size of buffers only. */
const USUAL_RATIO = 8;

/** What the sender leaves out at the end of each message (RFC 7692 §7.2.1). */
const TAIL: Uint8Array = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

/** A payload and its tail, for the length of one synchronous call. */
const scratch = new Uint8Array(MAX_SYNC_BYTES + TAIL.length);

const nothing: Uint8Array = new Uint8Array(0);

interface Job {
  readonly payload: Uint8Array;
  readonly maxBytes: number;
  readonly done: (error: PeerError | null, data: Uint8Array) => void;
}

/** The message being inflated. */
interface Progress {
  readonly job: Job;
  readonly pieces: Uint8Array[];
  byteLength: number;
  finalBlocks: number;
}

/** Inflates by zlib. Holds no zlib stream between messages, only the bytes of the window. */
export class NodeInflater implements Inflater {
  private readonly options: CodecOptions;
  private readonly zlib: ZlibOptions;
  private readonly context: Context;
  private readonly queue: JobQueue<Job>;
  private run: ZlibRun | null = null;
  private isClosed = false;

  constructor(options: CodecOptions) {
    this.options = options;
    this.zlib = zlibOptions(options.zlib, options.windowBits);
    this.context = new Context(options.windowBits, presetDictionary(options.zlib));
    this.queue = new JobQueue((job: Job) => this.start(job));
  }

  inflate(
    payload: Uint8Array,
    maxBytes: number,
    done: (error: PeerError | null, data: Uint8Array) => void,
  ): void {
    if (!this.isClosed) this.queue.add({ payload, maxBytes, done });
  }

  close(): void {
    this.isClosed = true;
    this.queue.clear();
    this.context.drop();
    if (this.run !== null) {
      this.run.cancel();
      this.run = null;
      zlibLimiter.release();
    }
  }

  private start(job: Job): void {
    const progress: Progress = { job, pieces: [], byteLength: 0, finalBlocks: 0 };
    const { payload } = job;
    if (payload.length <= MAX_SYNC_BYTES) {
      scratch.set(payload);
      scratch.set(TAIL, payload.length);
      this.proceed(progress, scratch.subarray(0, payload.length + TAIL.length));
    } else {
      const input = new Uint8Array(payload.length + TAIL.length);
      input.set(payload);
      input.set(TAIL, payload.length);
      this.proceed(progress, input);
    }
  }

  /** Inflates what is left of the message's input, up to its end or past each final block. */
  private proceed(progress: Progress, input: Uint8Array): void {
    let rest = input;
    while (rest.length <= scratch.length) {
      const outcome = this.inflateNow(rest, progress.job.maxBytes - progress.byteLength);
      if (outcome === null) break;
      const left = this.takeOutcome(progress, rest, outcome);
      if (left === null) return;
      rest = left;
    }
    // The scratch is the next message's already when the pool gets to this one.
    this.inflateOnPool(progress, rest.buffer === scratch.buffer ? rest.slice() : rest);
  }

  /** Inflates on this turn; null if that turns out to be too much. */
  private inflateNow(input: Uint8Array, maxBytes: number): Outcome | null {
    const limit = Math.min(maxBytes, MAX_SYNC_OUTPUT_BYTES);
    const { dictionary } = this.context;
    try {
      const result: unknown = inflateRawSync(input, {
        // One chunk mostly does, and a small one is cheaper to allocate.
        chunkSize: Math.min(16 * 1024, Math.max(1024, input.length * 4)),
        ...this.zlib,
        ...(dictionary === undefined ? null : { dictionary }),
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: Math.max(1, limit),
        info: true,
      });
      // With `info`, zlib returns this; its types do not say so.
      const { buffer, engine } = result as { buffer: Uint8Array; engine: InflateRaw };
      if (buffer.length > maxBytes) return { kind: "overflow" };
      return { kind: "done", output: buffer, consumedBytes: engine.bytesWritten };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if ((error as NodeJS.ErrnoException).code !== "ERR_BUFFER_TOO_LARGE") {
        return { kind: "failed", error };
      }
      return limit < maxBytes ? null : { kind: "overflow" };
    }
  }

  private inflateOnPool(progress: Progress, input: Uint8Array): void {
    zlibLimiter.add(this.options.concurrencyLimit, () => {
      if (this.isClosed) {
        zlibLimiter.release();
        return;
      }
      let stream: InflateRaw;
      try {
        stream = this.newStream(input.length);
      } catch (error) {
        zlibLimiter.release();
        this.fail(progress.job, new PeerError("INVALID_DEFLATE_DATA", String(error)));
        return;
      }
      const maxBytes = progress.job.maxBytes - progress.byteLength;
      this.run = new ZlibRun(stream, input, maxBytes, (outcome) => {
        this.run = null;
        zlibLimiter.release();
        const rest = this.takeOutcome(progress, input, outcome);
        if (rest !== null) this.proceed(progress, rest);
      });
    });
  }

  private newStream(inputBytes: number): InflateRaw {
    const { dictionary } = this.context;
    return createInflateRaw({
      chunkSize: chunkBytes(inputBytes * USUAL_RATIO),
      ...this.zlib,
      ...(dictionary === undefined ? null : { dictionary }),
    });
  }

  /** Returns the input that is left to inflate, or null when the message is over. */
  private takeOutcome(progress: Progress, input: Uint8Array, outcome: Outcome): Uint8Array | null {
    if (outcome.kind !== "done") {
      this.fail(
        progress.job,
        outcome.kind === "overflow"
          ? new PeerError("UNSUPPORTED_MESSAGE_LENGTH")
          : new PeerError("INVALID_DEFLATE_DATA", outcome.error.message),
      );
      return null;
    }
    const { output, consumedBytes } = outcome;
    progress.pieces.push(output);
    progress.byteLength += output.length;
    const rest = input.subarray(consumedBytes);
    const isLast = isPadding(rest);
    if (this.options.hasContextTakeover || !isLast) this.context.append(output);
    if (isLast) {
      this.succeed(progress);
      return null;
    }
    progress.finalBlocks += 1;
    if (progress.finalBlocks > MAX_FINAL_BLOCKS) {
      const detail = `more than ${MAX_FINAL_BLOCKS} final blocks in a message`;
      this.fail(progress.job, new PeerError("INVALID_DEFLATE_DATA", detail));
      return null;
    }
    return rest;
  }

  private succeed(progress: Progress): void {
    if (!this.options.hasContextTakeover) this.context.reset();
    const { pieces, byteLength, job } = progress;
    try {
      job.done(null, joined(pieces, byteLength));
    } finally {
      this.queue.finish();
    }
  }

  private fail(job: Job, error: PeerError): void {
    this.close();
    job.done(error, nothing);
  }
}

/**
 * Whether only the end of a message is left after a final block: the byte that pads it
 * (RFC 7692 §7.2.3.4), which some senders forget, and the tail.
 */
function isPadding(rest: Uint8Array): boolean {
  return rest.length <= TAIL.length || (rest.length === TAIL.length + 1 && rest[0] === 0);
}
