import { execFile } from "node:child_process";
import type { EventEmitter } from "node:events";
import { createServer, type Server as HttpServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";
import type { ClientOptions, Server, ServerOptions, Socket, Target } from "./targets.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  // Newest first: clients go before their server.
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Runs `cleanup` after the current test, whatever its outcome. */
export function onTestEnd(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

/** The arguments of the next `event`. Unlike `once` of node:events it leaves 'error' alone. */
export function next<Args extends unknown[]>(emitter: EventEmitter, event: string): Promise<Args> {
  return new Promise((resolve) => {
    emitter.once(event, (...args: Args) => resolve(args));
  });
}

/** The error that ends the connection `socket`; also swallows it, as a careful program would. */
export async function nextError(socket: EventEmitter): Promise<Error & { code?: string }> {
  const [error] = await next<[Error & { code?: string }]>(socket, "error");
  return error;
}

/** The code and text of 'close'. */
export async function nextClose(socket: Socket): Promise<{ code: number; reason: string }> {
  const [code, reason] = await next<[number, Buffer]>(socket, "close");
  return { code, reason: reason.toString() };
}

/** Notes the names of events as they come, each with what `detail` makes of its arguments. */
export function record(
  emitter: EventEmitter,
  events: readonly string[],
  log: string[] = [],
  prefix = "",
): string[] {
  for (const event of events) emitter.on(event, () => log.push(`${prefix}${event}`));
  return log;
}

/** Stops `server` and everything that is connected to it when the test ends. */
export function track<AnyServer extends Server>(server: AnyServer): AnyServer {
  onTestEnd(() => {
    for (const client of server.clients ?? []) client.terminate();
    server.close();
  });
  return server;
}

/** Ends `client` when the test does. */
export function trackClient<AnySocket extends Socket>(client: AnySocket): AnySocket {
  onTestEnd(() => {
    // A failed or aborted handshake reports an error, which no longer matters.
    client.on("error", () => {});
    client.terminate();
  });
  return client;
}

export interface Listening {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
}

/** Starts a server of `target` on a free loopback port. */
export async function listen(target: Target, options: ServerOptions = {}): Promise<Listening> {
  const server = track(new target.WebSocketServer({ port: 0, host: "127.0.0.1", ...options }));
  await next(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `ws://127.0.0.1:${port}` };
}

export interface HttpListening {
  readonly http: HttpServer;
  readonly port: number;
  readonly url: string;
}

/** Starts a plain HTTP server on a free loopback port. */
export async function listenHttp(handler?: RequestListener): Promise<HttpListening> {
  const http = createServer(handler);
  // A client under test may hang up in any way.
  http.on("connection", (socket) => socket.on("error", () => {}));
  onTestEnd(() => {
    http.closeAllConnections();
    http.close();
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  return { http, port, url: `ws://127.0.0.1:${port}` };
}

/** Makes a client of `target` that ends with the test. */
export function connect(
  target: Target,
  url: string | URL,
  protocols?: string | string[] | ClientOptions,
  options?: ClientOptions,
): Socket {
  return trackClient(new target.WebSocket(url, protocols, options));
}

export interface Pair {
  readonly server: Server;
  /** The server's end. */
  readonly socket: Socket;
  readonly client: Socket;
}

/** An open connection of `target` to itself. */
export async function openPair(
  target: Target,
  serverOptions: ServerOptions = {},
  clientOptions: ClientOptions = {},
): Promise<Pair> {
  const { server, url } = await listen(target, serverOptions);
  const connected = next<[Socket]>(server, "connection");
  const client = connect(target, url, clientOptions);
  const [[socket]] = await Promise.all([connected, next(client, "open")]);
  return { server, socket, client };
}

/** A promise with its handles, for events that a callback reports. */
export function deferred<Value>(): {
  promise: Promise<Value>;
  resolve: (value: Value) => void;
  reject: (error: unknown) => void;
} {
  let resolve!: (value: Value) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<Value>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/** Runs `program` as a CommonJS module in a Node of its own, and gives what it printed. */
export function runCommonJs(program: string): Promise<string> {
  // The packages are loaded from their TypeScript sources, as in the tests themselves.
  const args = ["--conditions=@openline/source", "--import", "tsx", "--input-type=commonjs"];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [...args, "--eval", program], (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(stdout);
    });
  });
}
