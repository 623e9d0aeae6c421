/**
 * WebSocket server and client for Node with the API of `ws`.
 *
 * `require("@openline/websocket")` gives the `WebSocket` class, as `require("ws")` does.
 */
export type { ClientOptions } from "./client/options.ts";
export type { PerMessageDeflateOptions } from "./deflate/options.ts";
export type { CloseEvent, ErrorEvent, Event, MessageEvent } from "./events.ts";
export type { BackpressureOptions, HeartbeatOptions, PressureAction } from "./link-options.ts";
export type { ReceivedMessage } from "./messages-of.ts";
export type { BinaryType, RawData } from "./received.ts";
export type { SendData } from "./send-data.ts";
export { type PublishOptions, type ShutdownOptions, WebSocketServer } from "./server.ts";
export {
  type OriginPolicy,
  type ServerOptions,
  serverDefaults,
  type VerifyClientCallbackAsync,
  type VerifyClientCallbackSync,
} from "./server-options.ts";
export { createWebSocketStream } from "./stream.ts";

import { WebSocketServer } from "./server.ts";
import { createWebSocketStream } from "./stream.ts";
import { WebSocket } from "./websocket.ts";

Object.assign(WebSocket, {
  WebSocket,
  WebSocketServer,
  Server: WebSocketServer,
  createWebSocketStream,
});

export {
  WebSocket,
  WebSocket as default,
  WebSocket as "module.exports",
  WebSocketServer as Server,
};
