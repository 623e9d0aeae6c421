/** Servers of all kinds that openings are tried on, closed after each test. */
import { createServer as createHttpServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createNetServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach } from "vitest";
import { accept, type Reactions, Recording, Servers } from "./opening.fixture.ts";
import type { ClientOptions } from "./options.ts";

export const servers: Servers = new Servers();

afterEach(() => servers.close());

/** Opens a connection, and writes down what is told. */
export function open(
  address: string | URL,
  options: ClientOptions<object> = {},
  reactions?: Reactions,
): Recording {
  return new Recording(address, [], options, reactions);
}

export type OnUpgrade = (request: IncomingMessage, socket: Duplex) => void;

/** A web server that takes upgrades; its requests are kept. */
export async function webServer(
  onUpgrade: OnUpgrade = accept,
): Promise<{ host: string; server: Server; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createHttpServer();
  server.on("upgrade", (request, socket) => {
    requests.push(request);
    onUpgrade(request, socket);
  });
  return { host: await servers.listen(server), server, requests };
}

/** A server that answers every upgrade by a redirect. */
export async function redirectServer(
  location: string | ((request: IncomingMessage) => string),
): Promise<{ host: string; requests: IncomingMessage[] }> {
  return await webServer((request, socket) => {
    const target = typeof location === "string" ? location : location(request);
    socket.end(`HTTP/1.1 302 Found\r\nLocation: ${target}\r\nContent-Length: 0\r\n\r\n`);
  });
}

/** A server that writes raw bytes as soon as a request has come. */
export async function rawServer(
  answer: (key: string, socket: Socket) => string | Buffer | null,
): Promise<string> {
  const server = createNetServer((socket) => {
    let request = "";
    socket.on("data", (chunk) => {
      request += chunk.toString("latin1");
      if (!request.endsWith("\r\n\r\n")) return;
      const key = /sec-websocket-key: (.*)\r\n/i.exec(request)?.[1] ?? "";
      const bytes = answer(key, socket);
      if (bytes !== null) socket.write(bytes);
    });
  });
  return await servers.listen(server);
}
