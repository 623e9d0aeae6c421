import type { IncomingMessage } from "node:http";
import { type ServerOptions, WebSocketServer } from "@openline/websocket";
import { wireLimits, wirePaths } from "../../protocol/wire.ts";
import { TokenBucket } from "../chat/token-bucket.ts";
import type { Site } from "../site.ts";
import { preciseNowMs } from "./clock.ts";
import { echo } from "./echo.ts";
import { Tap } from "./tap.ts";
import { TappedServer } from "./tapped-server.ts";
import { Transports } from "./transports.ts";

const serverOptions: ServerOptions = { noServer: true, maxConnections: wireLimits.connections };

/** How the connection that is looked at may be opened, by path. */
const watchedServers = [
  [wirePaths.socket, false],
  // Every message stands for itself, so that a page can inflate it alone.
  [
    wirePaths.deflate,
    { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
  ],
] as const;

/** Hangs the page "On the wire" into the site: taps, an echo to look at, and three transports. */
export function attachWire(site: Site): void {
  const taps = new Map<string, Tap>();
  const findTap = (request: IncomingMessage): Tap | undefined => {
    const { searchParams } = new URL(request.url ?? "/", "http://localhost");
    return taps.get(searchParams.get("tap") ?? "");
  };

  const tapServer = new WebSocketServer({
    ...serverOptions,
    maxPayload: wireLimits.requestBytes,
    // A page that cannot keep up with its own tap loses it, and comes back.
    backpressure: { maxBytes: wireLimits.tapBacklogBytes },
  });
  tapServer.on("connection", (socket) => {
    const tap = new Tap(socket);
    taps.set(tap.id, tap);
    socket.on("close", () => taps.delete(tap.id));
  });
  site.onUpgrade(wirePaths.tap, tapServer);

  for (const [path, perMessageDeflate] of watchedServers) {
    const server = new TappedServer(
      { ...serverOptions, maxPayload: wireLimits.payloadBytes, perMessageDeflate },
      (request) => findTap(request)?.watch(request),
    );
    server.on("connection", (socket) => {
      const { burstMessages, messagesPerSecond } = wireLimits;
      echo(socket, new TokenBucket(burstMessages, messagesPerSecond, preciseNowMs()));
    });
    site.onUpgrade(path, server);
  }

  const transports = new Transports(findTap);
  site.onRequest(wirePaths.polling, (request, response) => transports.poll(request, response));
  site.onRequest(wirePaths.longPolling, (request, response) =>
    transports.longPoll(request, response),
  );
  const tickerServer = new WebSocketServer({
    ...serverOptions,
    maxPayload: wireLimits.requestBytes,
  });
  tickerServer.on("connection", (socket, request) => transports.listen(socket, request));
  site.onUpgrade(wirePaths.ticker, tickerServer);
  site.onShutdown(() => transports.close());
}
