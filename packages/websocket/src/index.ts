/**
 * WebSocket server and client for Node with the API of `ws`.
 *
 * `require("@openline/websocket")` gives the `WebSocket` class, as `require("ws")` does.
 */
import type { ClientRequest, IncomingMessage } from "node:http";
import type * as net from "node:net";
import type * as client from "./client/options.ts";
import type * as deflate from "./deflate/options.ts";
import type * as target from "./event-target.ts";
import type * as events from "./events.ts";
import type * as received from "./received.ts";
import * as server from "./server.ts";
import type * as serverOptions from "./server-options.ts";
import * as stream from "./stream.ts";
import { WebSocket as Base } from "./websocket.ts";

export type { PerMessageDeflateOptions } from "./deflate/options.ts";
export type { EventListenerOptions } from "./event-target.ts";
export type { BackpressureOptions, HeartbeatOptions, PressureAction } from "./link-options.ts";
export type { ReceivedMessage } from "./messages-of.ts";
export type { PublishOptions } from "./publish.ts";
export type { BinaryType, RawData } from "./received.ts";
export type { SendData } from "./send-data.ts";
export { type ShutdownOptions, WebSocketServer, WebSocketServer as Server } from "./server.ts";
export {
  type OriginPolicy,
  type ServerOptions,
  serverDefaults,
  type VerifyClientCallbackAsync,
  type VerifyClientCallbackSync,
} from "./server-options.ts";
export { createWebSocketStream } from "./stream.ts";
export type { SendOptions } from "./websocket.ts";

/** What hangs on the class in ws, for code that has nothing but it. */
interface Attached {
  readonly WebSocket: typeof WebSocket;
  readonly WebSocketServer: typeof server.WebSocketServer;
  readonly Server: typeof server.WebSocketServer;
  readonly createWebSocketStream: typeof stream.createWebSocketStream;
}

export type WebSocket = Base;

/** The class, with the rest of the package on it as in ws. */
export const WebSocket: typeof Base & Attached = Object.assign(Base, {
  WebSocketServer: server.WebSocketServer,
  Server: server.WebSocketServer,
  createWebSocketStream: stream.createWebSocketStream,
}) as typeof Base & Attached; // WebSocket itself follows
Object.assign(WebSocket, { WebSocket });

/** The types as `@types/ws` names them. */
export declare namespace WebSocket {
  type WebSocket = Base;
  type RawData = received.RawData;
  type Data = string | Buffer | ArrayBuffer | Buffer[];
  type ClientOptions = client.ClientOptions<Base>;
  type FinishRequestCallback = (request: ClientRequest, websocket: Base) => void;
  type PerMessageDeflateOptions = deflate.PerMessageDeflateOptions;
  type Event = events.Event<Base>;
  type MessageEvent = events.MessageEvent<Base>;
  type CloseEvent = events.CloseEvent<Base>;
  type ErrorEvent = events.ErrorEvent<Base>;
  type WebSocketEventMap = target.EventMap<Base>;
  type EventListenerOptions = target.EventListenerOptions;
  type AddressInfo = net.AddressInfo;
  type CertMeta = string | string[] | Buffer | Buffer[];
  type ServerOptions<
    Client extends typeof Base = typeof Base,
    Request extends typeof IncomingMessage = typeof IncomingMessage,
  > = serverOptions.ServerOptions<Client, Request>;
  type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> =
    serverOptions.VerifyClientCallbackSync<Request>;
  type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> =
    serverOptions.VerifyClientCallbackAsync<Request>;
  type Server<
    Client extends typeof Base = typeof Base,
    Request extends typeof IncomingMessage = typeof IncomingMessage,
  > = server.WebSocketServer<Client, Request>;
  type WebSocketServer<
    Client extends typeof Base = typeof Base,
    Request extends typeof IncomingMessage = typeof IncomingMessage,
  > = server.WebSocketServer<Client, Request>;
}

export type ClientOptions = WebSocket.ClientOptions;
export type FinishRequestCallback = WebSocket.FinishRequestCallback;
export type CloseEvent = WebSocket.CloseEvent;
export type Data = WebSocket.Data;
export type ErrorEvent = WebSocket.ErrorEvent;
export type Event = WebSocket.Event;
export type MessageEvent = WebSocket.MessageEvent;
export type WebSocketEventMap = WebSocket.WebSocketEventMap;
export type AddressInfo = WebSocket.AddressInfo;
export type CertMeta = WebSocket.CertMeta;

export { WebSocket as default, WebSocket as "module.exports" };
