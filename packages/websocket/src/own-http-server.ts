import { createServer, type Server, STATUS_CODES } from "node:http";
import { serverDefaults } from "./server-options.ts";

/** Where a server of our own listens, and how long a handshake may take there. */
export interface OwnHttpServerOptions {
  readonly port?: number | null | undefined;
  readonly host?: string | undefined;
  readonly backlog?: number | undefined;
  readonly handshakeTimeout?: number | undefined;
}

/** Request headers larger than this get 431 (Node's own limit is 16 KiB). */
const MAX_HEADER_BYTES = 8 * 1024;

/** An http server that knows nothing but upgrades: plain requests get 426 (RFC 9110 §15.5.22). */
export function listenForUpgrades(options: OwnHttpServerOptions, onListening?: () => void): Server {
  const { handshakeTimeout = serverDefaults.handshakeTimeout } = options;
  const timeoutMs = Number.isFinite(handshakeTimeout) ? handshakeTimeout : 0;
  const server = createServer(
    {
      // Against headers that come a byte at a time; Node looks once an interval.
      headersTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      connectionsCheckingInterval: Math.max(100, Math.min(1_000, timeoutMs / 2)),
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    (_request, response) => {
      const body = STATUS_CODES[426] ?? "";
      response.writeHead(426, {
        "Content-Length": body.length,
        "Content-Type": "text/plain",
        Upgrade: "websocket",
        Connection: "Upgrade, close",
      });
      response.end(body);
    },
  );
  const { port, host, backlog } = options;
  server.listen(
    {
      port: port ?? 0,
      ...(host === undefined ? {} : { host }),
      ...(backlog === undefined ? {} : { backlog }),
    },
    onListening,
  );
  return server;
}
