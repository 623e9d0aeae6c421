import { unescape as unescapePercent } from "node:querystring";

/** Where an address leads: what a request needs to know of it. */
export interface Target {
  /** With ws: or wss: even where the address said http: or https:. */
  readonly url: URL;
  readonly isSecure: boolean;
  /** The host to connect to, an IPv6 address without brackets; empty for a Unix socket. */
  readonly host: string;
  readonly port: number;
  /** The request's path and query. */
  readonly path: string;
  /** The Unix socket or named pipe to connect to instead of a host. */
  readonly socketPath: string | undefined;
  /** The address's `user:password`. */
  readonly credentials: string | undefined;
}

/** What the schemes mean. A Unix socket is named by the path, up to its first colon. */
const schemes: ReadonlyMap<string, { readonly isSecure: boolean; readonly isUnix: boolean }> =
  new Map([
    ["ws:", { isSecure: false, isUnix: false }],
    ["wss:", { isSecure: true, isUnix: false }],
    ["ws+unix:", { isSecure: false, isUnix: true }],
    ["wss+unix:", { isSecure: true, isUnix: true }],
  ]);

/**
 * Reads the address of a WebSocket.
 *
 * @throws SyntaxError if it is not a URL, has another scheme, or has a fragment
 */
export function parseTarget(address: string | URL): Target {
  const url = parseUrl(address);
  const scheme = schemes.get(url.protocol);
  if (scheme === undefined) {
    throw new SyntaxError(
      'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", "ws+unix:", or "wss+unix:"',
    );
  }
  if (scheme.isUnix && url.pathname === "") throw new SyntaxError("The URL's pathname is empty");
  if (url.hash !== "") throw new SyntaxError("The URL contains a fragment identifier");
  const { isSecure } = scheme;
  const { hostname, username, password } = url;
  const location = url.pathname + url.search;
  const colon = scheme.isUnix ? location.indexOf(":") : -1;
  return {
    url,
    isSecure,
    host: hostname.startsWith("[") ? hostname.slice(1, -1) : hostname,
    port: url.port === "" ? (isSecure ? 443 : 80) : Number(url.port),
    path: scheme.isUnix ? (colon < 0 ? "" : location.slice(colon + 1)) : location,
    socketPath: scheme.isUnix ? location.slice(0, colon < 0 ? undefined : colon) : undefined,
    credentials:
      username === "" && password === ""
        ? undefined
        : `${unescapePercent(username)}:${unescapePercent(password)}`,
  };
}

function parseUrl(address: string | URL): URL {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new SyntaxError(`Invalid URL: ${String(address)}`);
  }
  if (url.protocol === "http:") url.protocol = "ws:";
  else if (url.protocol === "https:") url.protocol = "wss:";
  return url;
}

/** Whether both lead to the same host and port, or to the same Unix socket. */
export function isSameHost(first: Target, second: Target): boolean {
  return first.socketPath === undefined && second.socketPath === undefined
    ? first.url.host === second.url.host
    : first.socketPath === second.socketPath;
}
