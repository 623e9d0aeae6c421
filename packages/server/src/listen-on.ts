import { createServer, type Server } from "node:http";

/** Of a request's head: as `WebSocketServer` has it. */
const HEAD_BYTES = 8_192;
const HEAD_MS = 10_000;
/** How often late requests are looked for. */
const CHECK_EVERY_MS = 1_000;

/**
 * An HTTP server of our own, whose requests have to be whole within `messageMs`. Of one that the user brings,
 * the limits are the user's, or Node's.
 */
export function listenOn(port: number, messageMs: number): Server {
  // Node's 0 is no limit.
  const requestTimeout = messageMs === Number.POSITIVE_INFINITY ? 0 : messageMs;
  const server = createServer(
    {
      maxHeaderSize: HEAD_BYTES,
      headersTimeout: Math.min(HEAD_MS, messageMs),
      requestTimeout,
      connectionsCheckingInterval: CHECK_EVERY_MS,
    },
    (_request, response) => {
      response.writeHead(404);
      response.end();
    },
  );
  return server.listen(port);
}
