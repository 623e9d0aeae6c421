import { decodedBase64Length, encodeBase64 } from "../bytes/base64.ts";
import { sha1 } from "../bytes/sha1.ts";
import { HandshakeError } from "../errors.ts";
import { type ExtensionOffers, parseExtensions, parseSubprotocols } from "./extensions.ts";
import { parseAuthority } from "./origin.ts";
import { hasToken, isToken } from "./token.ts";

/** Header fields by their names in lower case; a field that came more than once may be a list. */
export type HandshakeHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What a client's opening request asks for. */
export interface ClientHandshake {
  /** The nonce, 16 bytes in base64; `acceptKey` makes the answer of it. */
  readonly key: string;
  /** The subprotocols that the client speaks, the one it likes best first. */
  readonly protocols: ReadonlySet<string>;
  /** `Sec-WebSocket-Extensions` as it came, to be parsed only where extensions are on. */
  readonly extensions: string | undefined;
}

/** What the client sent, to check the server's answer against. */
export interface ExpectedHandshake {
  readonly key: string;
  readonly protocols: ReadonlySet<string>;
  /** The value of `Sec-WebSocket-Extensions`; undefined when none was sent. */
  readonly extensions: string | undefined;
}

/** What the server agreed to. */
export interface ServerHandshake {
  /** The chosen subprotocol; empty when none was asked for. */
  readonly protocol: string;
  readonly extensions: ExtensionOffers;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const KEY_LENGTH = 24;
const noProtocols: ReadonlySet<string> = new Set();
const noExtensions: ExtensionOffers = new Map();

/**
 * Reads a client's opening request (RFC 6455 §4.2.1). The origin is not looked at:
 * that is `checkOrigin`'s business.
 *
 * @throws HandshakeError with the status and headers to answer
 */
export function readHandshake(
  method: string,
  headers: HandshakeHeaders,
  httpVersion: string = "1.1",
): ClientHandshake {
  if (method !== "GET") refuse(405, "Invalid HTTP method", { Allow: "GET" });
  if (httpVersion === "1.0" || httpVersion === "0.9") {
    refuse(400, "A WebSocket needs HTTP/1.1: is there a proxy in front that speaks an older one?");
  }
  const upgrade = fieldOf(headers, "upgrade");
  if (upgrade === undefined || upgrade.toLowerCase() !== "websocket") {
    refuse(400, "Invalid Upgrade header");
  }
  if (!hasToken(fieldOf(headers, "connection") ?? "", "upgrade")) {
    refuse(400, "Invalid Connection header");
  }
  const host = fieldOf(headers, "host");
  if (host === undefined || parseAuthority(host) === null) {
    refuse(400, "Missing or invalid Host header");
  }
  const key = fieldOf(headers, "sec-websocket-key");
  if (key === undefined || !isKey(key)) refuse(400, "Missing or invalid Sec-WebSocket-Key header");
  const version = fieldOf(headers, "sec-websocket-version");
  if (version !== "13") {
    const isMissing = version === undefined;
    refuse(isMissing ? 400 : 426, "Missing or invalid Sec-WebSocket-Version header", {
      "Sec-WebSocket-Version": "13",
      Upgrade: "websocket",
    });
  }
  const protocols = fieldOf(headers, "sec-websocket-protocol");
  return {
    key,
    protocols: protocols === undefined ? noProtocols : parseSubprotocols(protocols),
    extensions: fieldOf(headers, "sec-websocket-extensions"),
  };
}

function refuse(status: number, message: string, headers?: Record<string, string>): never {
  throw new HandshakeError(status, message, headers);
}

/** Own fields only, so that a name such as `constructor` finds nothing. */
function fieldOf(headers: HandshakeHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return value === undefined || typeof value === "string" ? value : value.join(", ");
}

function isKey(key: string): boolean {
  return key.length === KEY_LENGTH && decodedBase64Length(key) === 16;
}

/** The key and the GUID as bytes; the GUID stays, the key is written anew each time. */
const challenge = new Uint8Array(KEY_LENGTH + GUID.length);
for (let at = 0; at < GUID.length; at += 1) challenge[KEY_LENGTH + at] = GUID.charCodeAt(at);

/**
 * The `Sec-WebSocket-Accept` that proves that the server read `key` (RFC 6455 §4.2.2).
 *
 * @throws TypeError if `key` is not 16 bytes in base64
 */
export function acceptKey(key: string): string {
  if (!isKey(key)) throw new TypeError("Sec-WebSocket-Key must be 16 bytes in base64");
  for (let at = 0; at < KEY_LENGTH; at += 1) challenge[at] = key.charCodeAt(at);
  return encodeBase64(sha1(challenge));
}

/**
 * The lines of the server's 101 answer (RFC 6455 §4.2.2), without the empty one that
 * ends it: the caller may add fields. Each must pass `checkHeaderLine`.
 *
 * @throws TypeError if `protocol` is not a token, or a value would end its line
 */
export function formatSwitchingProtocols(
  accept: string,
  protocol?: string | undefined,
  extensions?: string | undefined,
): string[] {
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
  ];
  if (protocol !== undefined) {
    if (!isToken(protocol)) {
      throw new TypeError(
        `The subprotocol ${JSON.stringify(protocol)} is not a token: letters, digits and !#$%&'*+-.^_\`|~`,
      );
    }
    lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  }
  if (extensions !== undefined) lines.push(`Sec-WebSocket-Extensions: ${extensions}`);
  lines.forEach(checkHeaderLine);
  return lines;
}

/**
 * Refuses what would break out of its header line (CWE-113).
 *
 * @throws TypeError if `line` holds a carriage return, a line feed or a NUL
 */
export function checkHeaderLine(line: string): void {
  if (line.includes("\r") || line.includes("\n") || line.includes("\0")) {
    throw new TypeError(`A header line must not hold CR, LF or NUL: ${JSON.stringify(line)}`);
  }
}

/**
 * The header fields of a client's opening request (RFC 6455 §4.1), beside `Host`.
 *
 * @throws TypeError if `key` is not 16 bytes in base64
 * @throws SyntaxError if `protocols` holds anything but distinct tokens
 */
export function createHandshake(request: {
  /** 16 random bytes in base64, new for each connection. */
  readonly key: string;
  readonly protocols: readonly string[];
  /** The value of `Sec-WebSocket-Extensions`, from `offerDeflate`. */
  readonly extensions?: string | undefined;
}): Record<string, string> {
  const { key, protocols, extensions } = request;
  if (!isKey(key)) throw new TypeError("`key` must be 16 random bytes in base64");
  if (!protocols.every(isSubprotocol) || new Set(protocols).size !== protocols.length) {
    throw new SyntaxError("An invalid or duplicated subprotocol was specified");
  }
  const headers: Record<string, string> = {
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": key,
    Connection: "Upgrade",
    Upgrade: "websocket",
  };
  if (extensions !== undefined) headers["Sec-WebSocket-Extensions"] = extensions;
  if (protocols.length > 0) headers["Sec-WebSocket-Protocol"] = protocols.join(",");
  return headers;
}

function isSubprotocol(protocol: unknown): boolean {
  return typeof protocol === "string" && isToken(protocol);
}

/**
 * Checks the server's answer to `createHandshake` (RFC 6455 §4.1). What it says about
 * an extension is for that extension to check, with `confirmDeflate`.
 *
 * @throws HandshakeError with the server's status, and the message that `ws` has
 */
export function verifyHandshake(
  response: { readonly status: number; readonly headers: HandshakeHeaders },
  expected: ExpectedHandshake,
): ServerHandshake {
  const { status, headers } = response;
  if (status !== 101) refuse(status, `Unexpected server response: ${status}`);
  if (fieldOf(headers, "upgrade")?.toLowerCase() !== "websocket") {
    refuse(status, "Invalid Upgrade header");
  }
  if (!hasToken(fieldOf(headers, "connection") ?? "", "upgrade")) {
    refuse(status, "Invalid Connection header");
  }
  if (fieldOf(headers, "sec-websocket-accept") !== acceptKey(expected.key)) {
    refuse(status, "Invalid Sec-WebSocket-Accept header");
  }
  return {
    protocol: verifyProtocol(fieldOf(headers, "sec-websocket-protocol"), expected.protocols),
    extensions: verifyExtensions(fieldOf(headers, "sec-websocket-extensions"), expected.extensions),
  };
}

function verifyProtocol(protocol: string | undefined, expected: ReadonlySet<string>): string {
  if (protocol === undefined) {
    if (expected.size > 0) refuse(101, "Server sent no subprotocol");
    return "";
  }
  if (expected.size === 0) refuse(101, "Server sent a subprotocol but none was requested");
  if (!expected.has(protocol)) refuse(101, "Server sent an invalid subprotocol");
  return protocol;
}

function verifyExtensions(header: string | undefined, offer: string | undefined): ExtensionOffers {
  if (header === undefined) return noExtensions;
  if (offer === undefined) {
    refuse(101, "Server sent a Sec-WebSocket-Extensions header but no extension was requested");
  }
  const extensions = parseAnswer(header);
  const offered = parseExtensions(offer);
  for (const name of extensions.keys()) {
    if (!offered.has(name)) refuse(101, "Server indicated an extension that was not requested");
  }
  return extensions;
}

/** The same refusal as a server's, but with the status that the server had. */
function parseAnswer(header: string): ExtensionOffers {
  try {
    return parseExtensions(header);
  } catch (error) {
    if (error instanceof HandshakeError) refuse(101, error.message);
    throw error;
  }
}
