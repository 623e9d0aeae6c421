import {
  type PollAnswer,
  type TransportName,
  transportNames,
  type Update,
  wirePaths,
} from "../../protocol/wire.ts";
import { Window } from "./statistics.ts";
import { nowMs, socketUrl } from "./tap-line.ts";

/** Updates over which percentiles are taken. */
const WINDOW = 200;

/** An update as it came. */
export interface Arrival {
  readonly transport: TransportName;
  readonly seq: number;
  readonly arrivedMs: number;
  readonly delayMs: number;
}

export interface RaceSettings {
  readonly tapId: string;
  readonly intervalMs: number;
  readonly pollMs: number;
  /** How far the server's clock is ahead, in milliseconds. */
  readonly offsetMs: () => number;
  readonly onArrival: (arrival: Arrival) => void;
  /** The connection for updates broke, or was refused: nothing more comes. */
  readonly onLost: () => void;
}

/**
 * Gets the same updates by three transports at once, and measures how late they come.
 *
 * The WebSocket's first update is where all three begin.
 */
export class Race {
  readonly delays: Readonly<Record<TransportName, Window>> = windows();
  /** Updates that came. */
  readonly counts: Record<TransportName, number> = { polling: 0, longPolling: 0, webSocket: 0 };
  readonly startedMs: number = nowMs();
  private readonly settings: RaceSettings;
  private readonly stopping = new AbortController();
  private readonly lastSeq: Record<TransportName, number> = {
    polling: 0,
    longPolling: 0,
    webSocket: 0,
  };

  constructor(settings: RaceSettings) {
    this.settings = settings;
    const { tapId, intervalMs } = settings;
    const query = { tap: tapId, interval: String(intervalMs) };
    const socket = new WebSocket(socketUrl(wirePaths.ticker, query));
    let hasBegun = false;
    socket.addEventListener("message", ({ data }) => {
      const update = JSON.parse(String(data)) as Update; // our own server's
      if (!hasBegun) this.begin(update.seq - 1);
      hasBegun = true;
      this.take("webSocket", [update]);
    });
    socket.addEventListener("close", () => {
      if (this.stopping.signal.aborted) return;
      this.stop();
      settings.onLost();
    });
    this.stopping.signal.addEventListener("abort", () => socket.close(1000));
  }

  stop(): void {
    this.stopping.abort();
  }

  private begin(seq: number): void {
    for (const name of transportNames) this.lastSeq[name] = seq;
    void this.poll();
    void this.longPoll();
  }

  private async poll(): Promise<void> {
    const { pollMs } = this.settings;
    const { signal } = this.stopping;
    // Real pages do not poll in step with the updates: begin anywhere between two polls.
    await pause(pollMs * Math.random(), signal);
    while (!signal.aborted) {
      const updates = await this.ask(wirePaths.polling, this.lastSeq.polling);
      if (updates !== null) this.take("polling", updates);
      await pause(pollMs, signal);
    }
  }

  private async longPoll(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const updates = await this.ask(wirePaths.longPolling, this.lastSeq.longPolling);
      if (updates === null) await pause(this.settings.pollMs, signal);
      else this.take("longPolling", updates);
    }
  }

  private async ask(path: string, after: number): Promise<readonly Update[] | null> {
    const { tapId, intervalMs } = this.settings;
    const query = new URLSearchParams({
      tap: tapId,
      interval: String(intervalMs),
      after: String(after),
    });
    try {
      const response = await fetch(`${path}?${query}`, { signal: this.stopping.signal });
      if (!response.ok) return null;
      return ((await response.json()) as PollAnswer).updates;
    } catch {
      return null; // stopped, or the server is away: it is asked again
    }
  }

  private take(transport: TransportName, updates: readonly Update[]): void {
    if (this.stopping.signal.aborted) return;
    const arrivedMs = nowMs();
    for (const { seq, atMs } of updates) {
      if (seq <= this.lastSeq[transport]) continue;
      this.lastSeq[transport] = seq;
      this.counts[transport] += 1;
      const delayMs = Math.max(0, arrivedMs + this.settings.offsetMs() - atMs);
      this.delays[transport].add(delayMs);
      this.settings.onArrival({ transport, seq, arrivedMs, delayMs });
    }
  }
}

function windows(): Record<TransportName, Window> {
  const made = transportNames.map((name) => [name, new Window(WINDOW)] as const);
  return Object.fromEntries(made) as Record<TransportName, Window>; // one for every name
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      // A signal that lives long must not gather listeners.
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, signal.aborted ? 0 : ms);
    signal.addEventListener("abort", finish);
  });
}
