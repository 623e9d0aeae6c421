import type { JSONWebKeySet } from "jose";
import { fetchJson, HttpStatusError, issuerUrl } from "./fetch-json.ts";

/** Gets the keys that an issuer signs with now. */
export type FetchKeys = () => Promise<JSONWebKeySet>;

/** Keys from where they are said to be. */
export function keysAt(jwks: string | URL, timeoutMs: number): FetchKeys {
  const url = issuerUrl(jwks, "jwks");
  return async () => keysIn(await fetchJson(url, timeoutMs));
}

/**
 * Keys from where the issuer says that they are (OpenID Connect Discovery 1.0 §4, RFC 8414 §3).
 *
 * Each time anew, as issuers move them.
 */
export function keysOfIssuer(issuer: string, timeoutMs: number): FetchKeys {
  const places = metadataUrls(issuerUrl(issuer, "issuer"));
  return async () => {
    const metadata = await firstThere(places, timeoutMs);
    // Another issuer's metadata would bring another issuer's keys (OpenID Connect Discovery §4.3).
    if (metadata.issuer !== issuer) {
      throw new Error(`The issuer ${issuer} calls itself ${JSON.stringify(metadata.issuer)}`);
    }
    const url = issuerUrl(String(metadata.jwks_uri), "jwks_uri");
    return keysIn(await fetchJson(url, timeoutMs));
  };
}

/** OpenID Connect appends to the path; RFC 8414 puts it before, and is asked second. */
function metadataUrls(issuer: URL): readonly [URL, URL] {
  const path = issuer.pathname.replace(/\/$/, "");
  return [
    new URL(`${path}/.well-known/openid-configuration`, issuer),
    new URL(`/.well-known/oauth-authorization-server${path}`, issuer),
  ];
}

async function firstThere(
  [first, second]: readonly [URL, URL],
  timeoutMs: number,
): Promise<Record<string, unknown>> {
  try {
    return await fetchJson(first, timeoutMs);
  } catch (error) {
    const { cause } = error as Error;
    if (cause instanceof HttpStatusError && cause.status === 404) {
      return fetchJson(second, timeoutMs);
    }
    throw error;
  }
}

function keysIn(document: Record<string, unknown>): JSONWebKeySet {
  if (!Array.isArray(document.keys)) throw new Error("The answer is no JWK set: it has no `keys`");
  return document as unknown as JSONWebKeySet; // each key is checked where it is used
}
