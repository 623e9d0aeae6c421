import { type Code, type GuardRefusal, refusal } from "../codes.ts";
import type { Authenticate, AuthenticationRequest, Principal, Verdict } from "./principal.ts";
import { isRefusal } from "./principal.ts";

/**
 * Asks who connects, and always gets an answer: what the user's function throws becomes a refusal
 * that tells nothing of it, and `reportError` gets the error.
 */
export async function authenticated<Request extends AuthenticationRequest>(
  authenticate: Authenticate<Request>,
  request: Request,
  reportError: (error: unknown) => void,
): Promise<Principal | GuardRefusal> {
  let verdict: Verdict;
  try {
    verdict = await authenticate(request);
    if (verdict === null || verdict === undefined) return refusal("OPENLINE_UNAUTHENTICATED");
    if (isRefusal(verdict)) return verdict;
    check(verdict);
    return verdict;
  } catch (error) {
    reportError(error);
    return refusal("OPENLINE_AUTHENTICATION_FAILED");
  }
}

/**
 * Lets in whoever one of several lets in: `firstOf(jwt(…), apiKeys(…))`.
 *
 * The first one that finds a credential decides, so that a bad token is not made good by looking
 * elsewhere; unless it is a token of another issuer, which may be the next one's.
 */
export function firstOf<Request extends AuthenticationRequest>(
  ...all: readonly Authenticate<Request>[]
): Authenticate<Request> {
  if (all.length === 0) throw new TypeError("`firstOf` takes at least one way to authenticate");
  return async (request) => {
    const missing: string[] = [];
    let foreign: GuardRefusal | undefined;
    for (const authenticate of all) {
      const verdict = await authenticate(request);
      if (verdict === null || verdict === undefined) continue;
      if (!isRefusal(verdict) || !undecided.has(verdict.code)) return verdict;
      if (verdict.code === "OPENLINE_TOKEN_ISSUER") foreign = verdict;
      else missing.push(verdict.message);
    }
    if (foreign !== undefined) return foreign;
    const message = [...new Set(missing)].join("; or: ");
    return refusal("OPENLINE_UNAUTHENTICATED", message === "" ? {} : { message });
  };
}

/** What somebody says who is not concerned. */
const undecided: ReadonlySet<Code> = new Set(["OPENLINE_UNAUTHENTICATED", "OPENLINE_TOKEN_ISSUER"]);

/** Mistakes of the user's function that would let in somebody as nobody. */
function check({ id, expiresMs }: Principal): void {
  if (typeof id !== "string" || id === "") {
    throw new TypeError("`authenticate` takes a principal whose `id` is a text that is not empty");
  }
  if (expiresMs !== undefined && (typeof expiresMs !== "number" || Number.isNaN(expiresMs))) {
    throw new TypeError(
      "`authenticate` takes a principal whose `expiresMs` is a number, if it has one",
    );
  }
}
