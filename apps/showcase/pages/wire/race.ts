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
}

/** Gets the same updates by three transports at once, and measures how late they come. */
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
    this.listen();
    // All begin with what comes from now on.
    void this.poll();
    void this.longPoll();
  }

  stop(): void {
    this.stopping.abort();
  }

  private listen(): void {
    const { tapId, intervalMs } = this.settings;
    const query = { tap: tapId, interval: String(intervalMs) };
    const socket = new WebSocket(socketUrl(wirePaths.ticker, query));
    socket.addEventListener("message", ({ data }) => {
      this.take("webSocket", [JSON.parse(String(data)) as Update]); // our own server's
    });
    this.stopping.signal.addEventListener("abort", () => socket.close(1000));
  }

  private async poll(): Promise<void> {
    await this.catchUp("polling", wirePaths.polling);
    while (!this.stopping.signal.aborted) {
      await pause(this.settings.pollMs, this.stopping.signal);
      const updates = await this.ask(wirePaths.polling, this.lastSeq.polling);
      if (updates !== null) this.take("polling", updates);
    }
  }

  private async longPoll(): Promise<void> {
    await this.catchUp("longPolling", wirePaths.polling);
    while (!this.stopping.signal.aborted) {
      const updates = await this.ask(wirePaths.longPolling, this.lastSeq.longPolling);
      if (updates === null) await pause(this.settings.pollMs, this.stopping.signal);
      else this.take("longPolling", updates);
    }
  }

  /** What was there before does not count. */
  private async catchUp(transport: TransportName, path: string): Promise<void> {
    const updates = await this.ask(path, 0);
    this.lastSeq[transport] = updates?.at(-1)?.seq ?? 0;
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
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
