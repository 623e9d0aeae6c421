import { EventEmitter } from "node:events";

/** Makes the error for an event that would get more listeners than it may have. */
export type TooManyListeners = (event: string, max: number) => Error;

/**
 * Bounds the listeners of one event, for all emitters of a class. Node only warns of them: a handler that
 * adds one each time that a client asks for something would fill the memory.
 */
export function boundListeners<Emitter extends EventEmitter>(
  prototype: Emitter,
  maxOf: (emitter: Emitter) => number,
  tooMany: TooManyListeners,
): void {
  // `once` and `prependOnceListener` add theirs by these.
  for (const name of ["on", "addListener", "prependListener"] as const) {
    const add = EventEmitter.prototype[name];
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value(this: Emitter, event: string | symbol, listener: () => void): Emitter {
        const max = maxOf(this);
        if (this.listenerCount(event) >= max) throw tooMany(String(event), max);
        return add.call(this, event, listener) as Emitter;
      },
    });
  }
}
