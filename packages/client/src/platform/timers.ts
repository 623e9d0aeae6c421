import { host } from "./host.ts";

/** The functions as they were before a test put others in their places. */
const { setTimeout, clearTimeout } = host;

/** How timers are made. */
export interface TimerOptions {
  /**
   * Use the timers that the platform had when this was loaded, whatever a test's fake clock has put
   * in their places since. Default: false.
   */
  useNativeTimers?: boolean | undefined;
  /** On Node: do not keep the process alive. Default: false. */
  autoUnref?: boolean | undefined;
}

/** Calls `callback` in `delayMs` milliseconds, unless what it returns is called before. */
export function after(options: TimerOptions, delayMs: number, callback: () => void): () => void {
  const isNative = options.useNativeTimers;
  const timer = (isNative ? setTimeout : host.setTimeout)(callback, delayMs);
  if (options.autoUnref) (timer as { unref?(): void }).unref?.();
  return () => (isNative ? clearTimeout : host.clearTimeout)(timer);
}
