import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { WebSocketServer } from "@openline/websocket";
import { attachChat, type ChatOptions } from "./chat/attach-chat.ts";
import { answerControlPort } from "./control-port.ts";
import { pathOf } from "./path-of.ts";
import type { RequestHandler, Site } from "./site.ts";
import { UpgradeRouter } from "./upgrade-router.ts";
import { attachWire } from "./wire/attach-wire.ts";

/** Makes what answers requests for pages; it may hang itself on the server, as Vite's reload does. */
export type OpenPages = (server: Server) => Promise<Pages> | Pages;

export interface Pages {
  readonly handle: RequestHandler;
  /** Subprotocols of handshakes that are not for the showcase. */
  readonly foreignProtocols?: readonly string[];
  close?(): Promise<void>;
}

export interface ShowcaseOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Undefined: all addresses. */
  readonly host?: string | undefined;
  readonly openPages: OpenPages;
  readonly chat: ChatOptions;
  /** Where the process that started this one can be told to kill it; undefined: nowhere. */
  readonly controlPort?: number | undefined;
}

export interface Showcase {
  /** Where a browser on this machine finds it. */
  readonly url: string;
  /** Says goodbye to everybody and resolves when all are gone, at the latest after `graceMs`. */
  shutdown(graceMs: number): Promise<void>;
}

/**
 * Listens, and puts the parts together: pages and chat on one port.
 *
 * @throws Error of `listen` (EADDRINUSE) when the port cannot be had
 */
export async function startShowcase(options: ShowcaseOptions): Promise<Showcase> {
  const server = createServer({ requestTimeout: 30_000 });
  const pages = await options.openPages(server);
  const handlers = new Map<string, RequestHandler>();
  const endings: (() => Promise<void> | void)[] = [];
  const upgrades = new UpgradeRouter(pages.foreignProtocols ?? []);
  server.on("request", (request, response) => {
    const handler = handlers.get(pathOf(request)) ?? pages.handle;
    handler(request, response);
  });
  server.on("upgrade", (request, socket, head) => upgrades.route(request, socket, head));
  const site: Site = {
    httpServer: server,
    onRequest: (path, handler) => handlers.set(path, handler),
    onUpgrade: (path, webSocketServer: WebSocketServer) => upgrades.add(path, webSocketServer),
    onShutdown: (work) => endings.push(work),
  };
  attachChat(site, options.chat);
  attachWire(site);
  answerControlPort(site, options.controlPort);
  await listen(server, options);

  return {
    url: `http://${urlHost(options.host)}:${(server.address() as AddressInfo).port}`,
    async shutdown(graceMs) {
      const ended = Promise.all(endings.map((work) => work()));
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // 1012: the service restarts, come back.
      await upgrades.shutdown({ graceMs, code: 1012, reason: "the server restarts" });
      await ended;
      await pages.close?.();
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, { port, host }: ShowcaseOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function urlHost(host: string | undefined): string {
  if (host === undefined || host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
