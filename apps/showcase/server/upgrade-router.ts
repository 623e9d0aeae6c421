import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { ShutdownOptions, WebSocketServer } from "@openline/websocket";
import { pathOf } from "./path-of.ts";

const socketIoPath = "/socket.io/";

/** Gives each WebSocket handshake to the server of its path: several servers on one port. */
export class UpgradeRouter {
  private readonly servers = new Map<string, WebSocketServer>();
  private readonly foreignProtocols: readonly string[];

  /** @param foreignProtocols subprotocols whose handshakes somebody else answers */
  constructor(foreignProtocols: readonly string[]) {
    this.foreignProtocols = foreignProtocols;
  }

  add(path: string, server: WebSocketServer): void {
    this.servers.set(path, server);
  }

  route(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const protocol = request.headers["sec-websocket-protocol"];
    if (protocol !== undefined && this.foreignProtocols.includes(protocol)) return;
    const path = pathOf(request);
    // The Socket.IO server listens for its own.
    if (path.startsWith(socketIoPath)) return;
    const server = this.servers.get(path);
    if (server === undefined) {
      // Without a listener, an error of a socket that goes away now would end the process.
      socket.on("error", () => socket.destroy());
      socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    server.handleUpgrade(request, socket, head, (webSocket) =>
      server.emit("connection", webSocket, request),
    );
  }

  async shutdown(options: ShutdownOptions): Promise<void> {
    await Promise.all([...this.servers.values()].map((server) => server.shutdown(options)));
  }
}
