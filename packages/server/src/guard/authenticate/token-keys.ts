import type { JSONWebKeySet, JWK, LocalJWKSet } from "jose";
import { algorithmsOf, secretKey } from "./jwt-algorithms.ts";
import type { JwtOptions } from "./jwt-options.ts";
import { jwtDefaults } from "./jwt-options.ts";
import { KeyCache } from "./key-cache.ts";
import { keysAt, keysOfIssuer } from "./key-locations.ts";

type Jose = typeof import("jose");

/** What a token's signature is checked with. */
export type TokenKey = Uint8Array | LocalJWKSet;

/** Where keys are taken from. */
export interface TokenKeys {
  readonly algorithms: readonly string[];
  /** @throws KeysUnavailable */
  current(): Promise<TokenKey>;
  /** Others than those, if there are any by now (see `KeyCache`). */
  newer(than: TokenKey): Promise<TokenKey | undefined>;
}

/** @throws TypeError or RangeError that names the option and what it accepts */
export function tokenKeys(
  options: JwtOptions,
  loadJose: () => Promise<Jose>,
  nowMs: () => number,
): TokenKeys {
  const { secret, jwks, issuer, timeoutMs = jwtDefaults.timeoutMs } = options;
  const algorithms = algorithmsOf(options.algorithms, secret !== undefined);
  if (secret !== undefined) return constant(algorithms, secretKey(secret, algorithms));
  const isListed = options.algorithms !== undefined;
  if (typeof jwks === "object" && !(jwks instanceof URL)) {
    const usable = usableKeys(jwks, algorithms, isListed);
    const set = { keys: structuredClone(usable) };
    let key: LocalJWKSet | undefined;
    return {
      algorithms,
      current: async () => {
        key ??= (await loadJose()).createLocalJWKSet(set);
        return key;
      },
      newer: async () => undefined,
    };
  }
  // Checked before: without `jwks` there is one issuer.
  const fetchKeys =
    jwks !== undefined ? keysAt(jwks, timeoutMs) : keysOfIssuer(issuer as string, timeoutMs);
  const cache = new KeyCache<TokenKey>(
    fetchKeys,
    async (set) =>
      (await loadJose()).createLocalJWKSet({ keys: usableKeys(set, algorithms, isListed) }),
    nowMs,
    options,
  );
  return { algorithms, current: () => cache.current(), newer: (than) => cache.newer(than) };
}

function constant(algorithms: readonly string[], key: Uint8Array): TokenKeys {
  return { algorithms, current: async () => key, newer: async () => undefined };
}

/**
 * The public keys for signatures among those of a set.
 *
 * A key that does not say its algorithm is taken for any of its type, so it is used only where
 * somebody has decided which ones there may be. Secrets in a set are published secrets.
 *
 * @throws TypeError if there are none
 */
function usableKeys(set: JSONWebKeySet, algorithms: readonly string[], isListed: boolean): JWK[] {
  const all: readonly unknown[] = Array.isArray(set?.keys) ? set.keys : [];
  const usable = all.filter((key): key is JWK => {
    if (typeof key !== "object" || key === null) return false;
    const { kty, alg, use } = key as JWK;
    if (kty === "oct" || (use !== undefined && use !== "sig")) return false;
    return alg === undefined ? isListed : algorithms.includes(alg);
  });
  if (usable.length > 0) return usable;
  const hint = isListed ? "" : "; keys without `alg` need the option `algorithms`";
  throw new TypeError(`There is no key for ${algorithms.join(", ")} in the JWK set${hint}`);
}
