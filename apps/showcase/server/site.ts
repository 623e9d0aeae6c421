import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { WebSocketServer } from "@openline/websocket";

/** Answers one HTTP request; it has checked nothing but the path. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** What a part of the showcase hangs itself into: `attachChat(site)`, `attachWire(site)`. */
export interface Site {
  /** For parts that take paths of their own, and leave all others alone. */
  readonly httpServer: Server;
  /** Answers HTTP requests for exactly `path` (the query does not count). */
  onRequest(path: string, handler: RequestHandler): void;
  /**
   * Gives the handshakes for exactly `path` to `server`, which is made with `noServer: true`,
   * emits 'connection', and is shut down with the site.
   */
  onUpgrade(path: string, server: WebSocketServer): void;
  /** Runs `work` when the site begins to shut down: clear timers, end answers that wait. */
  onShutdown(work: () => Promise<void> | void): void;
}
