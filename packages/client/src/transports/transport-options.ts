import type { AnyFields } from "../events/event-types.ts";
import type { CookieJar } from "../platform/cookie-jar.ts";
import type { FetchLike, WebSocketOptions } from "../platform/host.ts";
import type { TimerOptions } from "../platform/timers.ts";

/** How the server is reached, whichever way. */
export interface ConnectionOptions extends TimerOptions, Omit<WebSocketOptions, "socket"> {
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
  /** Send cookies and the like to other origins; on Node, keep and send cookies at all. */
  withCredentials?: boolean | undefined;
  /** How long a polling request may take, in milliseconds. Default: as long as it likes. */
  requestTimeout?: number | undefined;
  /** Makes polling requests. Default: the platform's. */
  fetch?: FetchLike | undefined;
}

/** What an engine gives to a transport. */
export interface TransportOptions extends ConnectionOptions, Address {
  /** The path as it is in addresses. */
  path: string;
  query: Record<string, unknown>;
  socket: TransportOwner;
}

/** The parts of an address that transports share. */
interface Address {
  /** "s" if there is TLS, or else nothing. */
  readonly s: string;
  readonly hostname: string;
  readonly port: string;
}

/** What transports see of their engine. */
export interface TransportOwner {
  /** How binary data is given to the application. */
  readonly binaryType: string;
  readonly cookieJar?: CookieJar | undefined;
}
