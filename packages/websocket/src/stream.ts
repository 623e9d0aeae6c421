import { Duplex, type DuplexOptions } from "node:stream";

/** What a stream needs of a WebSocket. */
export interface StreamSocket {
  readonly readyState: number;
  readonly isPaused: boolean;
  /** The connection below; null while there is none. */
  readonly _socket: ({ readonly writableFinished: boolean } & StreamFinish) | null;
  pause(): void;
  resume(): void;
  send(data: Uint8Array | string, callback: (error?: Error | null) => void): void;
  close(): void;
  terminate(): void;
  on(event: "message", listener: (data: StreamData, isBinary: boolean) => void): unknown;
  once(event: "open" | "close", listener: () => void): unknown;
  once(event: "error", listener: (error: Error) => void): unknown;
}

interface StreamFinish {
  once(event: "finish", listener: () => void): unknown;
}

type StreamData = Buffer | ArrayBuffer | Buffer[] | Blob;

const CONNECTING = 0;
const CLOSED = 3;

/**
 * Makes a duplex stream of a WebSocket: a chunk is a message, both ways.
 *
 * What is written goes out as binary messages (as text with `decodeStrings: false` and
 * strings); `readableObjectMode` keeps messages apart, and text messages strings. The
 * socket is paused while nobody reads. Ending the stream closes the connection,
 * destroying it before that terminates it, and it ends when the peer closes.
 */
export function createWebSocketStream(socket: StreamSocket, options?: DuplexOptions): Duplex {
  return new WebSocketStream(socket, options);
}

class WebSocketStream extends Duplex {
  private readonly socket: StreamSocket;
  private hasSocketFailed = false;

  constructor(socket: StreamSocket, options: DuplexOptions | undefined) {
    super({
      ...options,
      autoDestroy: true,
      emitClose: true,
      objectMode: false,
      writableObjectMode: false,
    });
    this.socket = socket;
    socket.on("message", (data, isBinary) => this.receive(data, isBinary));
    socket.once("error", (error) => {
      this.hasSocketFailed = true;
      this.destroy(error);
    });
    socket.once("close", () => {
      if (!this.destroyed) this.push(null);
    });
  }

  private receive(data: StreamData, isBinary: boolean): void {
    if (this.destroyed) return;
    const chunk = !isBinary && this.readableObjectMode ? String(data) : data;
    if (!this.push(chunk)) this.socket.pause();
  }

  override _read(): void {
    if (this.socket.isPaused) this.socket.resume();
  }

  override _write(
    chunk: Uint8Array | string,
    encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    if (this.socket.readyState === CONNECTING) {
      this.socket.once("open", () => this._write(chunk, encoding, callback));
    } else {
      this.socket.send(chunk, callback);
    }
  }

  override _final(callback: (error?: Error | null) => void): void {
    const { socket } = this;
    if (socket.readyState === CONNECTING) {
      socket.once("open", () => this._final(callback));
    } else if (socket.readyState === CLOSED) {
      callback();
    } else {
      // The last byte is out when the connection below has finished; 'close' comes later.
      const below = socket._socket;
      if (below === null) socket.once("close", () => callback());
      else if (below.writableFinished) callback();
      else below.once("finish", () => callback());
      socket.close();
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const { socket } = this;
    if (socket.readyState === CLOSED) {
      callback(error);
      return;
    }
    let reason = error;
    socket.once("error", (late) => {
      reason ??= late;
    });
    socket.once("close", () => callback(reason));
    // A socket that failed is already sending the peer a Close frame that says why.
    if (!this.hasSocketFailed) socket.terminate();
    else if (socket.isPaused) socket.resume();
  }
}
