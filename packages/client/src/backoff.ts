/** How long to wait before the next attempt to connect. Times are in milliseconds. */
export interface BackoffOptions {
  /** Before the first attempt; twice as long before each further one. */
  readonly minMs: number;
  /** The most that is ever waited. */
  readonly maxMs: number;
  /** By how much of itself the time may be shorter or longer: from 0 to 1. */
  readonly jitter: number;
}

/**
 * The time before attempt `attempt`, which counts from 0; `random` is from 0 to 1.
 *
 * What exceeds `maxMs` is as far below it. At the maximum, where all the clients of a dead server end
 * up, half of them would otherwise come back at the same moment.
 */
export function backoffMs(
  attempt: number,
  { minMs, maxMs, jitter }: BackoffOptions,
  random: number,
): number {
  const ms = Math.min(minMs * 2 ** attempt, maxMs) * (1 + jitter * (2 * random - 1));
  return Math.floor(ms > maxMs ? 2 * maxMs - ms : ms);
}
