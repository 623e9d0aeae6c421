import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { WebSocket } from "@openline/websocket";
import {
  type TapReport,
  type TapRequest,
  type TransportName,
  transportNames,
  type WireCost,
  wireLimits,
} from "../../protocol/wire.ts";
import { TokenBucket } from "../chat/token-bucket.ts";
import { preciseNowMs } from "./clock.ts";
import type { TapListener } from "./tapped-socket.ts";

type Counted = { -readonly [Name in keyof WireCost]: number };

/** One page's tap: tells it what the server sees of the page's other connections. */
export class Tap {
  readonly id: string = randomUUID();
  /** What the page may still ask for by polls. */
  readonly polls: TokenBucket;
  /** Polls of the page that wait for their answer. */
  waitingPolls = 0;
  /** Connections for updates that the page has. */
  tickerConnections = 0;
  private readonly socket: WebSocket;
  private readonly requests: TokenBucket;
  private watched = 0;
  private lastConnection = 0;
  private costs: Record<TransportName, Counted> = noCosts();

  constructor(socket: WebSocket) {
    const { burstMessages, messagesPerSecond, burstPolls, pollsPerSecond } = wireLimits;
    this.socket = socket;
    this.requests = new TokenBucket(burstMessages, messagesPerSecond, preciseNowMs());
    this.polls = new TokenBucket(burstPolls, pollsPerSecond, preciseNowMs());
    this.tell({ type: "tap", id: this.id });
    socket.on("message", (data, isBinary) => {
      if (this.requests.take(preciseNowMs()) > 0) {
        socket.close(1008, "too many requests: wait a moment");
        return;
      }
      const request = isBinary ? null : readRequest(data.toString());
      if (request === null) socket.close(1007, "not a request of this page");
      else this.answer(request);
    });
  }

  /**
   * The page opens a connection that is looked at: gives who hears what passes.
   *
   * Undefined if it has too many already.
   */
  watch(request: IncomingMessage): TapListener | undefined {
    if (this.watched >= wireLimits.watchedConnections) return undefined;
    this.watched += 1;
    this.lastConnection += 1;
    const connection = this.lastConnection;
    this.tell({ type: "request", connection, atMs: preciseNowMs(), lines: linesOf(request) });
    return {
      onBytes: (from, bytes) => {
        const atMs = preciseNowMs();
        this.tell({ type: "bytes", connection, from, atMs, bytes: bytes.toString("base64") });
      },
      onEnd: () => {
        this.watched -= 1;
        this.tell({ type: "end", connection, atMs: preciseNowMs() });
      },
    };
  }

  /** Counts what a transport has cost. */
  count(transport: TransportName, cost: WireCost): void {
    const sum = this.costs[transport];
    sum.bytesIn += cost.bytesIn;
    sum.bytesOut += cost.bytesOut;
    sum.requests += cost.requests;
  }

  private answer(request: TapRequest): void {
    if (request.type === "clock") {
      this.tell({ type: "clock", sentMs: request.sentMs, serverMs: preciseNowMs() });
      return;
    }
    if (request.reset) this.costs = noCosts();
    this.tell({ type: "costs", costs: this.costs });
  }

  private tell(report: TapReport): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(report));
  }
}

/** The request as it stood on the wire, line by line. */
function linesOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string[] {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  }
  return lines;
}

function noCosts(): Record<TransportName, Counted> {
  const none = (): Counted => ({ bytesIn: 0, bytesOut: 0, requests: 0 });
  return Object.fromEntries(transportNames.map((name) => [name, none()])) as Record<
    TransportName,
    Counted
  >;
}

/** Null for what is none. */
function readRequest(text: string): TapRequest | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || !("type" in value)) return null;
  if (value.type === "clock" && "sentMs" in value && typeof value.sentMs === "number") {
    return { type: "clock", sentMs: value.sentMs };
  }
  if (value.type === "costs" && "reset" in value) {
    return { type: "costs", reset: value.reset === true };
  }
  return null;
}
