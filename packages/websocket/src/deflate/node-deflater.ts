import { constants, createDeflateRaw, type DeflateRaw, type ZlibOptions } from "node:zlib";
import type { Deflater } from "@openline/protocol/websocket";
import { Context } from "./context.ts";
import { deflateNow, deflateZlibOptions, emptyMessage, withoutTail } from "./deflate-now.ts";
import { JobQueue } from "./job-queue.ts";
import { zlibLimiter } from "./limiter.ts";
import { type CodecOptions, presetDictionary } from "./options.ts";
import { chunkBytes, type Outcome, ZlibRun } from "./zlib-run.ts";

/**
 * Up to this size a payload is deflated at once, on the caller's turn. Measured on Node
 * 20, in CPU: with a context 29 µs for 64 bytes and 67 µs for 1 KiB, without one 9 µs for
 * 64 bytes and 49 µs for 4 KiB. The way to the thread pool and back alone takes 40–60 µs.
 */
const MAX_SYNC_BYTES = { withContext: 1024, withoutContext: 4096 } as const;

const nothing: Uint8Array = new Uint8Array(0);

interface Job {
  readonly payload: Uint8Array;
  readonly hasNewContext: boolean;
  readonly done: (error: Error | null, data: Uint8Array) => void;
}

/** Deflates by zlib. Holds no zlib stream between messages, only the bytes of the window. */
export class NodeDeflater implements Deflater {
  private readonly options: CodecOptions;
  private readonly zlib: ZlibOptions;
  private readonly maxSyncBytes: number;
  private readonly context: Context;
  private readonly queue: JobQueue<Job>;
  private run: ZlibRun | null = null;
  private isClosed = false;
  private isContextDropped = false;

  constructor(options: CodecOptions) {
    this.options = options;
    this.zlib = deflateZlibOptions(options.zlib, options.windowBits);
    const { withContext, withoutContext } = MAX_SYNC_BYTES;
    this.maxSyncBytes = options.hasContextTakeover ? withContext : withoutContext;
    this.context = new Context(options.windowBits, presetDictionary(options.zlib));
    this.queue = new JobQueue((job: Job) => this.start(job));
  }

  deflate(payload: Uint8Array, done: (error: Error | null, data: Uint8Array) => void): void {
    if (this.isClosed) return;
    const hasNewContext = this.isContextDropped;
    this.isContextDropped = false;
    this.queue.add({ payload, hasNewContext, done });
  }

  dropContext(): void {
    // Without takeover every message begins anew anyway.
    this.isContextDropped = this.options.hasContextTakeover;
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
    if (job.hasNewContext) this.context.drop();
    const { payload } = job;
    if (payload.length === 0) {
      this.succeed(job, emptyMessage());
    } else if (payload.length > this.maxSyncBytes) {
      this.deflateOnPool(job);
    } else {
      let flushed: Uint8Array;
      try {
        flushed = deflateNow(payload, this.zlib, this.context.dictionary);
      } catch (error) {
        this.fail(job, asError(error));
        return;
      }
      this.succeed(job, withoutTail(flushed));
    }
  }

  private deflateOnPool(job: Job): void {
    zlibLimiter.add(this.options.concurrencyLimit, () => {
      if (this.isClosed) {
        zlibLimiter.release();
        return;
      }
      let stream: DeflateRaw;
      try {
        stream = this.newStream(job.payload.length);
      } catch (error) {
        zlibLimiter.release();
        this.fail(job, asError(error));
        return;
      }
      this.run = new ZlibRun(stream, job.payload, Number.POSITIVE_INFINITY, (outcome) => {
        this.run = null;
        zlibLimiter.release();
        this.takeOutcome(job, outcome);
      });
    });
  }

  private newStream(payloadBytes: number): DeflateRaw {
    const { dictionary } = this.context;
    return createDeflateRaw({
      chunkSize: chunkBytes(payloadBytes / 2),
      ...this.zlib,
      ...(dictionary === undefined ? null : { dictionary }),
      // Every write is flushed: one way to the pool and back, where write and flush are two.
      flush: constants.Z_SYNC_FLUSH,
    });
  }

  private takeOutcome(job: Job, outcome: Outcome): void {
    if (outcome.kind === "done") {
      this.succeed(job, withoutTail(outcome.output));
    } else {
      this.fail(job, outcome.kind === "failed" ? outcome.error : new RangeError("too large"));
    }
  }

  private succeed(job: Job, data: Uint8Array): void {
    if (this.options.hasContextTakeover) this.context.append(job.payload);
    try {
      job.done(null, data);
    } finally {
      this.queue.finish();
    }
  }

  private fail(job: Job, error: Error): void {
    this.close();
    job.done(error, nothing);
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
