import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { WebSocket } from "@openline/websocket";
import {
  type Side,
  type TapReport,
  type TapRequest,
  type TransportName,
  transportNames,
  type WireCost,
} from "../../protocol/wire.ts";
import { preciseNowMs } from "./clock.ts";
import type { TapListener } from "./tapped-socket.ts";

type Counted = { -readonly [Name in keyof WireCost]: number };

/** One page's tap: tells it what the server sees of the page's other connections. */
export class Tap implements TapListener {
  readonly id: string = randomUUID();
  /** Polls of the page that wait for their answer. */
  waitingPolls = 0;
  private readonly socket: WebSocket;
  private costs: Record<TransportName, Counted> = noCosts();

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.tell({ type: "tap", id: this.id });
    socket.on("message", (data, isBinary) => {
      const request = isBinary ? null : readRequest(data.toString());
      if (request === null) socket.close(1007, "not a request of this page");
      else this.answer(request);
    });
  }

  /** The page opens the connection that is looked at. */
  showRequest(request: IncomingMessage): void {
    const { method, url, httpVersion, rawHeaders } = request;
    const lines = [`${method} ${url} HTTP/${httpVersion}`];
    for (let at = 0; at < rawHeaders.length; at += 2) {
      lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
    }
    this.tell({ type: "request", lines });
  }

  onBytes(from: Side, bytes: Buffer): void {
    this.tell({ type: "bytes", from, atMs: preciseNowMs(), bytes: bytes.toString("base64") });
  }

  onEnd(): void {
    this.tell({ type: "end" });
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
    this.tell({ type: "costs", costs: this.costs });
    if (request.reset) this.costs = noCosts();
  }

  private tell(report: TapReport): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(report));
  }
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
