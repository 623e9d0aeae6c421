import type { JSONWebKeySet } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { KeyCache, keyCacheDefaults } from "./key-cache.ts";

const { maxAgeMs, maxStaleMs, cooldownMs, retryMs } = keyCacheDefaults;

describe("a cache of keys", () => {
  let nowMs = 0;
  let fetches = 0;
  /** What the issuer has now; an error while it is away. */
  let issuer: string | Error = "";
  let cache: KeyCache<{ readonly kid: string | undefined }>;

  beforeEach(() => {
    [nowMs, fetches, issuer] = [0, 0, "first"];
    const fetchKeys = async (): Promise<JSONWebKeySet> => {
      fetches += 1;
      if (issuer instanceof Error) throw issuer;
      return { keys: [{ kty: "RSA", kid: issuer }] };
    };
    cache = new KeyCache(
      fetchKeys,
      ({ keys }) => ({ kid: keys[0]?.kid }),
      () => nowMs,
    );
  });

  /** Lets what was begun beside the answer come to its end. */
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it("fetches once for all who ask at once", async () => {
    const all = await Promise.all(Array.from({ length: 100 }, () => cache.current()));
    expect(new Set(all)).toEqual(new Set([{ kid: "first" }]));
    expect(fetches).toBe(1);
  });

  it("fetches again beside what goes on when keys have become old", async () => {
    await cache.current();
    nowMs = maxAgeMs - 1;
    await cache.current();
    expect(fetches).toBe(1);
    nowMs = maxAgeMs;
    issuer = "second";
    expect(await cache.current()).toEqual({ kid: "first" });
    await settled();
    expect(await cache.current()).toEqual({ kid: "second" });
    expect(fetches).toBe(2);
  });

  it("goes on without the issuer, until its keys are too old", async () => {
    await cache.current();
    issuer = new Error("away");
    for (nowMs = maxAgeMs; nowMs < maxAgeMs + maxStaleMs; nowMs += 60_000) {
      expect(await cache.current()).toEqual({ kid: "first" });
      await settled();
    }
    nowMs = maxAgeMs + maxStaleMs;
    await expect(cache.current()).rejects.toMatchObject({ name: "KeysUnavailable" });
    issuer = "second";
    nowMs += retryMs;
    expect(await cache.current()).toEqual({ kid: "second" });
  });

  it("asks an issuer that is away no oftener than every few seconds", async () => {
    issuer = new Error("away");
    await expect(cache.current()).rejects.toMatchObject({ retryAfterMs: retryMs, cause: issuer });
    for (nowMs = 0; nowMs < retryMs; nowMs += 100) {
      await expect(cache.current()).rejects.toMatchObject({ retryAfterMs: retryMs - nowMs });
    }
    expect(fetches).toBe(1);
    issuer = "first";
    nowMs = retryMs;
    expect(await cache.current()).toEqual({ kid: "first" });
  });

  it("asks once a cool-down for keys that nobody knows", async () => {
    const known = await cache.current();
    for (nowMs = 0; nowMs < cooldownMs; nowMs += 100) {
      expect(await cache.newer(known)).toBe(undefined);
    }
    expect(fetches).toBe(1);
    nowMs = cooldownMs;
    issuer = "second";
    const [one, other] = await Promise.all([cache.newer(known), cache.newer(known)]);
    expect(one).toEqual({ kid: "second" });
    expect(other).toBe(one);
    expect(fetches).toBe(2);
    expect(await cache.newer(known)).toBe(one);
  });

  it("asks once a cool-down, too, while the issuer is away, and does not call tokens bad", async () => {
    const known = await cache.current();
    issuer = new Error("away");
    for (nowMs = cooldownMs; nowMs < 3 * cooldownMs; nowMs += 100) {
      await expect(cache.newer(known)).rejects.toMatchObject({ name: "KeysUnavailable" });
    }
    expect(fetches).toBe(3);
    expect(await cache.current()).toBe(known);
  });

  it("reports each fetch that fails, once", async () => {
    const errors: unknown[] = [];
    const away = new Error("away");
    const failing = new KeyCache(
      () => Promise.reject(away),
      String,
      () => nowMs,
      { onError: (error) => errors.push(error) },
    );
    await Promise.allSettled([failing.current(), failing.current()]);
    await Promise.allSettled([failing.current()]);
    expect(errors).toEqual([away]);
  });

  it("refuses times that are none, by name", () => {
    const make = (): unknown =>
      new KeyCache(
        async () => ({ keys: [] }),
        String,
        () => 0,
        { cooldownMs: -1 },
      );
    expect(make).toThrow(new RangeError("`cooldownMs` takes milliseconds from 0 up, not -1"));
  });
});
