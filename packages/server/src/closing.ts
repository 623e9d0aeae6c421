import type { Server as HttpServer } from "node:http";

/** How a server is closed. */
export interface CloseOptions {
  /** How long clients are given to get what was sent and to leave, in milliseconds. */
  readonly graceMs: number;
  /**
   * How long clients are asked to stay away, in milliseconds: by `Retry-After` where they are refused,
   * and in whole seconds as `retry-after=<seconds>` in the reason of a WebSocket's close. Default: a
   * second where they are refused, and nothing is said where they are let go.
   */
  readonly retryAfterMs?: number | undefined;
}

/** What a server that goes away lets go of, in this order. */
export interface Closing {
  /** Refuses new sessions. */
  refuseNew(retryAfterS: number | undefined): void;
  /** Resolves when what is being published is logged. */
  finish(): Promise<unknown>;
  /** Lets clients go, so that they come back; resolves when they have left, or had that long. */
  depart(graceMs: number): Promise<void>;
}

/**
 * Lets what is on its way arrive, and clients leave.
 *
 * @throws RangeError that names the option and what it accepts
 */
export async function drain(
  { graceMs, retryAfterMs }: CloseOptions,
  server: Closing,
): Promise<void> {
  if (!(graceMs >= 0)) {
    throw new RangeError(`graceMs of close() takes a number from 0 up, not ${String(graceMs)}`);
  }
  if (
    retryAfterMs !== undefined &&
    !(retryAfterMs >= 0 && retryAfterMs < Number.POSITIVE_INFINITY)
  ) {
    throw new RangeError(
      `retryAfterMs of close() takes a number from 0 up, not ${String(retryAfterMs)}`,
    );
  }
  const untilMs = performance.now() + graceMs;
  server.refuseNew(retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1_000));
  await inTime(server.finish(), graceMs);
  // Acknowledgements are sent by those who have waited for the same.
  await new Promise((resolve) => setImmediate(resolve));
  await server.depart(Math.max(0, untilMs - performance.now()));
}

/**
 * Closes an HTTP server; resolves when its last connection is gone. Those that are still there at
 * `untilMs` are cut: Node waits a minute for who never finishes a request.
 */
export async function closeHttp(
  server: Pick<HttpServer, "close"> & Partial<Pick<HttpServer, "closeAllConnections">>,
  untilMs: number,
  callback: ((error?: Error) => void) | undefined,
): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close((error?: Error) => {
      callback?.(error);
      resolve();
    });
  });
  if (untilMs === Number.POSITIVE_INFINITY) return closed;
  await inTime(closed, Math.max(0, untilMs - performance.now()));
  server.closeAllConnections?.();
  return closed;
}

/** Resolves when a promise settles, but not later than that. */
async function inTime(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise.catch(() => {}), late]);
  clearTimeout(timer);
}
