import type { ClientRequestArgs } from "node:http";
import type * as ws from "ws";

/** What both libraries understand and `@types/ws` leaves out. */
interface UntypedOptions {
  closeTimeout?: number;
  maxPendingAutoPongs?: number;
}

/** Options of a client, of either library. */
export type ClientOptions = Omit<ws.ClientOptions, "host" | "agent"> &
  Omit<ClientRequestArgs, "headers"> &
  UntypedOptions & { protocols?: string | string[] };

/** Options of a server, of either library. */
export type ServerOptions = Omit<ws.ServerOptions, "WebSocket"> &
  UntypedOptions & { WebSocket?: WebSocketConstructor };

/** A connection, of either library. */
export type Socket = ws.WebSocket;

/** A server, of either library. */
export type Server = ws.WebSocketServer;

export interface WebSocketConstructor {
  new (
    address: string | URL | null,
    protocols?: string | string[] | ClientOptions,
    options?: ClientOptions,
  ): Socket;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}

export type ServerConstructor = new (options?: ServerOptions, callback?: () => void) => Server;

/** One of the libraries that the suite holds to the same tests. */
export interface Target {
  readonly name: "ws" | "openline";
  readonly WebSocket: WebSocketConstructor;
  readonly WebSocketServer: ServerConstructor;
  readonly createWebSocketStream: typeof ws.createWebSocketStream;
  /** What `import WebSocket from` gives. */
  readonly default: unknown;
  /** The name to import and to require it by. */
  readonly specifier: string;
}

const specifiers = { ws: "ws", openline: "@openline/websocket" } as const;
const chosen = process.env.WS_API_TARGET ?? "both";
const names = (["ws", "openline"] as const).filter((name) => chosen === "both" || chosen === name);
if (names.length === 0) {
  throw new RangeError(`WS_API_TARGET takes "ws", "openline" or "both", not "${chosen}"`);
}

/** The libraries under test: both, or the one that the environment's `WS_API_TARGET` names. */
export const targets: readonly Target[] = await Promise.all(
  names.map(async (name) => {
    const specifier: string = specifiers[name];
    // That our module has the shape of ws is what this suite proves; tsc holds the types
    // themselves to it in types.ts.
    const module = (await import(specifier)) as Omit<Target, "name" | "specifier">;
    const { WebSocket, WebSocketServer, createWebSocketStream } = module;
    return {
      name,
      specifier,
      WebSocket,
      WebSocketServer,
      createWebSocketStream,
      default: module.default,
    };
  }),
);
