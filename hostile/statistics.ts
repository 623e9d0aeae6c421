/**
 * The value that a share of all are at or below.
 *
 * @throws RangeError for no values
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const found = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  if (found === undefined) throw new RangeError("there is no quantile of no values");
  return found;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
