import type { JWTPayload, JWTVerifyOptions } from "jose";
import { type GuardRefusal, refusal } from "../codes.ts";
import { CredentialFinder } from "./credential.ts";
import { checkJwtOptions, type JwtOptions, jwtDefaults } from "./jwt-options.ts";
import { KeysUnavailable } from "./key-cache.ts";
import type { Authenticate, Principal } from "./principal.ts";
import { type TokenKey, type TokenKeys, tokenKeys } from "./token-keys.ts";

type Jose = typeof import("jose");

/** For tests. */
export interface Clocks {
  /** The time of day, in milliseconds since 1970. */
  dateMs(): number;
  /** One that never goes backwards, in milliseconds. */
  steadyMs(): number;
}

const realClocks: Clocks = { dateMs: () => Date.now(), steadyMs: () => performance.now() };

/**
 * Takes JSON Web Tokens (RFC 7519): of a secret of your own, or of an issuer such as an OAuth 2 or
 * OpenID Connect provider.
 *
 * ```ts
 * authenticate: jwt({ issuer: "https://login.example.com", audience: "https://chat.example.com" })
 * ```
 *
 * The signature, `iss`, `aud`, `exp`, `nbf` and `crit` are checked, by algorithms of a list. Keys
 * come from where the options say and never from where a token says (`jku`, `x5u`, `jwk`). A token
 * without an end is refused.
 *
 * @throws TypeError or RangeError that names the option and what it accepts
 */
export function jwt(options: JwtOptions, clocks: Clocks = realClocks): Authenticate {
  checkJwtOptions(options);
  const finder = new CredentialFinder(options.from ?? jwtDefaults.from);
  const tokens = new Tokens(options, clocks);
  return (request) => {
    const token = finder.find(request);
    return typeof token === "string" ? tokens.check(token) : token;
  };
}

class Tokens {
  private readonly options: JwtOptions;
  private readonly clocks: Clocks;
  private readonly keys: TokenKeys;
  private readonly issuers: readonly string[] | undefined;
  private jose: Promise<Jose> | undefined;

  constructor(options: JwtOptions, clocks: Clocks) {
    this.options = options;
    this.clocks = clocks;
    this.keys = tokenKeys(options, () => this.load(), clocks.steadyMs);
    this.issuers = typeof options.issuer === "string" ? [options.issuer] : options.issuer;
  }

  async check(token: string): Promise<Principal | GuardRefusal> {
    const jose = await this.load();
    try {
      // Nobody is asked for the keys of somebody else's token.
      const { iss } = jose.decodeJwt(token);
      if (this.issuers !== undefined && !this.issuers.includes(iss as string)) {
        return refusal("OPENLINE_TOKEN_ISSUER");
      }
      return this.principal(await this.claims(jose, token));
    } catch (error) {
      const refused = refusalOf(error);
      if (refused === undefined) throw error;
      return refused;
    }
  }

  private async claims(jose: Jose, token: string): Promise<JWTPayload> {
    const keys = await this.keys.current();
    try {
      return await this.verify(jose, token, keys);
    } catch (error) {
      if (!(error instanceof jose.errors.JWKSNoMatchingKey)) throw error;
      const newer = await this.keys.newer(keys);
      if (newer === undefined) throw error;
      return this.verify(jose, token, newer);
    }
  }

  private async verify(jose: Jose, token: string, key: TokenKey): Promise<JWTPayload> {
    const { audience, clockToleranceMs = jwtDefaults.clockToleranceMs, type } = this.options;
    const wanted: JWTVerifyOptions = {
      algorithms: [...this.keys.algorithms],
      clockTolerance: clockToleranceMs / 1_000,
      currentDate: new Date(this.clocks.dateMs()),
      requiredClaims: ["exp"],
      ...(this.issuers !== undefined && { issuer: [...this.issuers] }),
      ...(audience !== undefined && {
        audience: typeof audience === "string" ? audience : [...audience],
      }),
      ...(type !== undefined && { typ: type }),
    };
    const { payload } = await jose.jwtVerify<JWTPayload>(token, key, wanted);
    return payload;
  }

  private principal(claims: JWTPayload): Principal | GuardRefusal {
    const scopes = scopesOf(claims);
    const missing = this.options.scopes?.find((scope) => !scopes?.includes(scope));
    if (missing !== undefined) {
      const message = `The token gives no leave for \`${missing}\``;
      return refusal("OPENLINE_TOKEN_CLAIM", { message });
    }
    const { principalOf } = this.options;
    const id = principalOf === undefined ? this.subject(claims) : principalOf(claims);
    if (typeof id !== "string" || id === "") {
      const message = "The token does not say whose it is";
      return refusal("OPENLINE_TOKEN_CLAIM", { message });
    }
    const expiresMs = Number(claims.exp) * 1_000;
    return { id, expiresMs, claims, ...(scopes !== undefined && { scopes }) };
  }

  /** Two issuers may call two people by the same name. */
  private subject({ iss, sub }: JWTPayload): string | undefined {
    if (typeof sub !== "string" || sub === "") return undefined;
    return (this.issuers?.length ?? 0) > 1 ? `${iss} ${sub}` : sub;
  }

  private load(): Promise<Jose> {
    this.jose ??= import("jose");
    return this.jose;
  }
}

/** RFC 8693 §4.2; some issuers say `scp`, and some make it a list. */
function scopesOf({ scope, scp }: JWTPayload): readonly string[] | undefined {
  const given = scope ?? scp;
  if (typeof given === "string") return given.split(" ").filter((name) => name !== "");
  if (!Array.isArray(given)) return undefined;
  return given.filter((name): name is string => typeof name === "string");
}

const messages: Readonly<Record<string, string>> = {
  ERR_JOSE_ALG_NOT_ALLOWED: "The token is signed by an algorithm that this server does not take",
  ERR_JOSE_NOT_SUPPORTED: "The token needs something that this server does not know",
  ERR_JWKS_NO_MATCHING_KEY: "The token is signed with a key that its issuer does not publish",
  ERR_JWKS_MULTIPLE_MATCHING_KEYS:
    "The token does not say with which of its issuer's keys it is signed",
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "The token's signature is not its issuer's",
  ERR_JWS_INVALID: "This is no JSON Web Token",
  ERR_JWT_INVALID: "This is no JSON Web Token",
};

/** Of what is wrong with the token; undefined for what is wrong with us. Nothing of it is repeated. */
function refusalOf(error: unknown): GuardRefusal | undefined {
  if (error instanceof KeysUnavailable) {
    const { retryAfterMs } = error;
    return refusal("OPENLINE_ISSUER_UNAVAILABLE", { retryAfterMs });
  }
  const { code, claim, reason } = error as { code?: unknown; claim?: unknown; reason?: unknown };
  if (code === "ERR_JWT_EXPIRED") return refusal("OPENLINE_TOKEN_EXPIRED");
  if (code === "ERR_JWT_CLAIM_VALIDATION_FAILED") {
    if (claim === "aud") return refusal("OPENLINE_TOKEN_AUDIENCE");
    if (claim === "iss") return refusal("OPENLINE_TOKEN_ISSUER");
    if (claim === "nbf" && reason === "check_failed")
      return refusal("OPENLINE_TOKEN_NOT_YET_VALID");
    const message = `The token's \`${String(claim)}\` is missing, or says something else`;
    return refusal("OPENLINE_TOKEN_CLAIM", { message });
  }
  const message = typeof code === "string" ? messages[code] : undefined;
  return message === undefined ? undefined : refusal("OPENLINE_TOKEN_INVALID", { message });
}
