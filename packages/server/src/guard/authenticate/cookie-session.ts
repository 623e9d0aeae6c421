import { refusal } from "../codes.ts";
import { CredentialFinder } from "./credential.ts";
import type { Authenticate, AuthenticationRequest, Verdict } from "./principal.ts";

/**
 * Finds whose session a cookie's value names, in the store that your application signs people in
 * with; null or undefined if it has ended or never was.
 */
export type SessionLookup = (
  value: string,
  request: AuthenticationRequest,
) => Verdict | PromiseLike<Verdict>;

/**
 * Takes the session cookie of your application: `cookieSession("sid", (id) => sessions.find(id))`.
 *
 * `lookup` gets the value as the browser sent it, percent-decoded. If it is signed, as those of
 * express-session are, check the signature first.
 *
 * Browsers send cookies along with requests of any page. What keeps other pages out is the check of
 * origins, and `SameSite=Lax` besides: see the option `origins` before you allow more of them.
 *
 * @throws TypeError for a name that is none
 */
export function cookieSession(cookie: string, lookup: SessionLookup): Authenticate {
  if (typeof lookup !== "function")
    throw new TypeError("`cookieSession` takes a name and a look-up");
  const finder = new CredentialFinder([`cookie:${cookie}`]);
  return async (request) => {
    const value = finder.find(request);
    if (typeof value !== "string") return value;
    return (await lookup(value, request)) ?? refusal("OPENLINE_SESSION_INVALID");
  };
}
