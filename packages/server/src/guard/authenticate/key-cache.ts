import type { JSONWebKeySet } from "jose";
import type { FetchKeys } from "./key-locations.ts";

export interface KeyCacheOptions {
  /** After this keys are fetched again, beside what goes on, in milliseconds. Default 600,000. */
  readonly maxAgeMs?: number | undefined;
  /**
   * For how long keys are good while the issuer cannot be reached, in milliseconds. A key that the
   * issuer has withdrawn meanwhile is good for as long, too. Default 3,600,000.
   */
  readonly maxStaleMs?: number | undefined;
  /** Between two fetches because of a key that nobody knows, in milliseconds. Default 30,000. */
  readonly cooldownMs?: number | undefined;
  /** Between two fetches that fail, in milliseconds. Default 5,000. */
  readonly retryMs?: number | undefined;
  /** Gets why keys could not be fetched, once for each time that they were not. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

export const keyCacheDefaults = {
  maxAgeMs: 600_000,
  maxStaleMs: 3_600_000,
  cooldownMs: 30_000,
  retryMs: 5_000,
} as const;

/** There are no keys to check with, and none are to be had for a while. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number, cause: unknown) {
    super("The issuer's keys could not be fetched", { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * The keys of an issuer, for as long as they are good.
 *
 * However many tokens come, with whatever keys they name, the issuer is asked once at a time and no
 * oftener than the pauses say: strangers cannot use us to attack it. An issuer that is away is not
 * noticed until `maxStaleMs` is over.
 *
 * `Resolved` is what is made of a set of keys. Times are milliseconds on a clock that never goes backwards.
 */
export class KeyCache<Resolved> {
  private readonly fetchKeys: FetchKeys;
  private readonly resolve: (keys: JSONWebKeySet) => Resolved | Promise<Resolved>;
  private readonly nowMs: () => number;
  private readonly onError: (error: unknown) => void;
  private readonly options: Readonly<Record<keyof typeof keyCacheDefaults, number>>;
  private known: { readonly keys: Resolved; readonly fetchedAtMs: number } | undefined;
  private fetching: Promise<Resolved> | undefined;
  private triedAtMs = Number.NEGATIVE_INFINITY;
  /** Of the last fetch, if it failed. */
  private failure: unknown;

  constructor(
    fetchKeys: FetchKeys,
    resolve: (keys: JSONWebKeySet) => Resolved | Promise<Resolved>,
    nowMs: () => number,
    options: KeyCacheOptions = {},
  ) {
    this.fetchKeys = fetchKeys;
    this.resolve = resolve;
    this.nowMs = nowMs;
    this.onError = options.onError ?? ignore;
    const { maxAgeMs, maxStaleMs, cooldownMs, retryMs } = keyCacheDefaults;
    this.options = {
      maxAgeMs: options.maxAgeMs ?? maxAgeMs,
      maxStaleMs: options.maxStaleMs ?? maxStaleMs,
      cooldownMs: options.cooldownMs ?? cooldownMs,
      retryMs: options.retryMs ?? retryMs,
    };
    for (const [name, value] of Object.entries(this.options)) {
      if (typeof value === "number" && value >= 0) continue;
      throw new RangeError(`\`${name}\` takes milliseconds from 0 up, not ${String(value)}`);
    }
  }

  /**
   * The keys, at once where there are any that are good.
   *
   * @throws KeysUnavailable
   */
  async current(): Promise<Resolved> {
    const { known, options } = this;
    if (known === undefined) return this.fetch();
    const ageMs = this.nowMs() - known.fetchedAtMs;
    if (ageMs < options.maxAgeMs) return known.keys;
    if (ageMs >= options.maxAgeMs + options.maxStaleMs) return this.fetch();
    this.fetch().catch(ignore); // the ones of before are good meanwhile
    return known.keys;
  }

  /**
   * Newer keys than `than`, for a token whose key is not among those; undefined when there are none,
   * or when the issuer was asked a moment ago.
   *
   * @throws KeysUnavailable
   */
  async newer(than: Resolved): Promise<Resolved | undefined> {
    const { known } = this;
    if (known !== undefined && known.keys !== than) return known.keys;
    const waitMs = this.triedAtMs + this.options.cooldownMs - this.nowMs();
    if (this.fetching !== undefined || waitMs <= 0) return this.fetch();
    // The key may be one of those that could not be fetched: nobody can say that the token is bad.
    if (this.failure !== undefined) throw new KeysUnavailable(Math.ceil(waitMs), this.failure);
    return undefined;
  }

  private fetch(): Promise<Resolved> {
    if (this.fetching !== undefined) return this.fetching;
    const nowMs = this.nowMs();
    const waitMs = this.triedAtMs + this.options.retryMs - nowMs;
    if (this.failure !== undefined && waitMs > 0) {
      return Promise.reject(new KeysUnavailable(Math.ceil(waitMs), this.failure));
    }
    this.triedAtMs = nowMs;
    this.fetching = this.load(nowMs).finally(() => {
      this.fetching = undefined;
    });
    return this.fetching;
  }

  private async load(nowMs: number): Promise<Resolved> {
    try {
      const keys = await this.resolve(await this.fetchKeys());
      this.known = { keys, fetchedAtMs: nowMs };
      this.failure = undefined;
      return keys;
    } catch (error) {
      this.failure = error;
      this.onError(error);
      throw new KeysUnavailable(this.options.retryMs, error);
    }
  }
}

function ignore(): void {}
