import { median } from "../statistics.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** More pairs than this tell nothing more. */
const enoughPoints = 400;

/**
 * How much `y` grows for each unit of `x`: the median of the slopes between all pairs of points
 * (Theil and Sen), which a few outliers, such as garbage not collected yet, do not move. NaN for
 * fewer than two points.
 */
export function robustSlope(points: readonly Point[]): number {
  const step = Math.max(1, Math.ceil(points.length / enoughPoints));
  const chosen = points.filter((_, index) => index % step === 0);
  const slopes: number[] = [];
  chosen.forEach((first, index) => {
    for (const second of chosen.slice(index + 1)) {
      if (second.x !== first.x) slopes.push((second.y - first.y) / (second.x - first.x));
    }
  });
  return median(slopes);
}
