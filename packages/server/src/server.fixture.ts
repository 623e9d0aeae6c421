import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Socket as ClientSocket, io as connect } from "socket.io-client";
import { afterEach } from "vitest";
import { Server } from "./server.ts";
import type { ServerOptions } from "./server-options.ts";

/** A server on a free port. */
export interface Running {
  readonly io: Server;
  readonly http: HttpServer;
  readonly url: string;
}

const running: Running[] = [];
const clients: ClientSocket[] = [];

/** Starts a server; it is closed after the test. */
export async function start(options: Partial<ServerOptions> = {}): Promise<Running> {
  const http = createServer((_request, response) => response.writeHead(404).end());
  const io = new Server(http, options);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const made = { io, http, url: `http://127.0.0.1:${port}` };
  running.push(made);
  return made;
}

/** Connects a stock client, which `prepare` sees before it has connected; it is closed after the test. */
export async function connected(
  { url }: Running,
  options: Parameters<typeof connect>[1] = {},
  prepare: (client: ClientSocket) => void = () => {},
): Promise<ClientSocket> {
  const client = connect(url, { forceNew: true, reconnection: false, ...options });
  clients.push(client);
  prepare(client);
  await new Promise<void>((resolve, reject) => {
    client.on("connect", resolve);
    client.on("connect_error", reject);
  });
  return client;
}

/** The first event of that name. */
export function first(
  emitter: { once(event: never, listener: never): unknown },
  event: string,
): Promise<unknown[]> {
  return new Promise((resolve) => {
    const listener = (...args: unknown[]): void => resolve(args);
    emitter.once(event as never, listener as never); // typed in as many ways as there are emitters
  });
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await Promise.all(running.splice(0).map(({ io }) => io.close()));
});
