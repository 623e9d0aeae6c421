import { applyMask } from "@openline/protocol/bytes";
import { frameHeaderLength, writeFrameHeader } from "@openline/protocol/websocket";
import { writeUtf8 } from "../io/internals.ts";
import type { WriteListener, Writer } from "../io/writer.ts";
import type { Batch } from "./batch.ts";
import { type Flushable, flushLater } from "./flusher.ts";
import { SLAB_BYTES, type Slab, slabFor, slabOf } from "./slab.ts";

/** Called when what was sent has left the process, or never will. */
export type SendCallback = {
  // A method, so that callbacks typed `(error: Error) => void` and `(error?: Error) => void`
  // are taken, as `ws` takes them.
  callback(error?: Error | null): void;
}["callback"];

/** What an outbox tells its connection. */
export interface OutboxEvents {
  /** All that waited was written. */
  onDrain(): void;
  /** Nothing is left to write, and `end` was asked for. */
  onEnd(): void;
}

/** Payloads from here up are not copied: they are written at once, beside their header. */
const DIRECT_BYTES = SLAB_BYTES / 8;

/** A turn that collects more than this writes before it ends. */
const EARLY_FLUSH_BYTES = 64 * 1024;

/** A slow reader's pieces smaller than this are joined when there are so many. */
const COMPACT_BYTES = 16 * 1024;
const COMPACT_PIECES = 64;

/** Waiting pieces up to this together are joined into one write. */
const JOIN_BYTES = 256 * 1024;

/**
 * Everything that one connection has still to send, in order, written once a turn.
 *
 * Frames of its own are built in the turn's slab; shared frames are held as a
 * batch that all receivers of the same run have in common.
 */
export class Outbox implements Flushable, WriteListener {
  private readonly writer: Writer;
  private readonly events: OutboxEvents;
  /** Sealed pieces, before the open tail; null as long as the tail is all there is. */
  private queue: Uint8Array[] | null = null;
  /** The open tail is `slab[start, end)`, or `batch`, or nothing. */
  private slab: Slab | null = null;
  private start = 0;
  private end = 0;
  private batch: Batch | null = null;
  /** Bytes in queue and tail. */
  private waitingBytes = 0;
  private callbacks: SendCallback[] | null = null;
  private writtenCallbacks: SendCallback[] | null = null;
  private isScheduled = false;
  private isWriting = false;
  private isEnding = false;
  private isClosed = false;

  constructor(writer: Writer, events: OutboxEvents) {
    this.writer = writer;
    this.events = events;
  }

  /** Bytes accepted that have not left the process. */
  get queuedBytes(): number {
    return this.isClosed ? 0 : this.waitingBytes + this.writer.pendingBytes;
  }

  /** True while the kernel has not taken what was last written. */
  get isBlocked(): boolean {
    return this.isWriting;
  }

  /**
   * Frames `payload` and queues it. The payload is copied, or written before this
   * returns, so the caller may change it afterwards unless the line is blocked.
   * `maskingKey` undefined means not masked.
   */
  sendBytes(firstByte: number, payload: Uint8Array, maskingKey: number | undefined): void {
    const size = payload.length;
    if (size >= DIRECT_BYTES) {
      this.sendLarge(firstByte, payload, maskingKey);
      return;
    }
    const total = frameHeaderLength(size, maskingKey !== undefined) + size;
    const slab = this.reserve(total);
    const { bytes } = slab;
    const at = writeFrameHeader(bytes, slab.used, firstByte, size, maskingKey);
    // A native copy costs more than it saves for a few bytes.
    if (size < 48) for (let i = 0; i < size; i += 1) bytes[at + i] = payload[i]!;
    else bytes.set(payload, at);
    if (maskingKey !== undefined) applyMask(bytes, at, at + size, maskingKey, 0);
    this.commit(slab, total);
  }

  /** The same for a text, which is encoded straight into the frame. */
  sendText(firstByte: number, text: string, maskingKey: number | undefined): void {
    if (text.length * 3 >= DIRECT_BYTES) {
      this.sendBytes(firstByte, Buffer.from(text), maskingKey);
      return;
    }
    const isMasked = maskingKey !== undefined;
    const slab = this.reserve(frameHeaderLength(text.length * 3, isMasked) + text.length * 3);
    const { bytes, used } = slab;
    // Most text is ASCII: its length in bytes, and so the header's size, is guessed first.
    const guessed = frameHeaderLength(text.length, isMasked);
    const size = writeUtf8(bytes, text, used + guessed);
    const headerLength = frameHeaderLength(size, isMasked);
    if (headerLength !== guessed) {
      bytes.copyWithin(used + headerLength, used + guessed, used + guessed + size);
    }
    const at = writeFrameHeader(bytes, used, firstByte, size, maskingKey);
    if (isMasked) applyMask(bytes, at, at + size, maskingKey, 0);
    this.commit(slab, headerLength + size);
  }

  /** Queues text that is no frame: the answer to the handshake, in ASCII. */
  sendRaw(text: string): void {
    const slab = this.reserve(text.length);
    this.commit(slab, slab.bytes.write(text, slab.used, "latin1"));
  }

  /** Queues a frame that other connections get too; its bytes must never change. */
  sendShared(frame: Uint8Array, first: Batch): void {
    if (this.isClosed) return;
    if (this.slab !== null) this.seal();
    this.batch = this.batch === null ? first : this.batch.followedBy(frame);
    this.added(frame.length);
  }

  /** Calls back when all that was queued so far has left the process. */
  onceWritten(callback: SendCallback): void {
    if (this.isClosed) {
      process.nextTick(callback, closedError());
    } else if (this.waitingBytes > 0) {
      this.callbacks ??= [];
      this.callbacks.push(callback);
    } else if (this.isWriting || this.writtenCallbacks !== null) {
      this.writtenCallbacks ??= [];
      this.writtenCallbacks.push(callback);
    } else {
      process.nextTick(callback);
    }
  }

  /** Writes what waits, then calls `onEnd`. */
  finish(): void {
    if (this.isEnding) return;
    this.isEnding = true;
    this.flush();
  }

  /** Forgets what waits: the connection is gone. */
  close(error: Error | null): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.queue = null;
    this.slab = null;
    this.batch = null;
    this.waitingBytes = 0;
    this.moveCallbacks();
    const callbacks = this.writtenCallbacks;
    this.writtenCallbacks = null;
    if (callbacks === null) return;
    const reason = error ?? closedError();
    for (const callback of callbacks) callback(reason);
  }

  flush(): void {
    this.isScheduled = false;
    if (this.isClosed) return;
    // A blocked line keeps what it has beyond the turn, and so beyond the slab.
    if (this.isWriting) this.seal();
    else this.write();
    if (!this.isWriting) this.settle();
  }

  onWritten(error: Error | null): void {
    this.isWriting = false;
    if (this.isClosed) return;
    if (error !== null) {
      this.close(error);
      return;
    }
    this.callBack();
    this.write();
    if (this.isWriting || this.isClosed) return;
    this.settle();
    if (!this.isClosed) this.events.onDrain();
  }

  /** Everything was written. */
  private settle(): void {
    this.callBack();
    if (this.isEnding && !this.isClosed && !this.isWriting && this.waitingBytes === 0) {
      this.events.onEnd();
    }
  }

  private callBack(): void {
    const callbacks = this.writtenCallbacks;
    if (callbacks === null) return;
    this.writtenCallbacks = null;
    for (const callback of callbacks) callback();
  }

  /** A slab with room for `byteLength`, at the place where this outbox would go on. */
  private reserve(byteLength: number): Slab {
    const slab = slabFor(byteLength);
    if (
      this.batch !== null ||
      (this.slab !== null && (this.slab !== slab || this.end !== slab.used))
    ) {
      this.seal();
    }
    return slab;
  }

  private commit(slab: Slab, byteLength: number): void {
    if (this.isClosed) return;
    if (this.slab === null) {
      this.slab = slab;
      this.start = slab.used;
    }
    slab.used += byteLength;
    this.end = slab.used;
    this.added(byteLength);
  }

  private added(byteLength: number): void {
    this.waitingBytes += byteLength;
    this.schedule();
    if (!this.isWriting && this.waitingBytes > EARLY_FLUSH_BYTES) this.write();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    flushLater(this);
  }

  private sendLarge(firstByte: number, payload: Uint8Array, maskingKey: number | undefined): void {
    if (this.isClosed) return;
    const size = payload.length;
    const isMasked = maskingKey !== undefined;
    const header = Buffer.allocUnsafe(frameHeaderLength(size, isMasked));
    writeFrameHeader(header, 0, firstByte, size, maskingKey);
    let body = payload;
    if (isMasked) {
      body = Buffer.allocUnsafeSlow(size);
      body.set(payload);
      applyMask(body, 0, size, maskingKey, 0);
    }
    if (!this.isWriting) this.write();
    if (this.isWriting) {
      this.seal();
      this.queue ??= [];
      this.queue.push(header, body);
      this.added(header.length + size);
    } else {
      this.isWriting = !this.writer.writePair(header, body, this);
      this.schedule();
    }
  }

  /** Turns the open tail into a piece of the queue. */
  private seal(): void {
    const { slab, batch } = this;
    if (slab !== null) {
      const piece = slab.bytes.subarray(this.start, this.end);
      this.slab = null;
      this.push(this.isWriting ? Buffer.from(piece) : piece);
    } else if (batch !== null) {
      this.batch = null;
      this.push(batch.bytes);
    }
  }

  private push(piece: Uint8Array): void {
    this.queue ??= [];
    const { queue } = this;
    queue.push(piece);
    if (this.isWriting && queue.length >= COMPACT_PIECES && piece.length < COMPACT_BYTES) {
      this.compact(queue);
    }
  }

  /** A slow reader's many small pieces become one, so that they take little more than their bytes. */
  private compact(queue: Uint8Array[]): void {
    let first = queue.length;
    while (first > 0 && (queue[first - 1] as Uint8Array).length < COMPACT_BYTES) first -= 1;
    if (queue.length - first < COMPACT_PIECES) return;
    const joined = Buffer.concat(queue.slice(first));
    queue.length = first;
    queue.push(joined);
  }

  /** Writes as much of what waits as the kernel takes. */
  private write(): void {
    if (this.waitingBytes === 0) return;
    if (this.queue === null) {
      const { slab, batch } = this;
      this.slab = null;
      this.batch = null;
      this.waitingBytes = 0;
      this.moveCallbacks();
      if (slab !== null) this.hand(slab.bytes.subarray(this.start, this.end));
      else if (batch !== null) this.hand(batch.bytes);
      return;
    }
    this.seal();
    const { queue } = this;
    let at = 0;
    while (at < queue.length && !this.isWriting) {
      const from = at;
      let size = 0;
      do {
        size += (queue[at] as Uint8Array).length;
        at += 1;
      } while (at < queue.length && size + (queue[at] as Uint8Array).length <= JOIN_BYTES);
      this.waitingBytes -= size;
      if (at === queue.length) this.moveCallbacks();
      const only = at - from === 1 ? queue[from] : undefined;
      this.hand(only ?? Buffer.concat(queue.slice(from, at), size));
    }
    this.queue = at === queue.length ? null : queue.slice(at).map(outOfSlab);
  }

  private hand(bytes: Uint8Array): void {
    if (this.writer.write(bytes, this)) return;
    this.isWriting = true;
    const slab = slabOf(bytes);
    if (slab !== undefined) slab.isPinned = true;
  }

  private moveCallbacks(): void {
    if (this.callbacks === null) return;
    if (this.writtenCallbacks === null) this.writtenCallbacks = this.callbacks;
    else this.writtenCallbacks.push(...this.callbacks);
    this.callbacks = null;
  }
}

function outOfSlab(piece: Uint8Array): Uint8Array {
  return slabOf(piece) === undefined ? piece : Buffer.from(piece);
}

function closedError(): Error {
  return new Error("The socket was closed while data was being sent");
}
