import type { Server as HttpServer } from "node:http";
import cors from "cors";
import { type ApiHost, HttpApi } from "./api/http-api.ts";
import type { Logger } from "./guard/logger.ts";
import { bundleNameOf, ClientBundles } from "./http/client-bundles.ts";
import { Health } from "./http/health.ts";
import { OriginGuard } from "./http/origin-guard.ts";
import { takeRequests } from "./http/take-requests.ts";
import type { ServerOptions } from "./server-options.ts";

/** What the services need of their server. */
export interface HttpServicesHost {
  /** The path of the client's bundles, as it is now; null: they are not served. */
  bundlesPath(): string | null;
  findForApi: ApiHost["find"];
  /** What keeps the server from taking clients. */
  unreadiness(): readonly string[];
  /** Where refusals are written; null: nowhere. */
  readonly logger: Logger | null;
  reportError(error: unknown, event: string): void;
}

/** Lets an HTTP server answer, beside the connections of clients, what its options ask for. */
export function serveHttp(
  server: HttpServer,
  options: Partial<ServerOptions>,
  host: HttpServicesHost,
): void {
  const { health, httpApi } = options;
  if (host.bundlesPath() !== null) serveBundles(server, options, host);
  if (health !== undefined && health !== false) {
    const service = new Health(health === true ? {} : health, () => host.unreadiness());
    takeRequests(server, (request, response) => service.take(request, response));
  }
  if (httpApi !== undefined) {
    const origins = new OriginGuard(options.origins, options.cors);
    const api = new HttpApi(httpApi, {
      checkOrigin: (request, decided) => origins.check(request, decided),
      find: (name) => host.findForApi(name),
      logger: host.logger,
      reportError: (error) => host.reportError(error, "httpApi"),
    });
    takeRequests(server, (request, response) => {
      if (!api.isFor(request)) return false;
      api.handle(request, response);
      return true;
    });
  }
}

function serveBundles(
  server: HttpServer,
  options: Partial<ServerOptions>,
  host: HttpServicesHost,
): void {
  const bundles = new ClientBundles();
  const allowOrigins = options.cors === undefined ? null : cors(options.cors as cors.CorsOptions);
  takeRequests(server, (request, response) => {
    const path = host.bundlesPath();
    const name = path === null ? undefined : bundleNameOf(request.url ?? "", path);
    if (name === undefined) return false;
    const serve = (): void => {
      bundles.serve(name, request, response).catch((error: unknown) => {
        host.reportError(error, "serveClient");
        response.destroy();
      });
    };
    if (allowOrigins === null) serve();
    else allowOrigins(request, response, serve);
    return true;
  });
}
