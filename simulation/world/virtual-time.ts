import type { Scheduler } from "./scheduler.ts";

/** When stories begin, in milliseconds since 1970: what `Date.now` says at the virtual time 0. */
const EPOCH_MS = 1_700_000_000_000;

const real = {
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  setImmediate,
  clearImmediate,
} as const;
const realDateNow = Date.now;
const realPerformanceNow = performance.now;
const realRandom = Math.random;

/** What `setTimeout` and its like return. */
class VirtualTimer {
  cancel: () => void = () => {};

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return false;
  }
}

/** The time and the chance that code sees which asks for them by their global names. */
export interface VirtualTime {
  /** Ends all repeating timers, as the death of a process does. */
  endIntervals(): void;
  /** Gives back the machine's own. */
  restore(): void;
}

/** Lets a scheduler decide about timers, clocks and `Math.random` of the whole process. */
export function takeTime(scheduler: Scheduler): VirtualTime {
  const intervals = new Set<VirtualTimer>();
  type Callback = (...args: unknown[]) => void;

  const start = (callback: Callback, delayMs: number, args: unknown[]): VirtualTimer => {
    const timer = new VirtualTimer();
    timer.cancel = scheduler.afterInOrder(delayMs, () => callback(...args));
    return timer;
  };
  const repeat = (callback: Callback, delayMs = 1, ...args: unknown[]): VirtualTimer => {
    const timer = new VirtualTimer();
    const again = (): void => {
      timer.cancel = scheduler.afterInOrder(Math.max(1, delayMs), () => {
        again();
        callback(...args);
      });
    };
    again();
    intervals.add(timer);
    return timer;
  };
  const clear = (timer: unknown): void => {
    if (!(timer instanceof VirtualTimer)) return;
    timer.cancel();
    intervals.delete(timer);
  };

  Object.assign(globalThis, {
    // As Node does: at least a millisecond.
    setTimeout: (callback: Callback, delayMs = 1, ...args: unknown[]) =>
      start(callback, Math.max(1, delayMs), args),
    setInterval: repeat,
    setImmediate: (callback: Callback, ...args: unknown[]) => start(callback, 0, args),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  });
  performance.now = () => scheduler.nowMs;
  Date.now = () => EPOCH_MS + scheduler.nowMs;
  Math.random = () => scheduler.random.uint32() / 0x1_0000_0000;

  return {
    endIntervals() {
      for (const timer of intervals) timer.cancel();
      intervals.clear();
    },
    restore() {
      Object.assign(globalThis, real);
      performance.now = realPerformanceNow;
      Date.now = realDateNow;
      Math.random = realRandom;
    },
  };
}
