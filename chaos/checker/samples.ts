import type { Anomalies } from "./anomalies.ts";
import type { Budget, Sample } from "./history.ts";

/** The most that was used. */
export interface Peaks {
  readonly rssBytes: number;
  readonly fileDescriptors: number;
  readonly loopDelayMs: number;
}

/** Checks what the server used against what it may use: I12. */
export function checkSamples(
  samples: readonly Sample[],
  budget: Budget,
  anomalies: Anomalies,
): Peaks {
  const peaks = { rssBytes: 0, fileDescriptors: 0, loopDelayMs: 0 };
  for (const sample of samples) {
    for (const key of ["rssBytes", "fileDescriptors", "loopDelayMs"] as const) {
      const used = sample[key] ?? 0;
      peaks[key] = Math.max(peaks[key], used);
      if (used <= budget[key]) continue;
      const what = `${key} of process ${sample.pid} was ${Math.round(used)}`;
      anomalies.add("I12", "over budget", `${what}, and ${Math.round(budget[key])} is granted`);
    }
  }
  return peaks;
}
