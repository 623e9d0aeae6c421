import type { Socket } from "node:net";
import { getSystemErrorName } from "node:util";
import {
  handleOf,
  isWriteRequestUnknown,
  learnWriteRequest,
  newWriteRequest,
  type StreamHandle,
  type WriteRequest,
} from "./internals.ts";

/** Hears when a write that did not finish at once has left the process. */
export interface WriteListener {
  onWritten(error: Error | null): void;
}

/** Writes bytes to one socket. One write at a time: the next after it is done. */
export interface Writer {
  /**
   * Returns true when the kernel took all of `bytes`. Otherwise they are the
   * writer's until it calls `listener.onWritten`.
   */
  write(bytes: Uint8Array, listener: WriteListener): boolean;
  /** The same for a header and its payload, which are not joined. */
  writePair(header: Uint8Array, payload: Uint8Array, listener: WriteListener): boolean;
  /** Bytes handed over that have not left the process. */
  readonly pendingBytes: number;
}

/** The public way: through the socket's stream. */
export class StreamWriter implements Writer {
  private readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  get pendingBytes(): number {
    return this.socket.writableLength;
  }

  write(bytes: Uint8Array, listener: WriteListener): boolean {
    return this.follow(listener, (done) => this.socket.write(bytes, done));
  }

  writePair(header: Uint8Array, payload: Uint8Array, listener: WriteListener): boolean {
    return this.follow(listener, (done) => {
      this.socket.cork();
      this.socket.write(header);
      this.socket.write(payload, done);
      this.socket.uncork();
    });
  }

  private follow(
    listener: WriteListener,
    start: (done: (error?: Error | null) => void) => void,
  ): boolean {
    let hasReturned = false;
    let isDone = false;
    start((error) => {
      isDone = true;
      if (hasReturned) listener.onWritten(error ?? null);
    });
    // An accepted write reports itself later; an empty stream says so at once.
    if (this.socket.writableLength === 0 && !this.socket.destroyed) return true;
    hasReturned = true;
    return isDone;
  }
}

/** Made ahead and used again as long as writes finish at once, as nearly all do. */
let spareRequest: WriteRequest | null = null;

/** A WriteWrap that knows whose write it carries. */
interface OwnedRequest extends WriteRequest {
  owner?: DirectWriter;
  listener?: WriteListener;
}

function onComplete(this: OwnedRequest, status: number): void {
  const { owner, listener } = this;
  if (owner !== undefined && listener !== undefined) owner.complete(status, listener);
}

/**
 * Writes straight to the handle, past the stream layer (echo: 16.2 → 14.1 µs a
 * message). Falls back to the stream whenever that has bytes of its own to send.
 */
export class DirectWriter implements Writer {
  private readonly socket: Socket;
  private readonly handle: StreamHandle;
  private streamOrNull: StreamWriter | null = null;

  constructor(socket: Socket, handle: StreamHandle) {
    this.socket = socket;
    this.handle = handle;
  }

  /** Made when it is needed, which is rarely. */
  private get stream(): StreamWriter {
    this.streamOrNull ??= new StreamWriter(this.socket);
    return this.streamOrNull;
  }

  get pendingBytes(): number {
    return this.socket.destroyed
      ? 0
      : Math.max(this.handle.writeQueueSize, this.socket.writableLength);
  }

  write(bytes: Uint8Array, listener: WriteListener): boolean {
    const { socket } = this;
    if (socket.destroyed || socket.writableLength > 0) return this.stream.write(bytes, listener);
    const request = this.request();
    if (request !== null) {
      return this.follow(this.handle.writeBuffer(request, bytes), request, bytes, listener);
    }
    if (!isWriteRequestUnknown()) return this.stream.write(bytes, listener);
    let isWritten = false;
    learnWriteRequest(this.handle, () => {
      isWritten = this.stream.write(bytes, listener);
    });
    return isWritten;
  }

  writePair(header: Uint8Array, payload: Uint8Array, listener: WriteListener): boolean {
    const { socket } = this;
    const request = this.request();
    if (request === null || socket.destroyed || socket.writableLength > 0) {
      return this.stream.writePair(header, payload, listener);
    }
    const pair = [header, payload];
    return this.follow(this.handle.writev(request, pair, true), request, pair, listener);
  }

  private request(): OwnedRequest | null {
    spareRequest ??= newWriteRequest();
    return spareRequest;
  }

  /** What came of a write: done, failed, or going on with `request`. */
  private follow(
    status: number,
    request: OwnedRequest,
    bytes: Uint8Array | readonly Uint8Array[],
    listener: WriteListener,
  ): boolean {
    if (status !== 0) {
      const error = this.fail(status);
      queueMicrotask(() => listener.onWritten(error));
      return false;
    }
    // Not by the queue: where the kernel has taken all at the second attempt nothing is queued, and
    // the request is still libuv's. Node aborts the process if it is used again before it is done.
    if (request.getAsyncId() < 0) return true;
    spareRequest = null;
    request.oncomplete = onComplete;
    request.buffer = bytes;
    request.owner = this;
    request.listener = listener;
    return false;
  }

  complete(status: number, listener: WriteListener): void {
    listener.onWritten(status < 0 ? this.fail(status) : null);
  }

  private fail(status: number): Error {
    const error = systemError(status);
    this.socket.destroy(error);
    return error;
  }
}

function systemError(status: number): Error {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: "write" });
}

/** The fastest writer that `socket` allows. */
export function writerFor(socket: Socket): Writer {
  const handle = handleOf(socket);
  return handle === null ? new StreamWriter(socket) : new DirectWriter(socket, handle);
}
