import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type GuardRefusal, refusal } from "../codes.ts";
import { CredentialFinder, type CredentialSource } from "./credential.ts";
import type { Authenticate, Principal } from "./principal.ts";

/** What is stored of a key: enough to know it again, and not enough to use it. */
export interface ApiKeyRecord {
  /** The SHA-256 of the whole key, in hex. */
  readonly hash: string;
  /** Whom it lets in. */
  readonly principal: Principal;
  /** Until when, in milliseconds since 1970. Default: for good. */
  readonly expiresMs?: number | undefined;
}

/** Where records are, by the keys' ids: a `Map`, or a table in a database. */
export interface ApiKeyStore {
  get(id: string): ApiKeyRecord | undefined | null | PromiseLike<ApiKeyRecord | undefined | null>;
}

export interface ApiKeyOptions {
  /** Where keys may come from. Default `["auth:apiKey", "header:x-api-key"]`. */
  readonly from?: readonly CredentialSource[] | undefined;
  /** For tests: the time of day, in milliseconds since 1970. */
  readonly nowMs?: (() => number) | undefined;
}

/** A key that was made. */
export interface NewApiKey {
  /** What its owner gets, once: `ol_<id>_<secret>`. */
  readonly key: string;
  /** What its record is stored by. It is no secret: show it, log it. */
  readonly id: string;
  /** What is stored of it. */
  readonly hash: string;
}

export const apiKeyDefaults = {
  from: ["auth:apiKey", "header:x-api-key"],
} as const;

/** Both parts have one length, so that no store is asked for what is no id. */
const form = /^ol_([0-9a-f]{24})_[A-Za-z0-9_-]{43}$/;
const nobody = Buffer.alloc(32);

/**
 * Makes a key with 256 random bits.
 *
 * ```ts
 * const { key, id, hash } = newApiKey();
 * await store.set(id, { hash, principal: { id: "billing" } });
 * ```
 *
 * As nobody can guess it, its hash needs neither salt nor slowness. Programs that look for leaked
 * secrets know it by its prefix.
 */
export function newApiKey(): NewApiKey {
  const id = randomBytes(12).toString("hex");
  const key = `ol_${id}_${randomBytes(32).toString("base64url")}`;
  return { key, id, hash: hashOf(key).toString("hex") };
}

/**
 * Takes API keys, of other servers for example.
 *
 * A record is found by the key's public id. How long it takes to refuse a key tells nothing of how
 * much of it is right, nor whether there is such an id, but for what the store itself takes.
 */
export function apiKeys(store: ApiKeyStore, options: ApiKeyOptions = {}): Authenticate {
  const { from = apiKeyDefaults.from, nowMs = Date.now } = options;
  const finder = new CredentialFinder(from);
  return async (request) => {
    const key = finder.find(request);
    if (typeof key !== "string") return key;
    return verdictOn(key, store, nowMs());
  };
}

async function verdictOn(
  key: string,
  store: ApiKeyStore,
  nowMs: number,
): Promise<Principal | GuardRefusal> {
  const id = form.exec(key)?.[1];
  if (id === undefined) return refusal("OPENLINE_API_KEY_INVALID");
  const record = await store.get(id);
  const stored = Buffer.from(record?.hash ?? "", "hex");
  const isHash = stored.byteLength === nobody.byteLength;
  const isSame = timingSafeEqual(hashOf(key), isHash ? stored : nobody);
  if (!record || !isHash || !isSame) return refusal("OPENLINE_API_KEY_INVALID");
  const { principal, expiresMs = Number.POSITIVE_INFINITY } = record;
  if (nowMs >= expiresMs) {
    return refusal("OPENLINE_API_KEY_INVALID", { message: "The API key has expired" });
  }
  if (expiresMs === Number.POSITIVE_INFINITY) return principal;
  return { ...principal, expiresMs: Math.min(expiresMs, principal.expiresMs ?? expiresMs) };
}

function hashOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
