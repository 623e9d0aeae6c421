import type { Handshake } from "../../rooms/handshake.ts";
import type { GuardRefusal } from "../codes.ts";

/** Whoever connects: a user, a device, another server. */
export interface Principal {
  /** Names it among all others, and stays the same from one connection to the next. */
  readonly id: string;
  /** Until when it is known to be the one, in milliseconds since 1970. Default: as long as it stays. */
  readonly expiresMs?: number | undefined;
  /** What it was given leave for, if its credential says so. */
  readonly scopes?: readonly string[] | undefined;
  /** What else is known of it: the claims of a token, the fields of a key's record. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/** What can be known of who connects: of a request alone, or with what CONNECT brought as well. */
export interface AuthenticationRequest extends Pick<Handshake, "headers"> {
  readonly url?: string | undefined;
  /** What the client sent when it connected to the namespace. */
  readonly auth?: Readonly<Record<string, unknown>> | undefined;
  /** The server's limit `credential`: longer ones are refused unread. Default 8,192. */
  readonly maxCredentialBytes?: number | undefined;
}

/**
 * Says who connects, or why nobody may.
 *
 * `null` and `undefined` say that no credential was sent. What is thrown counts as a failure of the
 * server's: the client is refused, and is told nothing of it.
 */
export type Authenticate<Request extends AuthenticationRequest = AuthenticationRequest> = (
  request: Request,
) => Verdict | PromiseLike<Verdict>;

/** What an {@link Authenticate} returns. */
export type Verdict = Principal | GuardRefusal | null | undefined;

/** Which of the two it is: a principal has an id, a refusal has a code. */
export function isRefusal(verdict: Principal | GuardRefusal): verdict is GuardRefusal {
  return "code" in verdict;
}
