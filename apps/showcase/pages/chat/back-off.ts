const firstMs = 1_000;
const longestMs = 30_000;

/**
 * How long to wait before the next attempt: 1 s, 2 s, 4 s … up to 30 s, of which the second half
 * is chance, so that a thousand pages do not come back in the same moment.
 *
 * @param attempt 0 for the first
 * @param chance from 0 up to 1
 */
export function backOffMs(attempt: number, chance: number): number {
  const fullMs = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 10));
  return Math.round(fullMs / 2 + (fullMs / 2) * chance);
}
