import type { OutgoingHttpHeaders } from "node:http";
import { isSameHost, type Target } from "./target.ts";

/** What a request says of who sends it. */
export interface RequestCredentials {
  readonly headers: OutgoingHttpHeaders;
  /** `user:password` for Basic authentication, unless a header field says it already. */
  readonly auth: string | undefined;
}

/**
 * Decides which of the user's header fields and passwords go to which host when
 * redirects are followed, as curl does: what was meant for the first host stays there.
 */
export class Credentials {
  private readonly first: Target;
  private readonly given: OutgoingHttpHeaders;
  private readonly auth: string | undefined;
  /** The fields for requests after the first, their names in lower case. */
  private readonly later: OutgoingHttpHeaders = {};

  constructor(first: Target, headers: OutgoingHttpHeaders, auth: string | undefined) {
    this.first = first;
    this.given = headers;
    this.auth = auth;
    for (const [name, value] of Object.entries(headers)) this.later[name.toLowerCase()] = value;
  }

  /** For the first request. */
  forFirst(): RequestCredentials {
    return this.withAuth(this.first, { ...this.given });
  }

  /** For a request that a redirect led to; `isTrusted` leaves the choice to the user. */
  forRedirect(target: Target, isTrusted: boolean): RequestCredentials {
    const isSame = isSameHost(this.first, target);
    const headers = { ...this.later };
    const isSafe = isSame && (target.isSecure || !this.first.isSecure);
    if (isTrusted || isSafe) return this.withAuth(target, headers);
    delete headers.authorization;
    delete headers.cookie;
    if (!isSame) delete headers.host;
    return { headers, auth: undefined };
  }

  /** Adds the password, and keeps it for later: the first one wins, as with curl. */
  private withAuth(target: Target, headers: OutgoingHttpHeaders): RequestCredentials {
    const auth = target.credentials ?? this.auth;
    if (auth !== undefined) this.later.authorization ??= basic(auth);
    return { headers, auth };
  }
}

function basic(auth: string): string {
  return `Basic ${Buffer.from(auth).toString("base64")}`;
}
