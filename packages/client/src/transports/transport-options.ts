import type { AnyFields } from "../events/event-types.ts";
import type { CookieJar } from "../platform/cookie-jar.ts";
import type { FetchLike, Parameters, WebSocketOptions } from "../platform/host.ts";

/** How the server is reached, whichever way. */
export interface ConnectionOptions extends Omit<WebSocketOptions, "socket"> {
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
export interface TransportOptions extends ConnectionOptions {
  /** What follows the scheme, "http" or "ws", in the server's address: with no parameters. */
  address: string;
  parameters: Parameters;
  socket: TransportOwner;
}

/** What transports see of their engine. */
export interface TransportOwner {
  /** How binary data is given to the application. */
  readonly binaryType: string;
  readonly cookieJar?: CookieJar | undefined;
}

/** Makes the address one that no cache has seen. */
export function stamp({ parameters, timestampParam = "t" }: TransportOptions): void {
  parameters.set(timestampParam, Math.random().toString(36).slice(2));
}
