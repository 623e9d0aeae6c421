import type { IncomingMessage } from "node:http";
import { type SerializeOptions, serialize } from "cookie";
import type { EngineIncomingMessage } from "../http/handshake-request.ts";
import type { HeaderValue, UpgradeResponse } from "../http/upgrade-response.ts";
import type { ResponseHeaders } from "../transports/polling-transport.ts";
import type { EngineOptions } from "./engine-options.ts";

/** Who is shown the header fields of answers, and may change them. */
export interface HeadersAudience {
  emit(event: "initial_headers" | "headers", headers: object, request: IncomingMessage): unknown;
}

/** The header fields of answers: the cookie of a new session, and what middlewares and listeners add. */
export class AnswerHeaders {
  private readonly audience: HeadersAudience;
  /** The cookie that the answer to a request sets. */
  private readonly setCookieOf = new WeakMap<IncomingMessage, string>();
  /** What middlewares set on an upgrade, until its answer is written. */
  private readonly upgrades = new WeakMap<IncomingMessage, UpgradeResponse>();

  constructor(audience: HeadersAudience) {
    this.audience = audience;
  }

  /** The answer to this request begins a session, whose id the cookie holds, if there is to be one. */
  begin(request: IncomingMessage, id: string, option: EngineOptions["cookie"]): void {
    if (!option) return;
    const { name = "io", ...options } = typeof option === "object" ? option : {};
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const chosen = Object.fromEntries(given) as SerializeOptions; // no field is undefined any more
    const cookie = serialize(name, id, { path: "/", httpOnly: true, sameSite: "lax", ...chosen });
    this.setCookieOf.set(request, cookie);
  }

  /** The answer to this upgrade has what middlewares have set there. */
  keep(request: IncomingMessage, response: UpgradeResponse): void {
    this.upgrades.set(request, response);
  }

  /** Shows those of a polling answer. */
  show(headers: ResponseHeaders, request: IncomingMessage): void {
    const cookie = this.setCookieOf.get(request);
    if (isFirst(request) && cookie !== undefined) headers["Set-Cookie"] = [cookie];
    this.tell(headers, request);
  }

  /** Adds those of the answer to an upgrade to its lines; false if there are none. */
  showUpgrade(lines: string[], request: IncomingMessage): boolean {
    const headers: Record<string, HeaderValue> = {};
    for (const [name, value] of this.upgrades.get(request)?.entries ?? []) headers[name] = value;
    this.upgrades.delete(request);
    this.tell(headers, request);
    const before = lines.length;
    for (const [name, value] of Object.entries(headers)) {
      for (const each of Array.isArray(value) ? value : [value]) lines.push(`${name}: ${each}`);
    }
    return lines.length > before;
  }

  private tell(headers: object, request: IncomingMessage): void {
    if (isFirst(request)) this.audience.emit("initial_headers", headers, request);
    this.audience.emit("headers", headers, request);
  }
}

/** Whether the request asks for a session. */
function isFirst(request: IncomingMessage): boolean {
  return (request as EngineIncomingMessage)._query.sid === undefined;
}
