import type { Server } from "node:http";
import { join } from "node:path";
import { createServer } from "vite";
import type { Pages } from "../showcase.ts";

/** Serves the pages from source through Vite, which reloads them when they change. */
export async function openSourcePages(server: Server): Promise<Pages> {
  const vite = await createServer({
    configFile: join(import.meta.dirname, "../../vite.config.ts"),
    server: { middlewareMode: true, hmr: { server } },
    logLevel: "warn",
  });
  return {
    handle(request, response) {
      vite.middlewares(request, response, () => {
        response.writeHead(404, { "Content-Type": "text/plain; charset=utf-8" });
        response.end("There is nothing at this address.\n");
      });
    },
    foreignProtocols: ["vite-hmr", "vite-ping"],
    close: () => vite.close(),
  };
}
