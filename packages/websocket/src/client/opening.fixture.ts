import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { acceptKey, type DeflateParameters } from "@openline/protocol/websocket";
import { type Opening, openConnection } from "./opening.ts";
import type { ClientOptions } from "./options.ts";

/** How an opening ended. */
export type Outcome =
  | {
      readonly socket: Socket;
      readonly head: Buffer;
      readonly protocol: string;
      readonly deflate: DeflateParameters | null;
    }
  | Error;

/** What the tests do when something is told. */
export interface Reactions {
  onStart?: (opening: Opening) => void;
  onUpgrade?: (opening: Opening, response: IncomingMessage) => void;
  onRedirect?: (opening: Opening, request: ClientRequest) => void;
  /** When it is there, somebody listens to unexpected responses. */
  onUnexpectedResponse?: (
    opening: Opening,
    response: IncomingMessage,
    request: ClientRequest,
  ) => void;
  hasRedirectListener?: boolean;
}

/** An opening whose events are written down. */
export class Recording {
  readonly websocket: object = {};
  readonly names: string[] = [];
  readonly urls: string[] = [];
  readonly outcome: Promise<Outcome>;
  private settle: (outcome: Outcome) => void = () => {};
  opening!: Opening;

  constructor(
    address: string | URL,
    protocols: readonly string[],
    options: ClientOptions<object>,
    reactions: Reactions = {},
  ) {
    this.outcome = new Promise((resolve) => {
      this.settle = resolve;
    });
    this.opening = openConnection(address, protocols, options, {
      websocket: this.websocket,
      hasRedirectListener: () => reactions.hasRedirectListener ?? false,
      onUrl: (url) => void this.urls.push(url),
      onStart: (opening) => {
        this.opening = opening;
        reactions.onStart?.(opening);
      },
      onRedirect: (_url, request) => {
        this.names.push("redirect");
        reactions.onRedirect?.(this.opening, request);
      },
      onUpgrade: (response) => {
        this.names.push("upgrade");
        reactions.onUpgrade?.(this.opening, response);
      },
      onUnexpectedResponse: (request, response) => {
        this.names.push("unexpected-response");
        reactions.onUnexpectedResponse?.(this.opening, response, request);
        return reactions.onUnexpectedResponse !== undefined;
      },
      onOpen: (socket, head, protocol, deflate) => {
        this.names.push("open");
        socket.on("error", () => {});
        this.settle({ socket, head, protocol, deflate });
      },
      onError: (error) => {
        this.names.push("error");
        this.settle(error);
      },
    });
  }

  /** The open connection; throws what else came of it. */
  async opened(): Promise<Exclude<Outcome, Error>> {
    const outcome = await this.outcome;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  /** The error that it ended with; throws if it opened. */
  async failed(): Promise<Error & { code?: string }> {
    const outcome = await this.outcome;
    if (outcome instanceof Error) return outcome;
    outcome.socket.destroy();
    throw new Error("the connection opened");
  }
}

/** Servers of one test, on free ports, with all of their connections. */
export class Servers {
  private readonly servers: Server[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly changes = new EventEmitter();
  private folder: string | null = null;

  /** Listens on loopback, or on a path; gives the `host:port` for addresses. */
  async listen(server: Server, path?: string): Promise<string> {
    this.servers.push(server);
    // An http server leaves upgraded sockets half open, and does not read them.
    server.on("upgrade", (_request: IncomingMessage, socket: Socket) => {
      socket.on("end", () => socket.end()).resume();
    });
    server.on("connection", (socket: Socket) => {
      socket.on("error", () => {});
      this.sockets.add(socket);
      socket.on("close", () => {
        this.sockets.delete(socket);
        this.changes.emit("close");
      });
    });
    if (path === undefined) server.listen(0, "127.0.0.1");
    else server.listen(path);
    await once(server, "listening");
    return path === undefined ? `127.0.0.1:${(server.address() as AddressInfo).port}` : path;
  }

  /** Waits until every client has hung up. */
  async idle(): Promise<void> {
    while (this.sockets.size > 0) await once(this.changes, "close");
  }

  /** A path of that name, which is this test's own. */
  path(name: string): string {
    this.folder ??= mkdtempSync(join(tmpdir(), "openline-client-"));
    return join(this.folder, name);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    const servers = this.servers.splice(0);
    await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    if (this.folder !== null) rmSync(this.folder, { recursive: true });
    this.folder = null;
  }
}

/** Answers an upgrade as it should be, with `fields` beside. */
export function accept(request: IncomingMessage, socket: Duplex, fields: string[] = []): void {
  socket.write(acceptance(request.headers["sec-websocket-key"] ?? "", fields));
}

/** The bytes of a right answer. */
export function acceptance(key: string, fields: string[] = []): string {
  return [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${acceptKey(key)}`,
    ...fields,
    "\r\n",
  ].join("\r\n");
}
