import type { IncomingMessage, ServerResponse } from "node:http";
import { type ServerOptions, WebSocketServer } from "@openline/websocket";
import {
  type PollAnswer,
  type TransportName,
  type Update,
  type UpdateInterval,
  updateIntervals,
  wireLimits,
  wirePaths,
} from "../../protocol/wire.ts";
import { TokenBucket } from "../chat/token-bucket.ts";
import type { Site } from "../site.ts";
import { preciseNowMs } from "./clock.ts";
import { echo } from "./echo.ts";
import { headBytes, measureExchange } from "./http-cost.ts";
import { Tap } from "./tap.ts";
import { TappedServer } from "./tapped-server.ts";
import { Ticker } from "./ticker.ts";

/** What the page says in a query. */
interface Asked {
  readonly tap: Tap;
  readonly ticker: Ticker;
  readonly after: number;
}

const serverOptions: ServerOptions = {
  noServer: true,
  maxPayload: wireLimits.payloadBytes,
  maxConnections: wireLimits.connections,
};

/** Hangs the page "On the wire" into the site: taps, an echo to look at, and three tickers. */
export function attachWire(site: Site): void {
  const taps = new Map<string, Tap>();
  const tickers = new Map(updateIntervals.map((interval) => [interval, new Ticker(interval)]));
  site.onShutdown(() => {
    for (const ticker of tickers.values()) ticker.stop();
  });

  const read = (request: IncomingMessage): Asked | undefined => {
    const query = new URL(request.url ?? "/", "http://localhost").searchParams;
    const tap = taps.get(query.get("tap") ?? "");
    const ticker = tickers.get(Number(query.get("interval")) as UpdateInterval);
    const after = Number(query.get("after") ?? 0);
    if (tap === undefined || ticker === undefined || !Number.isSafeInteger(after)) return undefined;
    return { tap, ticker, after };
  };

  const tapServer = new WebSocketServer({
    ...serverOptions,
    // A page that cannot keep up with its own taps loses them.
    backpressure: { maxBytes: 8 * 1024 * 1024 },
  });
  tapServer.on("connection", (socket) => {
    const tap = new Tap(socket);
    taps.set(tap.id, tap);
    socket.on("close", () => taps.delete(tap.id));
  });
  site.onUpgrade(wirePaths.tap, tapServer);

  for (const [path, perMessageDeflate] of [
    [wirePaths.socket, false],
    [wirePaths.deflate, { threshold: 0, serverNoContextTakeover: true }],
  ] as const) {
    const findTap = (request: IncomingMessage): Tap | undefined => {
      const query = new URL(request.url ?? "/", "http://localhost").searchParams;
      const tap = taps.get(query.get("tap") ?? "");
      tap?.showRequest(request);
      return tap;
    };
    const server = new TappedServer({ ...serverOptions, perMessageDeflate }, findTap);
    server.on("connection", (socket) => {
      const { burstMessages, messagesPerSecond } = wireLimits;
      echo(socket, new TokenBucket(burstMessages, messagesPerSecond, preciseNowMs()));
    });
    site.onUpgrade(path, server);
  }

  site.onRequest(wirePaths.polling, (request, response) => {
    const asked = read(request);
    if (asked === undefined) refuse(response);
    else answer(request, response, asked.tap, "polling", asked.ticker.after(asked.after));
  });

  site.onRequest(wirePaths.longPolling, (request, response) => {
    const asked = read(request);
    if (asked === undefined || asked.tap.waitingPolls >= wireLimits.waitingPolls) refuse(response);
    else longPoll(request, response, asked);
  });

  const tickerServer = new WebSocketServer({ ...serverOptions, maxPayload: 1_024 });
  tickerServer.on("connection", (socket, request) => {
    const asked = read(request);
    if (asked === undefined) {
      socket.close(1008, "no such tap or interval");
      return;
    }
    const { tap, ticker } = asked;
    const below = request.socket;
    let counted = 0;
    const count = (bytesIn: number, requests: number): void => {
      tap.count("webSocket", { bytesIn, bytesOut: below.bytesWritten - counted, requests });
      counted = below.bytesWritten;
    };
    count(headBytes(request), 1);
    const stop = ticker.listen((update) => {
      socket.send(JSON.stringify(update), () => count(0, 0));
    });
    socket.on("close", stop);
  });
  site.onUpgrade(wirePaths.ticker, tickerServer);
}

/** Waits for an update that the page does not have. */
function longPoll(request: IncomingMessage, response: ServerResponse, asked: Asked): void {
  const { tap, ticker, after } = asked;
  const ready = ticker.after(after);
  if (ready.length > 0) {
    answer(request, response, tap, "longPolling", ready);
    return;
  }
  tap.waitingPolls += 1;
  let isOver = false;
  const finish = (updates: readonly Update[] | null): void => {
    if (isOver) return;
    isOver = true;
    tap.waitingPolls -= 1;
    clearTimeout(timer);
    stop();
    if (updates !== null) answer(request, response, tap, "longPolling", updates);
  };
  const stop = ticker.listen((update) => finish([update]));
  const timer = setTimeout(() => finish([]), wireLimits.longPollMs);
  response.once("close", () => finish(null));
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

function refuse(response: ServerResponse): void {
  response.writeHead(400, { "Content-Type": "text/plain; charset=utf-8" });
  response.end("ask with ?tap=, an interval of the page, and after=");
}
