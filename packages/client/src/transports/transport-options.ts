import type { AnyFields } from "../events/event-types.ts";
import type { CookieJar } from "../platform/cookie-jar.ts";
import type { FetchLike, WebSocketConstructor } from "../platform/host.ts";
import type { TimerOptions } from "../platform/timers.ts";

/** How the server is reached, whichever way. */
export interface ConnectionOptions extends TimerOptions {
  /** Where the server's endpoint is. Default of a Manager: "/socket.io". */
  path?: string | undefined;
  /** Whether a slash follows the path. Default: true. */
  addTrailingSlash?: boolean | undefined;
  /** Further parameters of the address; those of a URL with a query win. */
  query?: AnyFields | string | undefined;
  /** The name of the parameter that keeps caches away. Default: "t". */
  timestampParam?: string | undefined;
  /** Whether each request has it. Default: polling only. */
  timestampRequests?: boolean | undefined;
  /**
   * Headers of each request. Browsers let none be set for a WebSocket; there they go with polling
   * only.
   */
  extraHeaders?: Record<string, string> | undefined;
  /** Send cookies and the like to other origins; on Node, keep and send cookies at all. */
  withCredentials?: boolean | undefined;
  /** How long a polling request may take, in milliseconds. Default: as long as it likes. */
  requestTimeout?: number | undefined;
  /** Subprotocols of the WebSocket. */
  protocols?: string | string[] | undefined;
  /** The class of WebSockets. Default: the platform's; on Node 20 that of `@openline/websocket`. */
  WebSocket?: WebSocketConstructor | undefined;
  /** Makes polling requests. Default: the platform's. */
  fetch?: FetchLike | undefined;
  /** On Node: how TLS connections of WebSockets are made. */
  agent?: unknown;
  ca?: unknown;
  cert?: unknown;
  ciphers?: unknown;
  key?: unknown;
  passphrase?: unknown;
  pfx?: unknown;
  rejectUnauthorized?: boolean | undefined;
}

/** What an engine gives to a transport of its own. */
export interface TransportOptions extends ConnectionOptions {
  /** The path as it is in addresses. */
  path: string;
  hostname: string;
  secure: boolean;
  port: string | number;
  query: Record<string, unknown>;
  socket: TransportOwner;
}

/** What transports see of their engine. */
export interface TransportOwner {
  /** How binary data is given to the application. */
  readonly binaryType: string;
  readonly cookieJar?: CookieJar | undefined;
}
