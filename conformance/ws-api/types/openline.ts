/**
 * TypeScript as it is written for `ws`, in every shape that `@types/ws` allows. The type
 * check compiles it twice, here with the types of `ws` and in the file beside it with ours;
 * types.test.ts sees to it that nothing but the import differs.
 */
import { EventEmitter } from "node:events";
import {
  Agent,
  type ClientRequest,
  createServer,
  IncomingMessage,
  type OutgoingHttpHeaders,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import WebSocket, {
  type ClientOptions,
  type CloseEvent,
  createWebSocketStream,
  type Data,
  type ErrorEvent,
  type Event,
  type EventListenerOptions,
  type FinishRequestCallback,
  type MessageEvent,
  WebSocket as NamedWebSocket,
  type PerMessageDeflateOptions,
  type RawData,
  type Server,
  type ServerOptions,
  type VerifyClientCallbackAsync,
  type VerifyClientCallbackSync,
  WebSocketServer,
} from "@openline/websocket";

// Names of the namespace.
export const rawData: WebSocket.RawData = Buffer.from("a");
export const data: WebSocket.Data = "a";
export const deflate: WebSocket.PerMessageDeflateOptions = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: 10,
  clientMaxWindowBits: 10,
  zlibDeflateOptions: { chunkSize: 1024, memLevel: 7, level: 3 },
  zlibInflateOptions: { chunkSize: 10 * 1024 },
  threshold: 1024,
  concurrencyLimit: 10,
};
export const serverOptions: WebSocket.ServerOptions = { port: 0, perMessageDeflate: deflate };
export const clientOptions: WebSocket.ClientOptions = { handshakeTimeout: 1000 };
export const listenerOptions: WebSocket.EventListenerOptions = { once: true };
export const certificate: WebSocket.CertMeta = [Buffer.from("a")];
export const finish: WebSocket.FinishRequestCallback = (request) => request.end();
export const isAllowed: WebSocket.VerifyClientCallbackSync = ({ origin, secure, req }) =>
  origin === "a" && secure && req.url === "/";
export const decide: WebSocket.VerifyClientCallbackAsync = (info, callback) => {
  const headers: OutgoingHttpHeaders = {
    "X-Why": "because",
    "Set-Cookie": ["a=1"],
    "Retry-After": 1,
  };
  if (info.secure) callback(true);
  else callback(false, 403, "no", headers);
};
export function address(server: Server): WebSocket.AddressInfo | string | null {
  return server.address();
}

// The same names, imported.
export const named: [
  RawData,
  Data,
  ServerOptions,
  ClientOptions,
  PerMessageDeflateOptions,
  EventListenerOptions,
  FinishRequestCallback,
  VerifyClientCallbackSync,
  VerifyClientCallbackAsync,
] = [
  rawData,
  data,
  serverOptions,
  clientOptions,
  deflate,
  listenerOptions,
  finish,
  isAllowed,
  decide,
];

export function text(received: RawData): string {
  if (Array.isArray(received)) return Buffer.concat(received).toString();
  if (received instanceof ArrayBuffer) return Buffer.from(received).toString();
  return received.toString("utf8");
}

// The server.
export const plain = new WebSocketServer({ port: 8080 });
export const withCallback = new WebSocketServer({ port: 8080, host: "::" }, () => {});
export const withServer: WebSocketServer = new WebSocketServer({ server: createServer() });
export const withSecureServer = new WebSocketServer({ server: createSecureServer({}) });
export const withEverything = new WebSocketServer({
  noServer: true,
  backlog: 5,
  path: "/chat",
  clientTracking: true,
  allowSynchronousEvents: false,
  autoPong: true,
  maxPayload: 1024,
  maxBufferedChunks: 1,
  maxFragments: 1,
  skipUTF8Validation: true,
  verifyClient: decide,
  handleProtocols: (protocols: Set<string>, request: IncomingMessage) =>
    request.url === "/" && protocols.has("a") ? "a" : false,
});
const maybe = undefined as number | undefined;
export const withUndefined = new WebSocketServer({ port: maybe, host: undefined, path: undefined });

plain.on("listening", () => {});
plain.on("connection", (socket, request) => {
  const typed: WebSocket = socket;
  const incoming: IncomingMessage = request;
  typed.send(incoming.url ?? "");
});
plain.on("connection", function (this: Server, socket: WebSocket, request: IncomingMessage) {
  this.clients.forEach((client) => {
    if (client !== socket && client.readyState === WebSocket.OPEN) client.send(request.url ?? "");
  });
});
plain.on("headers", (headers: string[], request: IncomingMessage) =>
  headers.push(request.url ?? ""),
);
plain.on("wsClientError", (error: Error, socket: Duplex, request: IncomingMessage) => {
  socket.destroy(error);
  request.destroy();
});
plain.on("error", (error: Error) => error.message);
plain.on("close", () => {});
plain.once("listening", () => {}).addListener("error", () => {});
plain.off("close", () => {}).removeListener("close", () => {});
plain.close();
plain.close((error?: Error) => error?.message);
plain.shouldHandle = (request: IncomingMessage) => request.url === "/";
export const port: number = (plain.address() as AddressInfo).port;

// An authenticated user rides along with 'connection', as in the README of ws.
interface User {
  name: string;
}
plain.on("connection", (socket: WebSocket, _request: IncomingMessage, user: User) => {
  socket.send(user.name);
});
const http = createServer();
http.on("upgrade", (request, socket, head) => {
  plain.handleUpgrade(request, socket, head, (client, again) => {
    plain.emit("connection", client, again, { name: "ann" });
  });
});

// A class of one's own.
class Visitor extends WebSocket {
  isAlive = true;
  greet(): void {
    this.send("welcome");
  }
}
export const custom = new WebSocketServer({ port: 0, WebSocket: Visitor });
custom.on("connection", (socket) => {
  socket.isAlive = false;
  socket.greet();
});
custom.clients.forEach((client) => {
  client.greet();
});
export function closeAll(server: Server<typeof Visitor>): void {
  for (const visitor of server.clients) if (!visitor.isAlive) visitor.terminate();
}

class OwnRequest extends IncomingMessage {
  user = "ann";
}
export const generic = new WebSocketServer<typeof WebSocket, typeof OwnRequest>({
  server: createServer({ IncomingMessage: OwnRequest }),
  verifyClient: ((info: { req: OwnRequest }) =>
    info.req.user === "ann") as VerifyClientCallbackSync<OwnRequest>,
});
generic.on("connection", (_socket, request) => request.user);

class OwnServer extends WebSocketServer {
  override shouldHandle(request: IncomingMessage): boolean {
    return super.shouldHandle(request) && request.method === "GET";
  }
}
export const own: WebSocketServer = new OwnServer({ noServer: true });

// The client.
export const client = new WebSocket("ws://127.0.0.1:8080");
export const fromUrl = new WebSocket(new URL("ws://127.0.0.1:8080"));
export const withProtocol = new WebSocket("ws://127.0.0.1", "chat");
export const withProtocols = new WebSocket("ws://127.0.0.1", ["chat", "talk"]);
export const withOptions = new WebSocket("ws://127.0.0.1", { headers: { Cookie: "a=1" } });
export const withBoth = new WebSocket("ws://127.0.0.1", ["chat"], {
  protocolVersion: 13,
  origin: "http://localhost",
  agent: new Agent(),
  followRedirects: true,
  maxRedirects: 3,
  handshakeTimeout: 1000,
  perMessageDeflate: false,
  rejectUnauthorized: false,
  ca: "ca",
  cert: "cert",
  key: Buffer.from("key"),
  passphrase: "secret",
  localAddress: "127.0.0.1",
  family: 4,
  maxPayload: 1,
  skipUTF8Validation: true,
  autoPong: false,
  allowSynchronousEvents: true,
  generateMask(mask: Buffer) {
    mask.fill(0);
  },
  finishRequest: (request, websocket) => {
    request.setHeader("X-Url", websocket.url);
    request.end();
  },
});
export const withUndefinedProtocols = new WebSocket("ws://127.0.0.1", undefined, { auth: "a:b" });
export const forServers = new WebSocket(null);
export const byName: WebSocket = new NamedWebSocket("ws://127.0.0.1");

client.on("open", () => client.send("hello"));
client.on("open", function open() {
  this.send("hello");
});
client.on("message", (received: RawData, isBinary: boolean) => [text(received), isBinary]);
client.on("message", (received) => {
  const parsed: unknown = JSON.parse(received.toString());
  return parsed;
});
client.on("close", (code: number, reason: Buffer) => `${code} ${reason.toString("utf8")}`);
client.on("error", (error: Error) => error.message);
client.on("error", console.error);
client.on("ping", (payload: Buffer) => payload.length);
client.on("pong", function heartbeat(payload) {
  this.ping(payload.length);
});
client.on("upgrade", (response: IncomingMessage) => response.headers);
client.on("redirect", (url: string, request: ClientRequest) => request.setHeader("X-To", url));
client.on("unexpected-response", (request: ClientRequest, response: IncomingMessage) => {
  request.destroy();
  response.resume();
});
client.on("an event of one's own", (one: number, two: string) => [one, two]);
client.emit("an event of one's own", 1, "two");
client.once("open", () => {}).addListener("pong", () => {});
client.off("message", () => {}).removeListener("close", () => {});
client.removeAllListeners();

client.onopen = (event: Event) => event.target.send(event.type);
client.onmessage = (event: MessageEvent) => typeof event.data === "string" && event.target.close();
client.onclose = (event: CloseEvent) => [event.code, event.reason, event.wasClean];
client.onerror = ({ error, message }: ErrorEvent) => [error, message];
client.onmessage = ({ data: received }) => received.toString();
client.onmessage = null;
client.addEventListener("message", (event: WebSocket.MessageEvent) => event.data, { once: true });
client.addEventListener("close", ({ code }) => code > 1000);
client.addEventListener("open", { handleEvent: (event) => event.type });
client.removeEventListener("message", () => {});

client.send("text");
client.send(42);
client.send(Buffer.from("a"));
client.send(new Uint8Array(1));
client.send(new Float32Array(1).buffer);
client.send(new DataView(new ArrayBuffer(1)));
client.send(new SharedArrayBuffer(1));
client.send([1, 2, 3]);
client.send(new Blob(["a"]));
client.send("text", (error?: Error) => error?.message);
client.send("text", { binary: true, compress: false, fin: true, mask: true });
client.send("text", { binary: maybe === 1 }, (error) => error?.message);
client.ping();
client.ping("a", true, (error: Error) => error.message);
client.pong(Buffer.from("a"), false);
client.close();
client.close(1000, "bye");
client.close(1000, Buffer.from("bye"));
client.terminate();
client.pause();
client.resume();
client.binaryType = "arraybuffer";
client.binaryType = "fragments";
export const binaryType: "nodebuffer" | "arraybuffer" | "fragments" | "blob" = client.binaryType;
export const states: [0, 1, 2, 3] = [
  WebSocket.CONNECTING,
  WebSocket.OPEN,
  client.CLOSING,
  client.CLOSED,
];
export const state: 0 | 1 | 2 | 3 = client.readyState;
export const properties: [string, string, string, number, boolean] = [
  client.url,
  client.protocol,
  client.extensions,
  client.bufferedAmount,
  client.isPaused,
];
export const emitter: EventEmitter = client;
export const emitters: EventEmitter[] = [plain, new EventEmitter()];

export const stream: Duplex = createWebSocketStream(client, { encoding: "utf8" });
process.stdin.pipe(createWebSocketStream(client)).pipe(process.stdout);

// Where people keep sockets.
export const rooms = new Map<string, Set<WebSocket>>();
export const names = new WeakMap<WebSocket, string>();
export interface Client extends WebSocket {
  isAlive?: boolean;
  id: string;
}
plain.on("connection", (socket: Client) => {
  socket.isAlive = true;
  socket.id = "1";
});
