import { type Update, type UpdateInterval, wireLimits } from "../../protocol/wire.ts";
import { preciseNowMs } from "./clock.ts";

/**
 * Makes an update every so often, as long as somebody wants them, and keeps the last ones for those
 * who come and ask.
 */
export class Ticker {
  private readonly intervalMs: UpdateInterval;
  private updates: Update[] = [];
  private readonly listeners = new Set<(update: Update) => void>();
  private timer: NodeJS.Timeout | undefined;
  private lastAskedMs = 0;
  private seq = 0;
  private value = 100;

  constructor(intervalMs: UpdateInterval) {
    this.intervalMs = intervalMs;
  }

  /** Those after number `after` that are kept. */
  after(after: number): readonly Update[] {
    this.start();
    return this.updates.filter(({ seq }) => seq > after);
  }

  /** Hears every update from now on; call what comes back to hear no more. */
  listen(listener: (update: Update) => void): () => void {
    this.listeners.add(listener);
    this.start();
    return () => this.listeners.delete(listener);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private start(): void {
    this.lastAskedMs = preciseNowMs();
    this.timer ??= setInterval(() => this.tick(), this.intervalMs);
  }

  private tick(): void {
    // Nobody has asked for longer than any poll waits.
    const isForgotten = preciseNowMs() - this.lastAskedMs > 2 * wireLimits.longPollMs;
    if (this.listeners.size === 0 && isForgotten) {
      this.stop();
      return;
    }
    this.seq += 1;
    // A price that wanders, as tickers show it.
    this.value = Math.max(1, this.value + (Math.random() - 0.5) * 2);
    const update = {
      seq: this.seq,
      atMs: preciseNowMs(),
      value: Math.round(this.value * 100) / 100,
    };
    this.updates.push(update);
    if (this.updates.length > wireLimits.keptUpdates) this.updates.shift();
    for (const listener of [...this.listeners]) listener(update);
  }
}
