import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";

// biome-ignore lint/suspicious/noExplicitAny: as Node types its listeners
type AnyListener = (...args: any[]) => void;

/** Lets `take` have the requests of a server first; those that it leaves go where they went. */
export function takeRequests(
  server: HttpServer,
  take: (request: IncomingMessage, response: ServerResponse) => boolean,
): void {
  const others = server.listeners("request") as AnyListener[];
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    if (take(request, response)) return;
    for (const other of others) other.call(server, request, response);
  });
}
