import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type ServerOptions, type WebSocket, WebSocketServer } from "@openline/websocket";
import { type TapListener, TappedSocket } from "./tapped-socket.ts";

/** Finds who looks at a connection; undefined if nobody does. */
export type FindTap = (request: IncomingMessage) => TapListener | undefined;

/** A WebSocket server whose connections can be looked at. */
export class TappedServer extends WebSocketServer {
  private readonly findTap: FindTap;

  constructor(options: ServerOptions, findTap: FindTap) {
    super(options);
    this.findTap = findTap;
  }

  override handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: (client: WebSocket, request: IncomingMessage) => void,
  ): void {
    const listener = this.findTap(request);
    const looked =
      listener === undefined ? socket : new TappedSocket(socket as Socket, head, listener);
    super.handleUpgrade(request, looked, head, callback);
  }
}
