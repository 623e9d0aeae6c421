import { browser, listen } from "./browser.ts";

/** What is done about hints of the platform. */
export interface WatchedLine {
  readonly isConnected: boolean;
  /** Finds out whether the connection is alive, and ends it if not. */
  check(): void;
  /** Makes the next attempt to connect soon. */
  hasten(): void;
  goOffline(): void;
  after(delayMs: number, callback: () => void): () => void;
  /** The wall clock. */
  nowMs(): number;
}

/** How often to look at the clock, and by how much it may be late. */
const TICK_MS = 15_000;
const LATE_MS = 15_000;
/** Hints come together: a laptop that wakes up tells of its network and of its screen. */
const MIN_INTERVAL_MS = 1_000;

/**
 * Listens for signs that the line has changed: the network came or went, the page is looked at
 * again, or the clock has jumped, as it does for a laptop that has slept.
 */
export class LineWatch {
  readonly #line: WatchedLine;
  readonly #stops: (() => void)[] = [];
  #stopTicking: (() => void) | null = null;
  #lastHintAtMs = Number.NEGATIVE_INFINITY;

  constructor(line: WatchedLine) {
    this.#line = line;
    const hint = (): void => this.#hint();
    this.#stops = [
      listen("page", "online", hint),
      listen("page", "offline", () => line.goOffline()),
      listen("page", "pageshow", hint),
      listen("document", "resume", hint),
      listen("document", "visibilitychange", () => {
        if (browser.document?.visibilityState === "visible") this.#hint();
      }),
    ];
    this.#tick();
  }

  /** Something has changed, for the better or the worse. */
  #hint(): void {
    const line = this.#line;
    if (!line.isConnected) {
      line.hasten();
      return;
    }
    const nowMs = line.nowMs();
    if (Math.abs(nowMs - this.#lastHintAtMs) < MIN_INTERVAL_MS) return;
    this.#lastHintAtMs = nowMs;
    line.check();
  }

  #tick(): void {
    const dueAtMs = this.#line.nowMs() + TICK_MS;
    this.#stopTicking = this.#line.after(TICK_MS, () => {
      const isLate = Math.abs(this.#line.nowMs() - dueAtMs) > LATE_MS;
      this.#tick();
      // Timers of pages that nobody looks at are late by themselves.
      if (isLate && browser.document?.visibilityState !== "hidden") this.#hint();
    });
  }

  close(): void {
    this.#stopTicking?.();
    for (const stop of this.#stops) stop();
  }
}
