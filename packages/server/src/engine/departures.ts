import type { Transport } from "../transports/transport.ts";

/** A session that can be ended so that its client comes back. */
export interface Departing {
  /** Closes with that reason, if there is one. */
  depart(done: (transport: Transport) => void, reason: string | undefined): void;
}

/** Sessions that are ended together. */
const BATCH = 100;
/** Between two batches, on average, in milliseconds. */
const PAUSE_MS = 20;
/** The part of the time in which all have been told to leave; the rest is for their last bytes. */
const TELLING_SHARE = 0.5;

/** Ends the sessions of a server that goes away: in batches, at times that are not quite regular. */
export class Departures {
  hasBegun = false;
  /** How long clients are asked to stay away, in seconds; undefined: nothing was said of it. */
  retryAfterS: number | undefined;

  begin(retryAfterS: number | undefined = this.retryAfterS): void {
    this.hasBegun = true;
    this.retryAfterS = retryAfterS;
  }

  async run(sessions: readonly Departing[], graceMs: number): Promise<void> {
    const batches = Math.ceil(sessions.length / BATCH);
    const pauseMs = Math.min(PAUSE_MS, (graceMs * TELLING_SHARE) / Math.max(1, batches));
    const leaving = new Set<Departing>(sessions);
    let told: (() => void) | null = null;
    const transports = new Set<Transport>();
    const { retryAfterS } = this;
    const reason = retryAfterS === undefined ? undefined : `retry-after=${retryAfterS}`;
    const leave = (session: Departing): void => {
      session.depart((transport) => {
        transports.add(transport);
        leaving.delete(session);
        if (leaving.size === 0) told?.();
      }, reason);
    };
    const deadline = pause(graceMs);
    for (let start = 0; start < sessions.length; start += BATCH) {
      if (start > 0) await pause(pauseMs * 2 * Math.random()).over;
      for (const session of sessions.slice(start, start + BATCH)) leave(session);
    }
    const all = new Promise<void>((resolve) => {
      told = resolve;
      if (leaving.size === 0) resolve();
    });
    await Promise.race([all.then(() => drained(transports, deadline.over)), deadline.over]);
    deadline.cancel();
    for (const transport of transports) transport.discard();
  }
}

/** Resolves when nothing waits in any of them. */
async function drained(transports: Iterable<Transport>, deadline: Promise<void>): Promise<void> {
  let isLate = false;
  void deadline.then(() => {
    isLate = true;
  });
  for (const transport of transports) {
    while (!isLate && transport.queuedBytes > 0) await pause(PAUSE_MS).over;
  }
}

function pause(ms: number): { over: Promise<void>; cancel(): void } {
  let cancel = (): void => {};
  const over = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    cancel = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  return { over, cancel: () => cancel() };
}
