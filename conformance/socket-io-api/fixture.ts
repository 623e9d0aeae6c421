import { once } from "node:events";
import { createServer, type Server as HttpServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Namespace, Server, ServerOptions, Socket } from "openline";
import { type Socket as ClientSocket, io as connectClient } from "socket.io-client";
import * as msgpack from "socket.io-msgpack-parser";
import { afterEach } from "vitest";
import { type Implementation, implementations } from "../socket-io-implementations.ts";

export type { ClientSocket, Implementation, Namespace, Server, ServerOptions, Socket };
export { implementations };
export type ClientOptions = NonNullable<Parameters<typeof connectClient>[1]>;

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  // Newest first: clients go before their server.
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Runs `cleanup` after the current test, whatever its outcome. */
export function onTestEnd(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

/** A way for packets to go: transports of the client, and the parser of both. */
export interface Way {
  readonly way: string;
  readonly server: Partial<ServerOptions>;
  readonly client: ClientOptions;
}

const polling: ClientOptions = { transports: ["polling"] };
const websocket: ClientOptions = { transports: ["websocket"] };

export const transports: readonly Way[] = [
  { way: "polling", server: {}, client: polling },
  { way: "websocket", server: {}, client: websocket },
  { way: "polling that upgrades", server: {}, client: {} },
];

export const ways: readonly Way[] = [
  ...transports,
  {
    way: "polling with msgpack",
    server: { parser: msgpack },
    client: { ...polling, parser: msgpack },
  },
  {
    way: "websocket with msgpack",
    server: { parser: msgpack },
    client: { ...websocket, parser: msgpack },
  },
];

/** Every implementation with each of `over`, for `describe.each`. */
export function each(over: readonly Way[]): (Implementation & Way)[] {
  return implementations.flatMap((implementation) =>
    over.map((way) => ({ ...implementation, ...way })),
  );
}

/** A server on a free port. */
export interface Running {
  readonly io: Server;
  readonly http: HttpServer;
  readonly port: number;
  readonly url: string;
}

/** Lets `http` listen on a free loopback port until the test ends. */
export async function listen(http: HttpServer): Promise<{ port: number; url: string }> {
  onTestEnd(() => {
    http.closeAllConnections();
    http.close();
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}` };
}

/** Starts a server; it is closed after the test. */
export async function start(
  { Server: Chosen }: Pick<Implementation, "Server">,
  options: Partial<ServerOptions> = {},
  handler?: RequestListener,
): Promise<Running> {
  const http = createServer(handler);
  const io = closing(new Chosen(http, options));
  return { io, http, ...(await listen(http)) };
}

/** Closes a server after the test. */
export function closing<Any extends Pick<Server, "close">>(io: Any): Any {
  onTestEnd(() => io.close());
  return io;
}

/** Makes a stock client; it is closed after the test. */
export function client(url: string, options: ClientOptions = {}): ClientSocket {
  const socket = connectClient(url, { forceNew: true, reconnection: false, ...options });
  onTestEnd(() => socket.disconnect());
  return socket;
}

/** A stock client that is connected. */
export async function connect(url: string, options: ClientOptions = {}): Promise<ClientSocket> {
  const socket = client(url, options);
  await connected(socket);
  return socket;
}

/** @throws what keeps the client out */
export function connected(socket: ClientSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
}

/** What can be listened to, of either side. */
interface Emitter {
  on(event: never, listener: never): unknown;
  once(event: never, listener: never): unknown;
}

/** The arguments of the next such event; unlike `once` of node:events it leaves 'error' alone. */
export function next<Args extends unknown[] = unknown[]>(
  emitter: Emitter,
  event: string,
): Promise<Args> {
  return new Promise((resolve) => {
    const listener = (...args: Args): void => resolve(args);
    emitter.once(event as never, listener as never); // typed in as many ways as there are emitters
  });
}

/** Resolves to the arguments of the first `count` such events. */
export function several<Args extends unknown[] = unknown[]>(
  emitter: Emitter,
  event: string,
  count: number,
): Promise<Args[]> {
  return new Promise((resolve) => {
    const all: Args[] = [];
    const listener = (...args: Args): void => {
      all.push(args);
      if (all.length === count) resolve(all);
    };
    emitter.on(event as never, listener as never); // as above
  });
}

/** A client, and the server's end of it. */
export interface Pair extends Running {
  readonly socket: Socket;
  readonly client: ClientSocket;
}

/** A server with a client that is connected to its main namespace. */
export async function pair(
  setup: Implementation & Way,
  serverOptions: Partial<ServerOptions> = {},
  clientOptions: ClientOptions = {},
): Promise<Pair> {
  const running = await start(setup, { ...setup.server, ...serverOptions });
  const both = await join(running, { ...setup.client, ...clientOptions });
  return { ...running, ...both };
}

/** Connects another client, and finds the server's end of it. */
export async function join(
  { io, url }: Pick<Running, "io" | "url">,
  options: ClientOptions = {},
  namespace = "/",
): Promise<{ socket: Socket; client: ClientSocket }> {
  const made = client(namespace === "/" ? url : url + namespace, options);
  const [[socket]] = await Promise.all([
    next<[Socket]>(io.of(namespace), "connection"),
    connected(made),
  ]);
  return { socket, client: made };
}

/** Resolves when all that was sent to the client before has come, without an acknowledgement. */
export async function settled(socket: Pick<Socket, "emit">, to: ClientSocket): Promise<void> {
  const mark = next(to, "settled");
  socket.emit("settled");
  await mark;
}

/** What a client is sent, but for what `settled` sends. */
export function record(socket: ClientSocket): unknown[][] {
  const log: unknown[][] = [];
  socket.onAny((...event) => {
    if (event[0] !== "settled") log.push(event);
  });
  return log;
}

/** A promise with its handles, for what a callback reports. */
export function deferred<Value>(): {
  promise: Promise<Value>;
  resolve: (value: Value) => void;
} {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((onResolve) => {
    resolve = onResolve;
  });
  return { promise, resolve };
}
