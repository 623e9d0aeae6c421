import { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Query } from "./query.ts";

/** A request as the server sees it, with its query read. */
export type EngineIncomingMessage = IncomingMessage & { _query: Query };

/** What stays of the connection below a request. */
interface ConnectionFacts {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly encrypted: boolean;
}

/** Fields that Node's own requests have; whatever else is there was put by middlewares. */
const nodesOwn: ReadonlySet<string> = new Set([
  ...Object.keys(new IncomingMessage(undefined as unknown as Socket)), // as Node's own tests do
  "_consuming",
  "_dumped",
  "_query",
  "client",
  "res",
  "upgrade",
]);

/**
 * What stays of the request that opened a session: method, url, headers, address, and everything
 * that middlewares put on it (`session`, `user`). The request itself, with its socket, parser and
 * buffers, is let go: it is several kilobytes a connection.
 */
export function slimRequest(request: EngineIncomingMessage): EngineIncomingMessage {
  // It is an IncomingMessage to `instanceof` and to what middlewares hang on the prototype.
  const slim = Object.create(IncomingMessage.prototype) as Record<string, unknown>;
  slim.method = request.method;
  slim.url = request.url;
  slim.httpVersion = request.httpVersion;
  define(slim, "headers", request.headers);
  slim._query = request._query;
  const { remoteAddress, remotePort } = request.socket;
  const facts: ConnectionFacts = {
    remoteAddress,
    remotePort,
    encrypted: (request.socket as { encrypted?: boolean }).encrypted === true,
  };
  define(slim, "socket", facts);
  define(slim, "connection", facts);
  for (const key of Object.keys(request)) {
    if (!nodesOwn.has(key)) slim[key] = request[key as keyof IncomingMessage];
  }
  return slim as unknown as EngineIncomingMessage;
}

/** Some of these are accessors on the prototype, which an assignment would call. */
function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}
