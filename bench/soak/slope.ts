import { median } from "../statistics.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** More pairs than this tell nothing more. */
const enoughPoints = 400;

/** A slope, and between which two it lies with 95 % confidence. */
export interface Slope {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Of the normal distribution, for 95 %. */
const deviations = 1.96;

/**
 * How much `y` grows for each unit of `x`: the median of the slopes between all pairs of points
 * (Theil and Sen), which a few outliers do not move, with Sen's interval of confidence. NaN for
 * fewer than two points.
 */
export function robustSlope(points: readonly Point[]): Slope {
  const step = Math.max(1, Math.ceil(points.length / enoughPoints));
  const chosen = points.filter((_, index) => index % step === 0);
  const slopes: number[] = [];
  chosen.forEach((first, index) => {
    for (const second of chosen.slice(index + 1)) {
      if (second.x !== first.x) slopes.push((second.y - first.y) / (second.x - first.x));
    }
  });
  slopes.sort((a, b) => a - b);
  const count = chosen.length;
  const spread = deviations * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const at = (rank: number): number =>
    slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(rank)))] ?? Number.NaN;
  return {
    median: median(slopes),
    low: at((slopes.length - spread) / 2 - 1),
    high: at((slopes.length + spread) / 2),
  };
}
