import { TimerWheel } from "./timer-wheel.ts";

/** Milliseconds that never go backwards. */
export function nowMs(): number {
  return performance.now();
}

/** The one timer of the process, for all deadlines and heartbeats. */
export const wheel: TimerWheel = new TimerWheel({
  tickMs: 100,
  slots: 512,
  now: nowMs,
  setTimer: (callback: () => void, delayMs: number) => setTimeout(callback, delayMs).unref(),
  clearTimer: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
});
