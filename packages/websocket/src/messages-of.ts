import type { EventEmitter } from "node:events";
import type { RawData } from "./received.ts";

/** One message, as `for await` gives it. */
export interface ReceivedMessage {
  readonly data: RawData;
  readonly isBinary: boolean;
}

/** What the iteration needs of a WebSocket. */
export interface MessageSource extends EventEmitter {
  readonly readyState: number;
  pause(): void;
  resume(): void;
}

/** Messages that may wait for a slow loop before the peer is made to wait. */
const MAX_WAITING = 16;
const CLOSED = 3;

/**
 * The messages of a WebSocket from now on, one at a time, until it closes.
 *
 * A loop that takes its time slows the peer down: past 16 waiting messages the
 * socket is paused. Leaving the loop stops listening but leaves the socket open.
 * An 'error' ends the loop by throwing.
 */
export function messagesOf(socket: MessageSource): AsyncIterableIterator<ReceivedMessage> {
  const waiting: ReceivedMessage[] = [];
  let wake: (() => void) | null = null;
  let failure: Error | null = null;
  let isEnded = socket.readyState === CLOSED;
  let isHeld = false;

  const stir = (): void => {
    wake?.();
    wake = null;
  };
  const onMessage = (data: RawData, isBinary: boolean): void => {
    waiting.push({ data, isBinary });
    if (!isHeld && waiting.length >= MAX_WAITING) {
      isHeld = true;
      socket.pause();
    }
    stir();
  };
  const onError = (error: Error): void => {
    failure = error;
  };
  const onClose = (): void => {
    isEnded = true;
    stir();
  };
  const letGo = (): void => {
    if (!isHeld) return;
    isHeld = false;
    socket.resume();
  };
  const stop = (): void => {
    isEnded = true;
    socket.off("message", onMessage);
    socket.off("error", onError);
    socket.off("close", onClose);
    letGo();
  };
  socket.on("message", onMessage);
  socket.on("error", onError);
  socket.on("close", onClose);

  return {
    [Symbol.asyncIterator](): AsyncIterableIterator<ReceivedMessage> {
      return this;
    },
    async next(): Promise<IteratorResult<ReceivedMessage>> {
      while (waiting.length === 0 && !isEnded) {
        letGo();
        // Letting go may have delivered what the socket held back.
        if (waiting.length > 0 || isEnded) break;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const value = waiting.shift();
      if (value !== undefined) return { value, done: false };
      stop();
      if (failure !== null) throw failure;
      return { value: undefined, done: true };
    },
    async return(): Promise<IteratorResult<ReceivedMessage>> {
      stop();
      return { value: undefined, done: true };
    },
  };
}
