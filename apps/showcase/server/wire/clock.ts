/** Milliseconds since 1970 with fractions, by a clock that does not jump. */
export function preciseNowMs(): number {
  return performance.timeOrigin + performance.now();
}
