import type { IncomingMessage } from "node:http";
import { isOriginAllowed, readOriginList } from "@openline/protocol/websocket";
import type { CorsOptions, CorsOptionsDelegate, StaticOrigin } from "./cors-options.ts";

/**
 * Which pages may connect, by any transport: exact origins (`https://app.example.com`), `"*"` for
 * all, or a function. Requests without an Origin header come from no browser and pass.
 */
export type Origins =
  | "*"
  | (string & {})
  | readonly string[]
  | ((origin: string, request: IncomingMessage) => boolean | Promise<boolean>);

type Check = (origin: string, request: IncomingMessage) => boolean | Promise<boolean>;

/**
 * One rule for polling and WebSocket alike, as CORS guards only the first. Without `origins`, the
 * pages that `cors` names are allowed; without both, those of the same host.
 */
export class OriginGuard {
  private readonly isAllowed: Check;

  /** @throws TypeError for an `origins` that lists anything but origins */
  constructor(
    origins: Origins | undefined,
    cors: CorsOptions | CorsOptionsDelegate | false | undefined,
  ) {
    this.isAllowed = checkFor(origins, cors);
  }

  /** Calls back with whether the request may be taken: at once, unless the rule is a promise. */
  check(request: IncomingMessage, callback: (isAllowed: boolean) => void): void {
    const { origin } = request.headers;
    if (origin === undefined) {
      callback(true);
      return;
    }
    let allowed: boolean | Promise<boolean>;
    try {
      allowed = this.isAllowed(origin, request);
    } catch {
      allowed = false; // a Host that cannot be compared with, or a function of the user's that threw
    }
    if (typeof allowed === "boolean") {
      callback(allowed);
      return;
    }
    allowed.then(callback, () => callback(false));
  }
}

function checkFor(
  origins: Origins | undefined,
  cors: CorsOptions | CorsOptionsDelegate | false | undefined,
): Check {
  if (typeof origins === "function") return origins;
  if (origins === "*") return allow;
  if (origins !== undefined) {
    return listed(typeof origins === "string" ? [origins] : origins);
  }
  if (cors === undefined || cors === false) return isSameOrigin;
  if (typeof cors === "function") {
    return (origin, request) =>
      new Promise((resolve, reject) => {
        cors(request, (error, options) => {
          if (error) reject(error);
          else resolve(isOriginOf(options?.origin, origin, request));
        });
      });
  }
  return (origin, request) => isOriginOf(cors.origin, origin, request);
}

/** What the package `cors` makes of its option `origin`. */
function isOriginOf(
  option: CorsOptions["origin"],
  origin: string,
  request: IncomingMessage,
): boolean | Promise<boolean> {
  if (typeof option !== "function") return isStatic(option, origin, request);
  return new Promise((resolve, reject) => {
    option(origin, (error, decided) => {
      if (error) reject(error);
      else resolve(isStatic(decided, origin, request));
    });
  });
}

function isStatic(
  option: StaticOrigin | undefined,
  origin: string,
  request: IncomingMessage,
): boolean {
  if (option === undefined || option === true || option === "*") return true;
  // A page of the same host needs no CORS, so that no list names it.
  if (isSameOrigin(origin, request)) return true;
  if (option === false) return false;
  if (typeof option === "string") return option === origin;
  if (option instanceof RegExp) return option.test(origin);
  return option.some((each) => (each instanceof RegExp ? each.test(origin) : each === origin));
}

function isSameOrigin(origin: string, request: IncomingMessage): boolean {
  return isOriginAllowed("same-origin", factsOf(origin, request));
}

function listed(origins: readonly string[]): Check {
  const policy = readOriginList(origins);
  return (origin, request) => isOriginAllowed(policy, factsOf(origin, request));
}

function allow(): boolean {
  return true;
}

function factsOf(
  origin: string,
  request: IncomingMessage,
): { origin: string; host: string | undefined; isEncrypted: boolean } {
  // HTTP/2 has the host in a field of its own.
  const host = request.headers.host ?? (request.headers[":authority"] as string | undefined);
  const isEncrypted = (request.socket as { encrypted?: boolean } | undefined)?.encrypted === true;
  return { origin, host, isEncrypted };
}
