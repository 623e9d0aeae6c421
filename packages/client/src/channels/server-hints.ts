/** The longest time that a server can keep clients away for. */
const MAX_MS = 300_000;

/**
 * How long a server wants clients to stay away, in milliseconds; 0 if it does not say: by the header
 * Retry-After of a refused request, or by `retry-after=<seconds>` in the reason of a close with 1012 or
 * 1013.
 *
 * Takes what a manager's events "error" and "close" tell.
 */
export function retryAfterMsOf(told: unknown): number {
  const { context } = (told ?? {}) as { context?: Context | null };
  const { status, headers, code, reason } = context ?? {};
  let seconds: string | null | undefined;
  if (status === 429 || status === 503) seconds = headers?.get?.("retry-after");
  if (code === 1012 || code === 1013) {
    seconds = /\bretry-after=(\d+(?:\.\d+)?)/.exec(String(reason))?.[1];
  }
  // It may be a date, which is no use to a clock that goes wrong.
  const ms = Number(seconds ?? 0) * 1_000;
  return ms > 0 ? Math.min(ms, MAX_MS) : 0;
}

/** Whether a connection has ended since the server was sent more at once than it takes. */
export function wasTooLarge(told: unknown): boolean {
  const { context } = (told ?? {}) as { context?: Context | null };
  return context?.code === 1009 || context?.status === 413;
}

/** A Response, or a CloseEvent: each has some of these. */
interface Context {
  readonly status?: number;
  readonly headers?: { get?(name: string): string | null };
  readonly code?: number;
  readonly reason?: unknown;
}
