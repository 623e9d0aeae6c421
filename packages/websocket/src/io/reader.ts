import type { Socket } from "node:net";
import { handleOf, readInto } from "./internals.ts";

/** Takes `bytes[start, end)`, lent until it returns. */
export type ChunkHandler = (bytes: Buffer, start: number, end: number) => void;

/**
 * All plain sockets of the process read into this one buffer, one after another:
 * no allocation a chunk and no stream events (echo: 23.3 → 16.2 µs a message).
 */
const SHARED_BYTES = 128 * 1024;
let shared: Buffer | undefined;

/** Reads from `socket` from now on: every chunk goes to `onChunk`. */
export function startReading(socket: Socket, onChunk: ChunkHandler): void {
  const handle = handleOf(socket);
  if (handle !== null) {
    shared ??= Buffer.allocUnsafeSlow(SHARED_BYTES);
    const buffer = shared;
    const isDirect = readInto(socket, handle, buffer, (byteLength) => {
      onChunk(buffer, 0, byteLength);
      return true;
    });
    if (isDirect) {
      socket.resume();
      return;
    }
  }
  socket.on("data", (chunk: Buffer) => onChunk(chunk, 0, chunk.length));
}
