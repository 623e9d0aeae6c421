import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo, Socket as NetSocket } from "node:net";
import type { Socket as Client, ConnectOptions, Manager } from "@openline/client";
import * as ours from "@openline/client";
import * as core from "@openline/client/websocket";
import type { Server, ServerOptions, Socket } from "openline";
import * as stock from "socket.io-client";
import { onTestEnd } from "../socket-io-api/fixture.ts";
import { implementations } from "../socket-io-implementations.ts";

export { deferred, next, onTestEnd, several } from "../socket-io-api/fixture.ts";
export type { Client, ConnectOptions, Manager, Server, Socket };

/** A client with a server: what is the stock ones' behaviour, must be that of every pair. */
export interface Sides {
  readonly client: "socket.io-client" | "@openline/client" | "@openline/client/websocket";
  readonly server: "socket.io" | "openline";
  readonly io: typeof ours.io;
  readonly Manager: typeof ours.Manager;
  readonly Server: typeof Server;
}

type ClientSide = Pick<Sides, "client" | "io" | "Manager">;

// That these have one shape is what the suites prove.
const clients = [
  { client: "socket.io-client", io: stock.io, Manager: stock.Manager },
  { client: "@openline/client", io: ours.io, Manager: ours.Manager },
] as unknown as readonly ClientSide[];

const webSocketOnly: ClientSide = {
  client: "@openline/client/websocket",
  io: core.io,
  Manager: core.Manager as typeof ours.Manager,
};

function onEachServer(sides: readonly ClientSide[]): readonly Sides[] {
  return sides.flatMap((side) =>
    implementations.map(({ name, Server }) => ({ ...side, server: name, Server })),
  );
}

/** Both clients with both servers. */
export const pairs: readonly Sides[] = onEachServer(clients);

/** For what WebSockets alone can do: with the client, too, that has nothing else. */
export const webSocketPairs: readonly Sides[] = [...pairs, ...onEachServer([webSocketOnly])];

/** A way for packets to go. */
export interface Way {
  readonly way: string;
  readonly options: ConnectOptions;
}

export const ways: readonly Way[] = [
  { way: "polling", options: { transports: ["polling"] } },
  { way: "WebSocket", options: { transports: ["websocket"] } },
];

/** Every pair by each way, for `describe.each`. */
export const pairsByWay: readonly (Sides & Way)[] = ways.flatMap((way) =>
  (way.way === "WebSocket" ? webSocketPairs : pairs).map((pair) => ({ ...pair, ...way })),
);

/** A server that can be stopped and started again at its address. */
export interface Running {
  readonly io: Server;
  readonly http: HttpServer;
  readonly url: string;
  readonly port: number;
  /** Ends every TCP connection. */
  cut(): void;
}

/** Starts a server on a free port; it is closed after the test. */
export async function start(
  { Server: Chosen }: Pick<Sides, "Server">,
  options: Partial<ServerOptions> = {},
  port = 0,
): Promise<Running> {
  const http = createServer();
  const sockets = new Set<NetSocket>();
  http.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const io = new Chosen(http, options);
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  const { port: taken } = http.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestEnd(async () => {
    cut();
    await io.close();
  });
  return { io, http, url: `http://127.0.0.1:${taken}`, port: taken, cut };
}

/** The address of a server that was there a moment ago. */
export async function nowhere(): Promise<string> {
  const http = createServer().listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  http.close();
  await once(http, "close");
  return `http://127.0.0.1:${port}`;
}

/** Stops a server as a process that ends: nobody is told. */
export async function stop({ io, http, cut }: Running): Promise<void> {
  const closed = once(http, "close");
  http.close();
  cut();
  await closed;
  io.engine.close();
}

/** Short times between attempts, the same each time. */
export const soon: ConnectOptions = {
  reconnectionDelay: 10,
  reconnectionDelayMax: 10,
  randomizationFactor: 0,
};

/** Makes a client with a connection of its own; it is closed after the test. */
export function client(
  { io }: Pick<Sides, "io">,
  url: string,
  options: ConnectOptions = {},
): Client {
  const socket = io(url, { forceNew: true, ...soon, ...options });
  onTestEnd(() => socket.disconnect());
  return socket;
}

/** Resolves when the client is connected; @throws what keeps it out */
export function connected(socket: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.connected) resolve();
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
}

/** A client that is connected, and the server's end of it. */
export async function join(
  sides: Sides,
  running: Running,
  options: ConnectOptions = {},
): Promise<{ client: Client; socket: Socket }> {
  const socket = new Promise<Socket>((resolve) => running.io.once("connection", resolve));
  const made = client(sides, running.url, options);
  await connected(made);
  return { client: made, socket: await socket };
}

/** Records such events in order, with their arguments. */
export function record(
  emitter: { on(name: never, listener: never): unknown },
  names: readonly string[],
): unknown[][] {
  const log: unknown[][] = [];
  for (const name of names) {
    const listener = (...args: unknown[]): void => void log.push([name, ...args]);
    emitter.on(name as never, listener as never); // typed in as many ways as there are emitters
  }
  return log;
}
