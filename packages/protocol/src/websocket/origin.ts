import { HandshakeError } from "../errors.ts";

/** A host and its port, in the one form that equal ones share. */
export interface Authority {
  /** In lower case; an IPv6 address in brackets. */
  readonly host: string;
  /** Null where none is written: the scheme's own. */
  readonly port: number | null;
}

/** A page's origin (RFC 6454), in the one form that equal ones share. */
export interface Origin extends Authority {
  /** In lower case, without the colon. */
  readonly scheme: string;
}

/**
 * Which pages may connect: `"*"` all, `"same-origin"` those that this host served and
 * loopback pages on a loopback host, a set (from `readOriginList`) those in it alone.
 */
export type OriginPolicy = "same-origin" | "*" | ReadonlySet<string>;

/** Where a request came from and what it came for, as far as the server can know. */
export interface OriginRequest {
  /** The `Origin` header; undefined for what is not a browser. */
  readonly origin: string | undefined;
  /** The `Host` header. */
  readonly host: string | undefined;
  /** This very connection is TLS. A proxy may have ended TLS in front of one that is not. */
  readonly isEncrypted: boolean;
}

const defaultPorts: ReadonlyMap<string, number> = new Map([
  ["http", 80],
  ["https", 443],
]);

/**
 * Refuses pages of origins that the policy does not allow: without it, any page could
 * open a WebSocket with the cookies of whoever looks at it (RFC 6455 §10.2).
 *
 * Requests without `Origin` do not come from a browser and pass.
 *
 * @throws HandshakeError 400 if `Host` is malformed, 403 if the origin is not allowed
 */
export function checkOrigin(policy: OriginPolicy, request: OriginRequest): void {
  if (!isOriginAllowed(policy, request)) {
    throw new HandshakeError(
      403,
      "This page's origin is not allowed to connect: the server's option `origins` lists those that are",
    );
  }
}

/**
 * Whether the policy lets the request in; `checkOrigin` as a question.
 *
 * @throws HandshakeError (400) if the policy compares with `Host` and that is malformed
 */
export function isOriginAllowed(policy: OriginPolicy, request: OriginRequest): boolean {
  const { origin, host, isEncrypted } = request;
  if (origin === undefined || policy === "*") return true;
  if (policy !== "same-origin") {
    const normalized = normalizeOrigin(origin);
    return normalized !== null && policy.has(normalized);
  }
  const authority = host === undefined ? null : parseAuthority(host);
  if (authority === null) throw new HandshakeError(400, "Missing or invalid Host header");
  const page = parseOrigin(origin);
  if (page === null) return false;
  // Plain here may be TLS at the proxy in front, so only TLS here says something.
  if (isSame(page, authority, isEncrypted ? true : undefined)) return true;
  return isHttp(page) && isLoopback(page.host) && isLoopback(authority.host);
}

/**
 * Whether a page of `origin` came from `host`: the same host, the same port (80 and 443
 * where none is written) and, where it is known, the same scheme.
 *
 * `isSecure` is true when the page's server is reached by TLS, false when it surely is
 * not, undefined when a proxy may have ended TLS. Then `http:` and `https:` pages of
 * the host both pass, each with its own default port; an explicit list of origins
 * tells them apart. False when either string is malformed; `"null"` is never the same.
 */
export function isSameOrigin(origin: string, host: string, isSecure: boolean | undefined): boolean {
  const page = parseOrigin(origin);
  const authority = parseAuthority(host);
  return page !== null && authority !== null && isSame(page, authority, isSecure);
}

function isSame(page: Origin, authority: Authority, isSecure: boolean | undefined): boolean {
  const defaultPort = defaultPorts.get(page.scheme);
  if (defaultPort === undefined) return false;
  if (isSecure !== undefined && isSecure !== (page.scheme === "https")) return false;
  return (
    page.host === authority.host && (page.port ?? defaultPort) === (authority.port ?? defaultPort)
  );
}

function isHttp(page: Origin): boolean {
  return defaultPorts.has(page.scheme);
}

/**
 * The origins of an explicit list, normalised for look-up.
 *
 * @throws TypeError for an entry that is not an origin: "null", a pattern, a URL with a path
 */
export function readOriginList(origins: readonly string[]): ReadonlySet<string> {
  const list = new Set<string>();
  for (const origin of origins) {
    const normalized = typeof origin === "string" ? normalizeOrigin(origin) : null;
    if (normalized === null) {
      throw new TypeError(
        `${JSON.stringify(origin)} in the option \`origins\` is not an origin: write ` +
          '"https://example.com" or "http://localhost:5173", without a path or pattern',
      );
    }
    list.add(normalized);
  }
  return list;
}

/** `origin` in the form that equal origins share, as browsers write it; null if it is none. */
export function normalizeOrigin(origin: string): string | null {
  const parsed = parseOrigin(origin);
  if (parsed === null) return null;
  const { scheme, host, port } = parsed;
  const isDefault = port === null || port === defaultPorts.get(scheme);
  return `${scheme}://${host}${isDefault ? "" : `:${port}`}`;
}

/**
 * Reads a serialised origin (RFC 6454 §6.2). Null for what no browser sends for a page
 * with a host: `"null"`, lists, paths, user names, characters outside of ASCII.
 */
export function parseOrigin(origin: string): Origin | null {
  const colon = origin.indexOf("://");
  if (colon <= 0 || !isScheme(origin, colon)) return null;
  const authority = parseAuthority(origin.slice(colon + 3));
  if (authority === null) return null;
  return { scheme: origin.slice(0, colon).toLowerCase(), ...authority };
}

/** Reads the value of `Host`: a name or address and perhaps a port. Null if malformed. */
export function parseAuthority(text: string): Authority | null {
  if (text.length > MAX_AUTHORITY_LENGTH) return null;
  const hostEnd = text.startsWith("[") ? endOfBrackets(text) : endOfName(text);
  if (hostEnd <= 0) return null;
  const host = text.slice(0, hostEnd).toLowerCase();
  if (hostEnd === text.length) return { host, port: null };
  if (text[hostEnd] !== ":") return null;
  const port = readPort(text, hostEnd + 1);
  return port === null ? null : { host, port };
}

/** A name of DNS has at most 253 characters; brackets and a port are less than the rest. */
const MAX_AUTHORITY_LENGTH = 270;
const MAX_PORT = 65_535;

/** Whether the host is this machine's own: localhost and its subdomains, 127.0.0.0/8, ::1. */
export function isLoopback(host: string): boolean {
  return (
    host === "localhost" || host === "[::1]" || host.endsWith(".localhost") || isLoopbackIpv4(host)
  );
}

function isLoopbackIpv4(host: string): boolean {
  const parts = host.split(".");
  return parts.length === 4 && parts[0] === "127" && parts.every(isOctet);
}

function isOctet(part: string): boolean {
  const value = Number(part);
  return value <= 255 && Number.isInteger(value) && String(value) === part;
}

function isScheme(text: string, end: number): boolean {
  if (!isLetter(text.charCodeAt(0))) return false;
  for (let at = 1; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (!isLetter(code) && !isDigit(code) && !SCHEME_MARKS.includes(text[at]!)) return false;
  }
  return true;
}

const SCHEME_MARKS = "+-.";
const NAME_MARKS = "-._~";

function endOfName(text: string): number {
  let at = 0;
  while (at < text.length && isNameCharacter(text, at)) at += 1;
  return at;
}

function isNameCharacter(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return isLetter(code) || isDigit(code) || NAME_MARKS.includes(text[at]!);
}

/** Behind the `]` of an IPv6 address; 0 when it holds anything but hexadecimal, `:` and `.`. */
function endOfBrackets(text: string): number {
  for (let at = 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x5d) return at > 2 ? at + 1 : 0;
    const isHex = isDigit(code) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66);
    if (!isHex && code !== 0x3a && code !== 0x2e) return 0;
  }
  return 0;
}

/** The port that fills `text` from `start`, without leading zeros; null if there is none. */
function readPort(text: string, start: number): number | null {
  const digits = text.slice(start);
  const port = Number(digits);
  return Number.isInteger(port) && port <= MAX_PORT && String(port) === digits ? port : null;
}

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
