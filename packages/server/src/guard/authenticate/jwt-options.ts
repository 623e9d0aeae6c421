import type { JSONWebKeySet } from "jose";
import type { CredentialSource } from "./credential.ts";
import type { KeyCacheOptions } from "./key-cache.ts";

/** What is checked of a token, and by which keys. */
export interface JwtOptions extends KeyCacheOptions {
  /** What both sides know. At least 32 bytes. */
  readonly secret?: string | Uint8Array | undefined;
  /** The issuer's public keys: where they are, or themselves (RFC 7517). */
  readonly jwks?: string | URL | JSONWebKeySet | undefined;
  /**
   * Whose tokens are taken: the claim `iss`, exactly. Without `secret` and `jwks`, its keys are found
   * at `/.well-known/openid-configuration`, or where RFC 8414 says. Needed, but with a `secret`.
   */
  readonly issuer?: string | readonly string[] | undefined;
  /**
   * Who we are: one of the claim `aud`. A token that was made for somebody else is refused, as they
   * could use it here. Needed, but with a `secret`.
   */
  readonly audience?: string | readonly string[] | undefined;
  /**
   * Those that tokens may be signed by. Default: HS256 with a `secret`, else all with public keys,
   * each key by the `alg` that it has. Keys without one are left out unless you say this.
   */
  readonly algorithms?: readonly string[] | undefined;
  /** Where tokens may come from. Default `["auth", "authorization"]`. */
  readonly from?: readonly CredentialSource[] | undefined;
  /** How far clocks may differ, in milliseconds, up to 60,000. Default 5,000. */
  readonly clockToleranceMs?: number | undefined;
  /** The header `typ` that a token must have: `at+jwt` for an access token of RFC 9068. */
  readonly type?: string | undefined;
  /** What a token must give leave for, by its claim `scope` or `scp`: all of it. */
  readonly scopes?: readonly string[] | undefined;
  /** Names the principal. Default: the claim `sub`, behind that of `iss` if there are several. */
  readonly principalOf?: ((claims: Readonly<Record<string, unknown>>) => string) | undefined;
  /** How long an issuer may take to answer, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number | undefined;
}

export const jwtDefaults = {
  from: ["auth", "authorization"],
  clockToleranceMs: 5_000,
  timeoutMs: 5_000,
} as const;

const MAX_TOLERANCE_MS = 60_000;

/** @throws TypeError or RangeError that names the option and what it accepts */
export function checkJwtOptions(options: JwtOptions): void {
  const { secret, jwks, issuer, audience, clockToleranceMs = 0 } = options;
  if (secret !== undefined && jwks !== undefined) {
    throw new TypeError("`jwt` takes a `secret` or `jwks`, not both");
  }
  if (secret === undefined) {
    if (!isNamed(issuer)) {
      throw new TypeError("`issuer` takes whose tokens are taken: anybody else's must not be");
    }
    if (!isNamed(audience)) {
      throw new TypeError(
        "`audience` takes who we are: a token for somebody else must not be taken",
      );
    }
    if (jwks === undefined && typeof issuer !== "string") {
      throw new TypeError("`issuer` takes one whose keys are to be found: for more, see `firstOf`");
    }
  }
  if (typeof clockToleranceMs !== "number" || !(clockToleranceMs >= 0)) {
    throw new RangeError(
      `\`clockToleranceMs\` takes milliseconds from 0 up, not ${String(clockToleranceMs)}`,
    );
  }
  if (clockToleranceMs > MAX_TOLERANCE_MS) {
    throw new RangeError(`\`clockToleranceMs\` takes at most ${MAX_TOLERANCE_MS}: set the clocks`);
  }
}

function isNamed(names: string | readonly string[] | undefined): boolean {
  const list = typeof names === "string" ? [names] : names;
  return (
    Array.isArray(list) &&
    list.length > 0 &&
    list.every((name) => typeof name === "string" && name !== "")
  );
}
