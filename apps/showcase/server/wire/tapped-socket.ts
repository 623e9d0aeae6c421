import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Side } from "../../protocol/wire.ts";

/** Hears what passes, and that nothing more will. */
export interface TapListener {
  onBytes(from: Side, bytes: Buffer): void;
  onEnd(): void;
}

/**
 * Stands between the engine and a socket, and shows every byte that passes. The engine takes any
 * Duplex for a connection.
 */
export class TappedSocket extends Duplex {
  private readonly socket: Socket;
  private readonly listener: TapListener;

  constructor(socket: Socket, head: Buffer, listener: TapListener) {
    super({ allowHalfOpen: true });
    this.socket = socket;
    this.listener = listener;
    if (head.length > 0) listener.onBytes("client", head);
    socket.setTimeout(0);
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      listener.onBytes("client", chunk);
      if (!this.push(chunk)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
    this.once("close", () => listener.onEnd());
  }

  get remoteAddress(): string | undefined {
    return this.socket.remoteAddress;
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.listener.onBytes("server", chunk);
    this.socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.socket.destroy();
    done(error);
  }
}
