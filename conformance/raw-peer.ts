import type { Socket } from "node:net";
import { type Frame, FrameReader } from "./frame.ts";

/** Longer than anything here takes, even on a busy machine; only a failing test meets it. */
const DEADLINE_MS = 15_000;

/**
 * One end of a TCP connection that speaks HTTP and WebSocket by hand: it writes the
 * bytes that it is given, and reads frames without judging them.
 *
 * Nothing here sleeps: each wait ends when its condition holds, when the other side
 * hangs up, or at a deadline that fails the test.
 */
export class RawPeer {
  readonly socket: Socket;
  /**
   * The implementation's end of the same connection. Known only for the bytes that it
   * has read, which is what makes a cut in the stream certain to be seen.
   */
  remote: Socket | null = null;
  private readonly reader = new FrameReader();
  private readonly waiting = new Set<() => void>();
  private head: Buffer | null = Buffer.alloc(0);
  private written = 0;
  private hasEnded = false;

  /** The socket must allow to be half open, so that who hangs up first can be seen. */
  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      if (this.head === null) this.reader.push(chunk);
      else this.head = Buffer.concat([this.head, chunk]);
      this.wake();
    });
    socket.on("end", () => this.onEnd());
    socket.on("close", () => this.onEnd());
    // A reset is an end like any other: what matters is which frames came before it.
    socket.on("error", () => this.onEnd());
  }

  /** The other side has sent its last byte. */
  get isEnded(): boolean {
    return this.hasEnded;
  }

  write(bytes: Uint8Array | string): void {
    if (this.socket.destroyed || this.socket.writableEnded) return;
    this.written += Buffer.byteLength(bytes as Uint8Array);
    this.socket.write(bytes);
  }

  /**
   * Writes `bytes` in pieces of these sizes, the last one repeated, and each only when
   * the other side has read all that came before it: each piece is a read of its own.
   */
  async writePieces(bytes: Buffer, sizes: readonly number[]): Promise<void> {
    let at = 0;
    for (let index = 0; at < bytes.length && !this.hasEnded; index += 1) {
      const size = sizes[Math.min(index, sizes.length - 1)] ?? bytes.length;
      this.write(bytes.subarray(at, at + size));
      at += size;
      if (at < bytes.length) await this.untilRead();
    }
  }

  /** Waits until the other side has read everything that was written. */
  async untilRead(): Promise<void> {
    const { remote } = this;
    if (remote === null) throw new Error("the other end of the connection is not known yet");
    const deadline = Date.now() + DEADLINE_MS;
    while (remote.bytesRead < this.written && !remote.destroyed && !this.hasEnded) {
      if (Date.now() > deadline) throw new Error("the other side has stopped reading");
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Reads an HTTP head up to its empty line; what follows it are frames. */
  async readHead(): Promise<string> {
    const head = await this.until("an HTTP head", () => {
      const end = this.head?.indexOf("\r\n\r\n") ?? -1;
      return end < 0 ? undefined : end + 4;
    });
    const bytes = this.head!;
    this.head = null;
    this.reader.push(bytes.subarray(head));
    return bytes.toString("latin1", 0, head);
  }

  /** The next frame. */
  nextFrame(): Promise<Frame> {
    return this.until("a frame", () => this.reader.next() ?? undefined);
  }

  /** Waits until the other side hangs up, and gives the frames that it still sent. */
  async framesUntilEnd(): Promise<Frame[]> {
    const frames: Frame[] = [];
    await this.until("the end of the connection", () => {
      for (let frame = this.reader.next(); frame !== null; frame = this.reader.next()) {
        frames.push(frame);
      }
      return this.hasEnded || undefined;
    });
    return frames;
  }

  /** Sends no more; the other side may still send. */
  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  private onEnd(): void {
    this.hasEnded = true;
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  /** Waits until `check` gives a value. */
  private async until<Value>(what: string, check: () => Value | undefined): Promise<Value> {
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const value = check();
      if (value !== undefined) return value;
      if (this.hasEnded) throw new Error(`the other side hung up before ${what}${this.rest()}`);
      if (Date.now() >= deadline) {
        throw new Error(`waited ${DEADLINE_MS} ms for ${what}${this.rest()}`);
      }
      await this.change(deadline);
    }
  }

  private rest(): string {
    const bytes = this.head ?? this.reader.pending;
    return bytes.length === 0 ? "" : `; it had sent ${bytes.toString("hex", 0, 64)}`;
  }

  /** Waits until something happens or the deadline comes. */
  private change(deadline: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, deadline - Date.now()));
      this.waiting.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
