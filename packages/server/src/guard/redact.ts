import type { IncomingHttpHeaders } from "node:http";
import { readQuery } from "../http/query.ts";

/** A request or a handshake, as far as it is shown. */
export interface ShownRequest {
  readonly method?: string;
  /** The path, and those parameters that hold nothing secret. */
  readonly url?: string;
  readonly address?: string;
  /** All names; values of those that hold nothing secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** The names of what CONNECT brought, without values. */
  readonly auth?: readonly string[];
}

/** What there is to show. */
export interface ShowableRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly address?: string | undefined;
  readonly socket?: { readonly remoteAddress?: string | undefined } | undefined;
  readonly auth?: unknown;
}

export const REDACTED = "[redacted]";

/**
 * Headers whose values are shown. All others may hold a secret, now or one day: `Sec-WebSocket-Protocol`
 * brings tokens where nothing else can, and the query of a `Referer` may be that of a password reset.
 */
const openHeaders: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "connection",
  "content-length",
  "content-type",
  "forwarded",
  "host",
  "origin",
  "sec-fetch-dest",
  "sec-fetch-mode",
  "sec-fetch-site",
  "sec-websocket-extensions",
  "sec-websocket-version",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "x-forwarded-for",
  "x-forwarded-proto",
]);

/** Parameters of Engine.IO's own. Not `sid`: whoever knows it can poll in the client's place. */
const openParameters: ReadonlySet<string> = new Set(["EIO", "transport", "t", "b64"]);

const MAX_NAMES = 50;
const MAX_LENGTH = 200;

/**
 * What may be written to a log of a request or a handshake: never a token, a cookie, or what a query
 * or `auth` holds. It is a bounded size, whatever came.
 */
export function redacted(request: ShowableRequest): ShownRequest {
  const { method, url, headers, auth } = request;
  const address = request.address ?? request.socket?.remoteAddress;
  return {
    ...(method !== undefined && { method: short(method) }),
    ...(url !== undefined && { url: redactedUrl(url) }),
    ...(address !== undefined && { address }),
    headers: redactedHeaders(headers),
    ...(typeof auth === "object" && auth !== null && { auth: namesOf(auth) }),
  };
}

/** The same of a request's target. */
export function redactedUrl(target: string): string {
  // `http://user:password@host/` is a target, too (RFC 9112 §3.2.2).
  if (!target.startsWith("/")) return REDACTED;
  const [path = ""] = target.split(/[?#]/, 1);
  const query = readQuery(target);
  const pairs = namesOf(query).map((name) => {
    const value = query[name] ?? "";
    if (openParameters.has(name)) return `${name}=${encodeURIComponent(short(value))}`;
    // Without a value, the name may be what is secret.
    return value === "" ? REDACTED : `${encodeURIComponent(name)}=${REDACTED}`;
  });
  return pairs.length === 0 ? short(path) : `${short(path)}?${pairs.join("&")}`;
}

/**
 * A text of somebody else's, such as an error's message, without what looks like a credential.
 *
 * It cannot know all that is one: do not log such texts where strangers choose what is in them.
 */
export function redactedText(text: string): string {
  return text.replace(credentials, REDACTED);
}

/** Web tokens, our API keys, what follows a scheme of `Authorization`, passwords in URLs. */
const credentials =
  /(?<![\w-])eyJ[\w-]*\.[\w-]*\.[\w-]*|\bol_[0-9a-f]{24}_[\w-]{43}|(?<=\b(?:Bearer|Basic) )[\w.~+/=-]+|(?<=:\/\/)[^\s/@]{1,200}(?=@)/gi;

function redactedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    namesOf(headers).map((name) => {
      const value = headers[name];
      const text = Array.isArray(value) ? value.join(", ") : value;
      return [name, openHeaders.has(name) ? short(text ?? "") : REDACTED];
    }),
  );
}

/** Names that are no names are not shown: they may be anything. */
function namesOf(fields: object): string[] {
  return Object.keys(fields)
    .filter((name) => name.length <= 64)
    .slice(0, MAX_NAMES);
}

function short(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}
