import { describe, expect, it } from "vitest";
import { type ApiKeyRecord, type ApiKeyStore, apiKeys, newApiKey } from "./api-keys.ts";
import type { Verdict } from "./principal.ts";

const ask = async (store: ApiKeyStore, apiKey: unknown, nowMs = 0): Promise<Verdict> =>
  apiKeys(store, { nowMs: () => nowMs })({ headers: {}, auth: { apiKey } });

const invalid = { code: "OPENLINE_API_KEY_INVALID" };

describe("an API key", () => {
  const { key, id, hash } = newApiKey();
  const principal = { id: "billing", scopes: ["publish"] };
  const store = new Map<string, ApiKeyRecord>([[id, { hash, principal }]]);

  it("lets in whom its record names", async () => {
    expect(await ask(store, key)).toEqual(principal);
    const later: ApiKeyStore = { get: async (wanted) => store.get(wanted) };
    expect(await ask(later, key)).toEqual(principal);
  });

  it("comes in its own field or header, and nowhere else by default", async () => {
    const authenticate = apiKeys(store);
    expect(await authenticate({ headers: { "x-api-key": key } })).toEqual(principal);
    const elsewhere = { headers: { authorization: `Bearer ${key}` }, auth: { token: key } };
    expect(await authenticate(elsewhere)).toMatchObject({ code: "OPENLINE_UNAUTHENTICATED" });
  });

  it("has 256 random bits, and is not stored", () => {
    const keys = Array.from({ length: 100 }, () => newApiKey());
    expect(new Set(keys.map((each) => each.key.slice(28))).size).toBe(100);
    expect(new Set(keys.map((each) => each.id)).size).toBe(100);
    for (const each of keys) {
      expect(each.key).toMatch(/^ol_[0-9a-f]{24}_[\w-]{43}$/);
      expect(each.hash).toMatch(/^[0-9a-f]{64}$/);
      expect(each.key).not.toContain(each.hash);
    }
  });

  it("is refused where a letter is otherwise", async () => {
    for (let at = 0; at < key.length; at += 1) {
      const other = key[at] === "a" ? "b" : "a";
      const forged = `${key.slice(0, at)}${other}${key.slice(at + 1)}`;
      expect(await ask(store, forged), forged).toMatchObject(invalid);
    }
  });

  it.each([
    "",
    " ",
    "ol_",
    "__proto__",
    key.slice(0, -1),
    `${key}=`,
    `${key}\n`,
    key.toUpperCase(),
    hash,
    `ol_${id}_${hash.slice(0, 43)}`,
  ])("is refused: %j", async (wrong) => {
    const verdict = await ask(store, wrong);
    expect(verdict).toMatchObject({ code: expect.stringMatching(/INVALID|UNAUTHENTICATED/) });
    if (wrong.length > 3) expect(JSON.stringify(verdict)).not.toContain(wrong);
  });

  it("is not looked for where it has not the form of one", async () => {
    const asked: string[] = [];
    const spy: ApiKeyStore = {
      get: (wanted) => {
        asked.push(wanted);
        return undefined;
      },
    };
    await ask(spy, "' OR 1=1 --");
    await ask(spy, "__proto__");
    await ask(spy, key);
    expect(asked).toEqual([id]);
  });

  it.each(["", "00", "xyz", hash.slice(2), `${hash}00`])(
    "is refused where what is stored is no hash: %j",
    async (broken) => {
      expect(await ask(new Map([[id, { hash: broken, principal }]]), key)).toMatchObject(invalid);
    },
  );

  it("ends when its record says so, and its connections with it", async () => {
    const ending = new Map([[id, { hash, principal, expiresMs: 1_000 }]]);
    expect(await ask(ending, key, 999)).toEqual({ ...principal, expiresMs: 1_000 });
    expect(await ask(ending, key, 1_000)).toMatchObject(invalid);
    const sooner = { hash, principal: { ...principal, expiresMs: 500 }, expiresMs: 1_000 };
    expect(await ask(new Map([[id, sooner]]), key)).toMatchObject({ expiresMs: 500 });
  });
});
