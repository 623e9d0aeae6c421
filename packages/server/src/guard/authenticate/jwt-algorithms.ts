/** Those of a secret that both sides have, and how many bytes it has at least (RFC 7518 §3.2). */
export const secretBytes: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };

/** Those of a key that its issuer publishes (RFC 7518 §3.1, RFC 8037, RFC 9864). */
export const publicAlgorithms: readonly string[] = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

/**
 * The algorithms that tokens may be signed by: an allowlist, of one kind.
 *
 * With both kinds, whoever knows a public key could sign with it as if it were the secret (RFC 8725
 * §2.1).
 *
 * @throws TypeError that says which there are
 */
export function algorithmsOf(
  given: readonly string[] | undefined,
  hasSecret: boolean,
): readonly string[] {
  const known = hasSecret ? Object.keys(secretBytes) : publicAlgorithms;
  if (given === undefined) return hasSecret ? ["HS256"] : known;
  const isKnown = Array.isArray(given) && given.every((name) => known.includes(name));
  if (isKnown && given.length > 0) return given;
  throw new TypeError(
    `\`algorithms\` takes a list of ${known.join(", ")} with ` +
      `${hasSecret ? "a `secret`" : "`jwks` or an `issuer`"}, not ${JSON.stringify(given)}`,
  );
}

/** @throws TypeError or RangeError for a secret that is none, or can be guessed */
export function secretKey(secret: string | Uint8Array, algorithms: readonly string[]): Uint8Array {
  const key = typeof secret === "string" ? new TextEncoder().encode(secret) : secret;
  if (!(key instanceof Uint8Array)) throw new TypeError("`secret` takes a text or bytes");
  const bytes = Math.max(...algorithms.map((name) => secretBytes[name] ?? 0));
  if (key.byteLength < bytes) {
    throw new RangeError(
      `\`secret\` has at least ${bytes} bytes with ${algorithms.join(" and ")}: ` +
        `make one with \`openssl rand -base64 ${bytes}\``,
    );
  }
  return key;
}
