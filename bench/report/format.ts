/** Numbers as people read them. */

/** Three significant digits, no exponent. */
export function formatFigure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(4, digits));
}

export function formatRatio(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value < 0.1) return value.toFixed(3);
  return value.toFixed(2);
}

/** 12345 → "12,345". */
export function formatCount(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString("en-US") : "–";
}

/** Microseconds with the unit that fits. */
export function formatLatency(microseconds: number): string {
  if (!Number.isFinite(microseconds)) return "–";
  if (microseconds >= 1e6) return `${formatFigure(microseconds / 1e6)} s`;
  if (microseconds >= 1000) return `${formatFigure(microseconds / 1000)} ms`;
  return `${formatFigure(microseconds)} µs`;
}

export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}
