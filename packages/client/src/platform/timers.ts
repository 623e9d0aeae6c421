import { unref } from "#platform";
import { host, type TimerOptions } from "./host.ts";

/** The functions as they were before a test put others in their places. */
const { setTimeout, clearTimeout } = host;

/** Calls `callback` in `delayMs` milliseconds, unless what it returns is called before. */
export function after(options: TimerOptions, delayMs: number, callback: () => void): () => void {
  const isNative = options.useNativeTimers;
  const timer = (isNative ? setTimeout : host.setTimeout)(callback, delayMs);
  unref(timer, options);
  return () => (isNative ? clearTimeout : host.clearTimeout)(timer);
}
