import { once } from "node:events";
import { createServer } from "node:http";
import {
  type AddressInfo,
  connect,
  createServer as createProxy,
  type Socket as NetSocket,
} from "node:net";
import { type Client, type ClientOptions, createClient } from "@openline/client/channels";
import { type LogStore, Server, type ServerOptions } from "openline";
import { onTestEnd } from "../socket-io-api/fixture.ts";

/** A server behind a line that can be cut, and another in its place. */
export interface Place {
  readonly url: string;
  readonly io: Server;
  /** Ends all connections, as a network does. */
  cut(): void;
  /** Lets nobody through, until it is called with true. */
  open(isOpen: boolean): void;
  /** Ends the server as a process that dies, and starts another on the same log. */
  restart(): Promise<void>;
}

/** Starts a server with durable rooms "chat:*"; what `log` gives is its log, again after each restart. */
export async function place(
  options: Partial<ServerOptions> = {},
  log?: () => LogStore,
): Promise<Place> {
  const lines = new Set<NetSocket>();
  let isOpen = true;
  let running = await serve(options, log);
  const proxy = createProxy((socket) => {
    if (!isOpen) {
      socket.destroy();
      return;
    }
    const peer = connect(running.port, "127.0.0.1");
    for (const [one, other] of [
      [socket, peer],
      [peer, socket],
    ] as const) {
      lines.add(one);
      one.on("error", () => {});
      one.on("close", () => {
        lines.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const { port } = proxy.address() as AddressInfo;
  const cut = (): void => {
    for (const line of lines) line.destroy();
  };
  onTestEnd(async () => {
    proxy.close();
    cut();
    await running.io.close();
  });
  return {
    url: `http://127.0.0.1:${port}`,
    get io() {
      return running.io;
    },
    cut,
    open(value) {
      isOpen = value;
      if (!value) cut();
    },
    async restart() {
      isOpen = false;
      cut();
      await running.io.close();
      running = await serve(options, log);
      isOpen = true;
    },
  };
}

/** One that ends tells of what it can store no more. */
function onError(): void {}

async function serve(
  options: Partial<ServerOptions>,
  log?: () => LogStore,
): Promise<{ io: Server; port: number }> {
  const http = createServer();
  const io = new Server(http, { onError, ...options, ...(log && { log: log() }) });
  io.rooms("chat:*", { delivery: "durable", authorize: () => true });
  io.rooms("short:*", { delivery: "durable", authorize: () => true, history: { maxMessages: 5 } });
  io.rooms("typing:*", { delivery: "ephemeral", authorize: () => true });
  io.rooms("secret:*", { delivery: "durable", authorize: () => false });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return { io, port: (http.address() as AddressInfo).port };
}

/** A client that tries again soon; it is closed after the test. */
export function clientOf({ url }: Pick<Place, "url">, options: ClientOptions = {}): Client {
  const client = createClient(url, {
    reconnectionDelay: 10,
    reconnectionDelayMax: 20,
    transports: ["websocket"],
    ...options,
  });
  onTestEnd(() => client.close());
  return client;
}
