/**
 * Milliseconds on the machine's clock that never goes back.
 *
 * All processes of a machine see the same one, and a server whose `Date` is moved sees it, too.
 */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
