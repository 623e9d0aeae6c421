/** The last values of something that goes on for ever. */
export class Window {
  private readonly size: number;
  private readonly values: number[] = [];

  constructor(size: number) {
    this.size = size;
  }

  add(value: number): void {
    this.values.push(value);
    if (this.values.length > this.size) this.values.shift();
  }

  get count(): number {
    return this.values.length;
  }

  /** The value below which this share of them lies; undefined without any. */
  percentile(share: number): number | undefined {
    return percentile(this.values, share);
  }
}

/** The value below which this share of `values` lies (nearest rank); undefined without any. */
export function percentile(values: readonly number[], share: number): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}

/** A question for the server's clock that came back. */
interface ClockSample {
  readonly tookMs: number;
  readonly offsetMs: number;
}

/** Questions that are looked at: clocks drift, so old ones must not count for ever. */
const CLOCK_SAMPLES = 30;

/**
 * How far the server's clock is ahead of ours, from questions that came back: of the last ones, the
 * one that took least time says it best.
 */
export class ClockOffset {
  private samples: ClockSample[] = [];

  get ms(): number | undefined {
    return this.best?.offsetMs;
  }

  /** How far off that may be at most, either way. */
  get errorMs(): number | undefined {
    return this.best && this.best.tookMs / 2;
  }

  add(sentMs: number, serverMs: number, receivedMs: number): void {
    const offsetMs = serverMs - (sentMs + receivedMs) / 2;
    this.samples = [
      ...this.samples.slice(1 - CLOCK_SAMPLES),
      { tookMs: receivedMs - sentMs, offsetMs },
    ];
  }

  /** Another server, another clock. */
  clear(): void {
    this.samples = [];
  }

  private get best(): ClockSample | undefined {
    const [first, ...others] = this.samples;
    return others.reduce((best, next) => (best && best.tookMs < next.tookMs ? best : next), first);
  }
}

/** Milliseconds as people read them. */
export function formatMs(ms: number | undefined): string {
  if (ms === undefined) return "–";
  if (ms < 10) return `${Math.max(0, ms).toFixed(1)} ms`;
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}

export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined || !Number.isFinite(bytes)) return "–";
  return bytes < 10_000 ? `${Math.round(bytes)} B` : `${(bytes / 1_024).toFixed(1)} KiB`;
}
