/** How long to wait before the next attempt to connect. Times are in milliseconds. */
export interface BackoffSettings {
  /** Before the first attempt; twice as long before each further one. */
  readonly reconnectionDelay: number;
  /** The most that is ever waited. */
  readonly reconnectionDelayMax: number;
  /** By how much of itself the time may be shorter or longer: from 0 to 1. */
  readonly randomizationFactor: number;
}

/**
 * The time before attempt `attempt`, which counts from 0; `random` is from 0 to 1.
 *
 * What exceeds the maximum is as far below it. There, where all the clients of a dead server end up,
 * half of them would otherwise come back at the same moment.
 */
export function backoffMs(
  attempt: number,
  { reconnectionDelay, reconnectionDelayMax, randomizationFactor: jitter }: BackoffSettings,
  random: number,
): number {
  // As in Socket.IO, 0 is not to be had: it would keep a server from coming back.
  const maxMs = reconnectionDelayMax || 5_000;
  const baseMs = Math.min((reconnectionDelay || 1_000) * 2 ** attempt, maxMs);
  const ms = baseMs * (1 + jitter * (2 * random - 1));
  return ms > maxMs ? 2 * maxMs - ms : ms;
}
