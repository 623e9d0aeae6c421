import {
  type TapReport,
  type TapRequest,
  type WatchReport,
  wirePaths,
} from "../../protocol/wire.ts";
import { backOffMs } from "../chat/back-off.ts";
import { ClockOffset } from "./statistics.ts";

/** What each transport has cost so far. */
export type Costs = Extract<TapReport, { readonly type: "costs" }>["costs"];

export interface TapLineEvents {
  /** The tap is open: what `?tap=` takes. */
  onTap(id: string): void;
  /** What passed on the connection that is looked at. */
  onWatch(report: WatchReport): void;
  onCosts(costs: Costs): void;
  onLost(retryMs: number): void;
}

/** How often the server's clock is asked for; in the beginning, when nothing is known, often. */
const CLOCK_MS = 2_000;
const FIRST_CLOCK_MS = 100;
const FIRST_QUESTIONS = 10;

/** The page's line to the server's reports; it comes back by itself. */
export class TapLine {
  readonly clock: ClockOffset = new ClockOffset();
  private readonly events: TapLineEvents;
  private socket: WebSocket | null = null;
  private attempt = 0;

  constructor(events: TapLineEvents) {
    this.events = events;
    this.open();
    setInterval(() => this.askClock(), CLOCK_MS);
  }

  ask(request: TapRequest): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(request));
  }

  private askClock(): void {
    this.ask({ type: "clock", sentMs: nowMs() });
  }

  private open(): void {
    const socket = new WebSocket(socketUrl(wirePaths.tap));
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.attempt = 0;
      this.clock.clear();
      for (let at = 0; at < FIRST_QUESTIONS; at += 1) {
        setTimeout(() => this.askClock(), at * FIRST_CLOCK_MS);
      }
    });
    socket.addEventListener("message", ({ data }) => {
      const report = JSON.parse(String(data)) as TapReport; // our own server's
      if (report.type === "tap") this.events.onTap(report.id);
      else if (report.type === "clock") this.clock.add(report.sentMs, report.serverMs, nowMs());
      else if (report.type === "costs") this.events.onCosts(report.costs);
      else this.events.onWatch(report);
    });
    socket.addEventListener("close", () => {
      this.socket = null;
      const waitMs = backOffMs(this.attempt, Math.random());
      this.attempt += 1;
      this.events.onLost(waitMs);
      setTimeout(() => this.open(), waitMs);
    });
  }
}

/** Milliseconds since 1970 with fractions. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

export function socketUrl(path: string, query: Readonly<Record<string, string>> = {}): string {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}
