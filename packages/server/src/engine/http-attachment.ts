import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type AttachOptions, engineDefaults } from "./engine-options.ts";

/** What takes the requests for a path. */
export interface RequestTaker {
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): unknown;
}

/** The path that requests have to begin with. */
export function enginePath({
  path = "/engine.io",
  addTrailingSlash = true,
}: AttachOptions): string {
  const bare = path.replace(/\/$/, "");
  return addTrailingSlash ? `${bare}/` : bare;
}

/**
 * Takes the requests of an HTTP server that are for a path, before its other listeners, which get
 * all the rest. Upgrades that nobody takes are ended after a while.
 */
export function attachTo(server: HttpServer, taker: RequestTaker, options: AttachOptions): void {
  const path = enginePath(options);
  const isOurs = (request: IncomingMessage): boolean => request.url?.startsWith(path) ?? false;
  const others = server.listeners("request") as ((...args: unknown[]) => void)[];
  server.removeAllListeners("request");
  server.on("close", () => taker.close());
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (isOurs(request)) taker.handleRequest(request, response);
    else for (const other of others) other.call(server, request, response);
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (isOurs(request)) taker.handleUpgrade(request, socket, head);
    else if (options.destroyUpgrade !== false) endIfUnanswered(socket, options);
  });
}

/** Somebody listens for upgrades, so that Node does not end those that nobody takes. */
function endIfUnanswered(socket: Duplex, options: AttachOptions): void {
  const delayMs = options.destroyUpgradeTimeout ?? engineDefaults.destroyUpgradeTimeout;
  const timer = setTimeout(() => {
    const { bytesWritten = 0 } = socket as { bytesWritten?: number };
    if (!socket.writable || bytesWritten > 0) return;
    socket.on("error", () => socket.destroy());
    socket.end();
  }, delayMs);
  socket.once("close", () => clearTimeout(timer));
}
