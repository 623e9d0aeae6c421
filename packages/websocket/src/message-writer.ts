import { firstByteOf, opcodes } from "@openline/protocol/websocket";
import type { NodeDeflater } from "./deflate/node-deflater.ts";
import type { Link } from "./link.ts";
import { deflaterFor, hasNoContext } from "./link-codecs.ts";
import type { SendCallback } from "./outbox/outbox.ts";
import { isBlob, type SendData, toBytes } from "./send-data.ts";
import type { SharedMessage } from "./shared-message.ts";

/** How one message, or one fragment of it, is sent. */
export interface SendSettings {
  readonly isBinary: boolean;
  /** False when more fragments of the message follow. */
  readonly fin: boolean;
  /** Whether it may be compressed, if that was negotiated. */
  readonly compress: boolean;
  readonly isMasked: boolean;
}

const deflateTail: Buffer = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** A step that has to wait for those before it; `done` lets the next one go. */
type Job = (done: () => void) => void;

/**
 * Sends what does not fit the straight way: fragments, compressed messages and
 * Blobs, which are ready only later. Keeps the order in which they were sent.
 */
export class MessageWriter {
  private readonly link: Link;
  private readonly jobs: Job[] = [];
  private deflater: NodeDeflater | null = null;
  private isRunning = false;
  /** A message in fragments is being sent. */
  private isFragmenting = false;
  private isCompressing = false;
  /** Whole messages that came between fragments, which RFC 6455 §5.4 forbids to mix. */
  private deferred: (() => void)[] = [];
  /** Payload bytes that wait in jobs. */
  waitingBytes = 0;

  constructor(link: Link) {
    this.link = link;
  }

  /** Whether something waits, so that all that follows has to wait too. */
  get isBusy(): boolean {
    return this.isRunning || this.isFragmenting;
  }

  send(data: SendData, settings: SendSettings, callback: SendCallback | undefined): void {
    const source = isBlob(data) ? data : toBytes(data);
    const byteLength = source instanceof Uint8Array ? source.length : source.size;
    const compress = this.isFragmenting
      ? this.isCompressing
      : settings.compress && this.isWorthIt(byteLength);
    const firstByte = this.isFragmenting
      ? firstByteOf(opcodes.continuation, settings.fin, false)
      : firstByteOf(settings.isBinary ? opcodes.binary : opcodes.text, settings.fin, compress);
    this.isCompressing = compress;
    this.isFragmenting = !settings.fin;
    if (source instanceof Uint8Array && !compress && !this.isRunning) {
      this.frame(firstByte, source, settings.isMasked, callback);
    } else {
      // The caller may change the bytes once `send` has returned.
      const kept = source === data && source instanceof Uint8Array ? Buffer.from(source) : source;
      this.add(byteLength, (done) => {
        const fail = (error: Error): void => {
          callback?.(error);
          this.link.destroy();
          done();
        };
        const write = (bytes: Uint8Array): void => {
          this.frame(firstByte, bytes, settings.isMasked, callback);
          done();
        };
        const ready = (bytes: Uint8Array): void => {
          if (!compress) {
            write(bytes);
            return;
          }
          this.compressor().deflate(bytes, (error, deflated) => {
            if (error !== null) fail(error);
            else write(settings.fin ? deflated : Buffer.concat([deflated, deflateTail]));
          });
        };
        if (kept instanceof Uint8Array) ready(kept);
        else kept.arrayBuffer().then((data) => ready(Buffer.from(data)), fail);
      });
    }
    if (settings.fin) this.sendDeferred();
  }

  /** Sends a message that many get, in its turn. */
  sendShared(message: SharedMessage): void {
    if (this.isFragmenting) {
      this.deferred.push(() => this.sendShared(message));
    } else if (this.isRunning) {
      this.add(message.payloadBytes, (done) => {
        this.shared(message);
        done();
      });
    } else {
      this.shared(message);
    }
  }

  /** Runs `step` when all that was sent before has been framed. */
  afterAll(step: () => void): void {
    if (!this.isRunning) {
      step();
      return;
    }
    this.add(0, (done) => {
      step();
      done();
    });
  }

  close(): void {
    this.jobs.length = 0;
    this.deferred.length = 0;
    this.waitingBytes = 0;
    this.deflater?.close();
    this.deflater = null;
  }

  private shared(message: SharedMessage): void {
    const { link } = this;
    if (!link.isOpen) return;
    const { deflate } = link;
    if (deflate === null || !this.isWorthIt(message.payloadBytes)) {
      const frame = message.plain();
      link.outbox.sendShared(frame.bytes, frame.batch);
      return;
    }
    // The peer's window now holds a message that our own compressor has not seen.
    this.deflater?.close();
    this.deflater = null;
    const { serverMaxWindowBits } = deflate.parameters;
    const frame = message.compressed(serverMaxWindowBits, deflate.options.zlibDeflateOptions);
    link.outbox.sendShared(frame.bytes, frame.batch);
  }

  /** As in ws: with a context that is kept even small messages compress well. */
  private isWorthIt(byteLength: number): boolean {
    const { deflate, options } = this.link;
    if (deflate === null) return false;
    return !hasNoContext(deflate, options.isServer) || byteLength >= deflate.options.threshold;
  }

  private compressor(): NodeDeflater {
    if (this.deflater === null) {
      const { deflate, options } = this.link;
      if (deflate === null) throw new Error("permessage-deflate was not negotiated");
      this.deflater = deflaterFor(deflate, options.isServer);
    }
    return this.deflater;
  }

  private frame(
    firstByte: number,
    payload: Uint8Array,
    isMasked: boolean,
    callback: SendCallback | undefined,
  ): void {
    const { link } = this;
    link.outbox.sendBytes(firstByte, payload, link.maskingKey(isMasked));
    if (callback !== undefined) link.outbox.onceWritten(callback);
  }

  private sendDeferred(): void {
    const deferred = this.deferred;
    if (deferred.length === 0) return;
    this.deferred = [];
    for (const step of deferred) step();
  }

  private add(byteLength: number, job: Job): void {
    this.waitingBytes += byteLength;
    this.jobs.push((done) => {
      job(() => {
        this.waitingBytes = Math.max(0, this.waitingBytes - byteLength);
        done();
      });
    });
    if (!this.isRunning) this.runNext();
  }

  /** Runs jobs until one has to wait; a loop, so that many short ones take no stack. */
  private runNext(): void {
    for (let job = this.jobs.shift(); job !== undefined; job = this.jobs.shift()) {
      this.isRunning = true;
      const run = { isDone: false, hasReturned: false };
      job(() => {
        run.isDone = true;
        if (run.hasReturned) this.runNext();
      });
      run.hasReturned = true;
      if (!run.isDone) return;
    }
    this.isRunning = false;
  }
}
