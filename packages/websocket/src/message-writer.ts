import { firstByteOf, opcodes } from "@openline/protocol/websocket";
import type { NodeDeflater } from "./deflate/node-deflater.ts";
import type { Link } from "./link.ts";
import { deflaterFor, hasNoContext } from "./link-codecs.ts";
import type { SendCallback } from "./outbox/outbox.ts";
import { isBlob, type SendData, toBytes } from "./send-data.ts";
import { SendQueue } from "./send-queue.ts";
import type { SharedFrame, SharedMessage } from "./shared-message.ts";

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

/**
 * Sends what does not fit the straight way: fragments, compressed messages and
 * Blobs, which are ready only later. Keeps the order in which they were sent.
 */
export class MessageWriter {
  private readonly link: Link;
  private readonly queue = new SendQueue();
  private deflater: NodeDeflater | null = null;
  /** A message in fragments is being sent. */
  private isFragmenting = false;
  private isCompressing = false;
  /** Whole messages that came between fragments, which RFC 6455 §5.4 forbids to mix. */
  private deferred: SharedMessage[] = [];

  constructor(link: Link) {
    this.link = link;
    link.order = this;
  }

  /** Whether something waits, so that all that follows has to wait too. */
  get isBusy(): boolean {
    return this.queue.isRunning || this.isFragmenting;
  }

  /** Payload bytes that wait to be framed. */
  get waitingBytes(): number {
    return this.queue.waitingBytes;
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
    const write = (bytes: Uint8Array): void => {
      if (this.link.hasSentClose) {
        callback?.(closedError());
        return;
      }
      this.link.outbox.sendBytes(firstByte, bytes, this.link.maskingKey(settings.isMasked));
      if (callback !== undefined) this.link.outbox.onceWritten(callback);
    };
    if (source instanceof Uint8Array && !compress && !this.queue.isRunning) {
      write(source);
    } else {
      // The caller may change the bytes once `send` has returned.
      const isOwn = !(source instanceof Uint8Array) || typeof data === "string";
      const kept = isOwn ? source : Buffer.from(source);
      this.later(byteLength, callback, kept, (bytes, done) => {
        if (compress) this.compress(bytes, settings.fin, write, done);
        else {
          write(bytes);
          done(null);
        }
      });
    }
    if (settings.fin && this.deferred.length > 0) {
      const deferred = this.deferred;
      this.deferred = [];
      for (const message of deferred) this.sendShared(message);
    }
  }

  /** Sends a ping or pong behind all that was sent before it. */
  sendControl(
    opcode: number,
    payload: Uint8Array | Blob,
    isMasked: boolean,
    callback: SendCallback | undefined,
  ): void {
    this.later(0, callback, payload, (bytes, done) => {
      this.link.sendControl(opcode, bytes, isMasked);
      if (callback !== undefined) this.link.outbox.onceWritten(callback);
      done(null);
    });
  }

  /** Sends a message that many get, in its turn. */
  sendShared(message: SharedMessage): void {
    if (this.isFragmenting) this.deferred.push(message);
    else if (!this.queue.isRunning) this.shared(message);
    else {
      this.queue.add({
        byteLength: message.payloadBytes,
        callback: undefined,
        run: (done) => {
          this.shared(message);
          done();
        },
      });
    }
  }

  /** Runs `step` when all that was sent before has been framed. */
  afterAll(step: () => void): void {
    if (!this.queue.isRunning) {
      step();
      return;
    }
    this.queue.add({
      byteLength: 0,
      callback: undefined,
      run: (done) => {
        step();
        done();
      },
    });
  }

  /** The connection is gone: what waits never leaves. */
  close(): void {
    this.deferred.length = 0;
    this.deflater?.close();
    this.deflater = null;
    this.queue.close(closedError());
  }

  /** Queues a step that needs the bytes of `source`; a failure of it ends the connection. */
  private later(
    byteLength: number,
    callback: SendCallback | undefined,
    source: Uint8Array | Blob,
    step: (bytes: Uint8Array, done: (error: Error | null) => void) => void,
  ): void {
    this.queue.add({
      byteLength,
      callback,
      run: (done) => {
        const settle = (error: Error | null): void => {
          if (error === null) done();
          else this.link.destroy(); // and with it the queue: its callbacks get an error
        };
        if (source instanceof Uint8Array) step(source, settle);
        else source.arrayBuffer().then((data) => step(Buffer.from(data), settle), settle);
      },
    });
  }

  private compress(
    bytes: Uint8Array,
    fin: boolean,
    write: (bytes: Uint8Array) => void,
    done: (error: Error | null) => void,
  ): void {
    this.compressor().deflate(bytes, (error, deflated) => {
      if (error === null) write(fin ? deflated : Buffer.concat([deflated, deflateTail]));
      done(error);
    });
  }

  private shared(message: SharedMessage): void {
    const { link } = this;
    if (link.hasSentClose) return;
    const { deflate } = link;
    let frame: SharedFrame;
    if (deflate === null || !this.isWorthIt(message.payloadBytes)) {
      frame = message.plain();
    } else {
      // The peer's window now holds a message that our own compressor has not seen.
      this.deflater?.dropContext();
      const { serverMaxWindowBits } = deflate.parameters;
      frame = message.compressed(serverMaxWindowBits, deflate.options.zlibDeflateOptions);
    }
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
}

function closedError(): Error {
  return new Error("The socket was closed while data was being sent");
}
