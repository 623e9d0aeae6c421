import type { IncomingMessage, ServerResponse } from "node:http";
import type { WebSocket } from "@openline/websocket";
import {
  type PollAnswer,
  type TransportName,
  type Update,
  type UpdateInterval,
  updateIntervals,
  wireLimits,
} from "../../protocol/wire.ts";
import { preciseNowMs } from "./clock.ts";
import { headBytes, measureExchange } from "./http-cost.ts";
import type { Tap } from "./tap.ts";
import { Ticker } from "./ticker.ts";

/** What a page asks for: its tap, how often there shall be updates, and the last one it has. */
interface Asked {
  readonly tap: Tap;
  readonly ticker: Ticker;
  readonly after: number;
}

/** The same updates by polling, long-polling and WebSocket; each page's tap counts the bytes. */
export class Transports {
  private readonly findTap: (request: IncomingMessage) => Tap | undefined;
  private readonly tickers: ReadonlyMap<number, Ticker>;
  /** Answers the long polls that wait. */
  private readonly waiting = new Set<() => void>();

  constructor(findTap: (request: IncomingMessage) => Tap | undefined) {
    this.findTap = findTap;
    this.tickers = new Map(
      updateIntervals.map((interval: UpdateInterval) => [interval, new Ticker(interval)]),
    );
  }

  /** Answers at once with what there is. */
  poll(request: IncomingMessage, response: ServerResponse): void {
    const asked = this.admit(request, response);
    if (asked === undefined) return;
    answer(request, response, asked.tap, "polling", asked.ticker.after(asked.after));
  }

  /** Answers when there is an update that the page does not have, or with nothing after a while. */
  longPoll(request: IncomingMessage, response: ServerResponse): void {
    const asked = this.admit(request, response);
    if (asked === undefined) return;
    const { tap, ticker, after } = asked;
    const ready = ticker.after(after);
    if (ready.length > 0) {
      answer(request, response, tap, "longPolling", ready);
      return;
    }
    if (tap.waitingPolls >= wireLimits.waitingPolls) {
      refuse(response, 429, "this page has enough polls that wait");
      return;
    }
    tap.waitingPolls += 1;
    let isOver = false;
    const finish = (updates: readonly Update[] | null): void => {
      if (isOver) return;
      isOver = true;
      tap.waitingPolls -= 1;
      this.waiting.delete(giveUp);
      clearTimeout(timer);
      stop();
      if (updates !== null) answer(request, response, tap, "longPolling", updates);
    };
    const giveUp = (): void => finish([]);
    const timer = setTimeout(giveUp, wireLimits.longPollMs);
    const stop = ticker.listen((update) => finish([update]));
    this.waiting.add(giveUp);
    response.once("close", () => finish(null));
  }

  /** Sends every update as it comes to be. */
  listen(socket: WebSocket, request: IncomingMessage): void {
    const asked = this.read(request);
    if (asked === undefined || asked.tap.tickerConnections >= wireLimits.tickerConnections) {
      socket.close(1008, "ask with a tap and an interval of the page, and not too often");
      return;
    }
    const { tap, ticker } = asked;
    const below = request.socket;
    tap.tickerConnections += 1;
    let counted = { bytesIn: below.bytesRead, bytesOut: 0 };
    // The handshake's request is what its head tells: the socket may have carried others before.
    tap.count("webSocket", { bytesIn: headBytes(request), bytesOut: 0, requests: 1 });
    const count = (): void => {
      const now = { bytesIn: below.bytesRead, bytesOut: below.bytesWritten };
      const bytesIn = now.bytesIn - counted.bytesIn;
      const bytesOut = now.bytesOut - counted.bytesOut;
      counted = now;
      tap.count("webSocket", { bytesIn, bytesOut, requests: 0 });
    };
    const stop = ticker.listen((update) => socket.send(JSON.stringify(update), count));
    socket.on("close", () => {
      tap.tickerConnections -= 1;
      stop();
    });
  }

  /** Ends what goes on by itself; polls that wait are answered. */
  close(): void {
    for (const giveUp of [...this.waiting]) giveUp();
    for (const ticker of this.tickers.values()) ticker.stop();
  }

  private read(request: IncomingMessage): Asked | undefined {
    const query = new URL(request.url ?? "/", "http://localhost").searchParams;
    const tap = this.findTap(request);
    const ticker = this.tickers.get(Number(query.get("interval")));
    const after = Number(query.get("after") ?? 0);
    if (tap === undefined || ticker === undefined || !Number.isSafeInteger(after)) return undefined;
    return { tap, ticker, after };
  }

  /** Reads what is asked for; refuses it, and gives undefined, if that is nonsense or too much. */
  private admit(request: IncomingMessage, response: ServerResponse): Asked | undefined {
    if (request.method !== "GET") {
      response.setHeader("Allow", "GET");
      refuse(response, 405, "polls are GET requests");
      return undefined;
    }
    const asked = this.read(request);
    if (asked === undefined) {
      refuse(response, 400, "ask with ?tap=, an interval of the page, and after=");
      return undefined;
    }
    const waitMs = asked.tap.polls.take(preciseNowMs());
    if (waitMs === 0) return asked;
    response.setHeader("Retry-After", Math.ceil(waitMs / 1_000));
    refuse(response, 429, "too many polls: wait a moment");
    return undefined;
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  tap: Tap,
  transport: TransportName,
  updates: readonly Update[],
): void {
  measureExchange(request, response, (cost) => tap.count(transport, cost));
  const body: PollAnswer = { updates };
  response.setHeader("Content-Type", "application/json");
  response.setHeader("Cache-Control", "no-store");
  response.end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(text);
}
