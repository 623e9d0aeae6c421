/**
 * Prometheus metrics of a server.
 *
 * ```ts
 * import { metrics } from "openline/metrics";
 *
 * metrics(io); // GET /metrics
 * ```
 */

import { timingSafeEqual } from "node:crypto";
import type { Server as HttpServer } from "node:http";
import type { Registry } from "prom-client";
import { takeRequests } from "./http/take-requests.ts";
import {
  type MetricsOptions,
  makeMetrics,
  type NamespaceFigures,
} from "./observe/metrics-registry.ts";
import type { Server } from "./server.ts";

export interface MetricsEndpointOptions extends MetricsOptions {
  /** Where they are served by the server's own HTTP server. Default "/metrics"; null: nowhere. */
  readonly path?: string | null | undefined;
  /** Whoever asks must bear it: `Authorization: Bearer <key>`. Default: anybody may look. */
  readonly key?: string | undefined;
}

export interface Metrics {
  readonly registry: Registry;
  /** Ends the counting. */
  close(): void;
}

/**
 * Counts what a server does, and serves it to Prometheus. What happens by events (connections, refusals,
 * commits) is counted for all servers of the process.
 */
export function metrics(io: Server, options: MetricsEndpointOptions = {}): Metrics {
  const { path = "/metrics", key } = options;
  const made = makeMetrics(
    {
      connections: () => connectionsOf(io),
      namespaces: () => namespacesOf(io),
      get traffic() {
        return io.engine.traffic;
      },
    },
    options,
  );
  if (path !== null) serve(io.httpServer as HttpServer, path, key, made.registry);
  return made;
}

function serve(http: HttpServer, path: string, key: string | undefined, registry: Registry): void {
  takeRequests(http, (request, response) => {
    if (request.url?.split("?", 1)[0] !== path) return false;
    if (key !== undefined && !isSame(request.headers.authorization ?? "", `Bearer ${key}`)) {
      response.writeHead(401, { "WWW-Authenticate": "Bearer" }).end();
      return true;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { "Content-Type": registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
    return true;
  });
}

function isSame(a: string, b: string): boolean {
  const [given, known] = [Buffer.from(a), Buffer.from(b)];
  return given.length === known.length && timingSafeEqual(given, known);
}

function connectionsOf(io: Server): Map<string, number> {
  const counts = new Map([
    ["polling", 0],
    ["websocket", 0],
  ]);
  for (const { transport } of io.engine.clients.values()) {
    counts.set(transport.name, (counts.get(transport.name) ?? 0) + 1);
  }
  return counts;
}

/** Namespaces of a pattern count as one: their names are the clients' choice. */
function* namespacesOf(io: Server): Generator<NamespaceFigures> {
  for (const namespace of io._nsps.values()) {
    const subscriptions = namespace.delivery?.subscriptions;
    const sessions = subscriptions?.admissions.sessions;
    yield {
      name: namespace.isDynamic ? "dynamic" : namespace.name,
      sockets: namespace.sockets.size,
      rooms: namespace.adapter.rooms.size,
      away: sessions?.lostCount ?? 0,
      replays: subscriptions?.replays ?? 0,
    };
  }
}
