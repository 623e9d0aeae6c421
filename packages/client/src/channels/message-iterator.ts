import type { ChannelMessage } from "./positions.ts";

/** What an iterator reads from when it was too slow. */
export interface IteratorSource {
  /** The oldest messages after an offset; tells of gaps by itself. */
  readAfter(offset: number): Promise<{ messages: readonly ChannelMessage[] }>;
  /** Messages that no log has were left out. */
  missed(): void;
  closed(iterator: MessageIterator): void;
}

/** How many messages wait to be taken. */
const MAX_BUFFERED = 256;

interface Waiter {
  resolve(result: IteratorResult<ChannelMessage, undefined>): void;
  reject(error: unknown): void;
}

/**
 * The messages of a channel as they are asked for, one after the other.
 *
 * What comes faster than it is taken is not kept beyond a bound, but read again from the history once
 * the rest was taken.
 */
export class MessageIterator implements AsyncIterableIterator<ChannelMessage, undefined> {
  readonly #source: IteratorSource;
  readonly #buffer: ChannelMessage[] = [];
  readonly #waiters: Waiter[] = [];
  /** Of what was buffered last. */
  #lastOffset = 0;
  /** The highest offset that was not buffered, and is to be read; 0 if there is none. */
  #skippedUntil = 0;
  #isReading = false;
  #hasMissed = false;
  #isDone = false;
  #error: unknown;

  constructor(source: IteratorSource) {
    this.#source = source;
  }

  /** Takes what the channel delivers. */
  push(message: ChannelMessage): void {
    if (this.#isDone) return;
    const { offset } = message;
    if (offset !== null && offset <= this.#lastOffset) return;
    if (this.#skippedUntil === 0 && this.#buffer.length < MAX_BUFFERED) this.#add(message);
    else if (offset !== null) this.#skippedUntil = Math.max(this.#skippedUntil, offset);
    else if (!this.#hasMissed) {
      this.#hasMissed = true;
      this.#source.missed();
    }
  }

  /** The room goes on behind that offset, and gives those behind it anew. */
  rewind(offset: number): void {
    this.#lastOffset = Math.min(this.#lastOffset, offset);
    this.#skippedUntil = Math.min(this.#skippedUntil, offset);
  }

  #add(message: ChannelMessage): void {
    this.#lastOffset = message.offset ?? this.#lastOffset;
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#buffer.push(message);
    else waiter.resolve({ done: false, value: message });
  }

  next(): Promise<IteratorResult<ChannelMessage, undefined>> {
    const value = this.#buffer.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    this.#hasMissed = false;
    if (this.#error !== undefined) return Promise.reject(this.#takeError());
    if (this.#isDone) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      void this.#catchUp();
    });
  }

  /** Reads what was not buffered, as long as somebody waits for it. */
  async #catchUp(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#skippedUntil > this.#lastOffset && this.#waiters.length > 0 && !this.#isDone) {
        const until = this.#skippedUntil;
        const { messages } = await this.#source.readAfter(this.#lastOffset);
        for (const message of messages) {
          if (message.offset !== null && message.offset > this.#lastOffset) this.#add(message);
        }
        // All that is left of what was skipped is gone, which the source has told of.
        if (messages.length === 0) this.#lastOffset = Math.max(this.#lastOffset, until);
      }
      if (this.#skippedUntil <= this.#lastOffset) this.#skippedUntil = 0;
    } catch (error) {
      this.end(error);
    } finally {
      this.#isReading = false;
    }
  }

  return(): Promise<IteratorResult<ChannelMessage, undefined>> {
    this.end(undefined);
    this.#buffer.length = 0;
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends after what was buffered, with an error if there is one. */
  end(error: unknown): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#error = error;
    this.#source.closed(this);
    for (const waiter of this.#waiters.splice(0)) {
      if (this.#error === undefined) waiter.resolve({ done: true, value: undefined });
      else waiter.reject(this.#takeError());
    }
  }

  /** It is told once; after that, the iterator is done. */
  #takeError(): unknown {
    const error = this.#error;
    this.#error = undefined;
    return error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
