import { createHmac } from "node:crypto";
import { SignJWT, UnsecuredJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { firstOf } from "./authenticate.ts";
import { TestIssuer } from "./issuer.fixture.ts";
import { jwt } from "./jwt.ts";
import type { JwtOptions } from "./jwt-options.ts";
import { keyCacheDefaults } from "./key-cache.ts";
import type { Authenticate, Verdict } from "./principal.ts";

/** Whole seconds, as in tokens. */
const startMs = 1_800_000_000_000;
const secret = "0123456789abcdef0123456789abcdef";
const bytes = new TextEncoder().encode(secret);

let nowMs = startMs;
const clocks = { dateMs: () => nowMs, steadyMs: () => nowMs - startMs };
const make = (options: JwtOptions): Authenticate => jwt(options, clocks);
const ask = async (authenticate: Authenticate, token: unknown): Promise<Verdict> =>
  authenticate({ headers: {}, auth: { token } });

beforeEach(() => {
  nowMs = startMs;
});

describe("a token of a secret", () => {
  const sign = (claims: Record<string, unknown> = {}, header = {}): Promise<string> =>
    new SignJWT({ sub: "ada", exp: startMs / 1_000 + 60, ...claims })
      .setProtectedHeader({ alg: "HS256", ...header })
      .sign(bytes);

  it("names the principal, with its end, claims and scopes", async () => {
    const verdict = await ask(make({ secret }), await sign({ scope: "chat:read chat:write" }));
    expect(verdict).toMatchObject({
      id: "ada",
      expiresMs: startMs + 60_000,
      scopes: ["chat:read", "chat:write"],
      claims: { sub: "ada" },
    });
  });

  it("comes in `auth.token` or as a bearer token, and nowhere else by default", async () => {
    const authenticate = make({ secret });
    const token = await sign();
    const headers = { authorization: `Bearer ${token}` };
    expect(await authenticate({ headers })).toMatchObject({ id: "ada" });
    const elsewhere = { headers: { cookie: `token=${token}` }, url: `/?token=${token}` };
    expect(await authenticate(elsewhere)).toMatchObject({ code: "OPENLINE_UNAUTHENTICATED" });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["has expired", { exp: startMs / 1_000 - 6 }, "OPENLINE_TOKEN_EXPIRED"],
    ["begins later", { nbf: startMs / 1_000 + 6 }, "OPENLINE_TOKEN_NOT_YET_VALID"],
    ["never ends", { exp: undefined }, "OPENLINE_TOKEN_CLAIM"],
    ["ends at what is no time", { exp: "2030" }, "OPENLINE_TOKEN_CLAIM"],
    ["begins at what is no time", { nbf: "2030" }, "OPENLINE_TOKEN_CLAIM"],
    ["is nobody's", { sub: undefined }, "OPENLINE_TOKEN_CLAIM"],
    ["is somebody's without a name", { sub: "" }, "OPENLINE_TOKEN_CLAIM"],
    ["is for others", { aud: ["them"] }, "OPENLINE_TOKEN_AUDIENCE"],
    ["is for nobody", { aud: undefined }, "OPENLINE_TOKEN_AUDIENCE"],
    ["is by others", { iss: "them" }, "OPENLINE_TOKEN_ISSUER"],
    ["is by nobody", { iss: undefined }, "OPENLINE_TOKEN_ISSUER"],
    ["gives no leave", { scope: "chat" }, "OPENLINE_TOKEN_CLAIM"],
  ])("is refused if it %s", async (_, claims, code) => {
    const options = { secret, audience: "us", issuer: "ours", scopes: ["chat:write"] };
    const good = { aud: "us", iss: "ours", scope: "chat:write" };
    expect(await ask(make(options), await sign(good))).toMatchObject({ id: "ada" });
    expect(await ask(make(options), await sign({ ...good, ...claims }))).toMatchObject({ code });
  });

  it("may be off by a few seconds, as clocks are", async () => {
    const token = await sign({ exp: startMs / 1_000 - 4, nbf: startMs / 1_000 + 4 });
    expect(await ask(make({ secret }), token)).toMatchObject({ id: "ada" });
    expect(await ask(make({ secret, clockToleranceMs: 0 }), token)).toMatchObject({
      code: "OPENLINE_TOKEN_NOT_YET_VALID",
    });
  });

  it("is named by what the application says", async () => {
    const principalOf = (claims: Readonly<Record<string, unknown>>): string => `${claims.email}`;
    const token = await sign({ email: "ada@example.com" });
    expect(await ask(make({ secret, principalOf }), token)).toMatchObject({
      id: "ada@example.com",
    });
  });

  it("signed by hand is as good as any", async () => {
    expect(await ask(make({ secret }), signByHand({ alg: "HS256" }))).toMatchObject({ id: "ada" });
  });

  it.each<[string, () => string | Promise<string>]>([
    ["unsigned", () => new UnsecuredJWT({ sub: "ada", exp: 4e9 }).encode()],
    [
      "unsigned, spelled otherwise",
      () =>
        new UnsecuredJWT({ sub: "ada", exp: 4e9 })
          .encode()
          .replace(/^[^.]+/, json({ alg: "NONE" })),
    ],
    [
      "of another algorithm of the same secret",
      () =>
        new SignJWT({ sub: "ada", exp: 4e9 })
          .setProtectedHeader({ alg: "HS512" })
          .sign(new Uint8Array([...bytes, ...bytes])),
    ],
    [
      "of another secret",
      () =>
        new SignJWT({ sub: "ada", exp: 4e9 })
          .setProtectedHeader({ alg: "HS256" })
          .sign(bytes.toReversed()),
    ],
    [
      "with other claims",
      async () => (await sign()).replace(/\.[^.]+\./, `.${json({ sub: "eve", exp: 4e9 })}.`),
    ],
    ["without its signature", async () => (await sign()).replace(/[^.]+$/, "")],
    [
      "with an extension that must be understood",
      () => signByHand({ alg: "HS256", crit: ["x"], x: 1 }),
    ],
    ["in two parts", () => "a.b"],
    ["in parts that are nothing", () => ".."],
    ["of no JSON", () => "Zm9v.Zm9v.Zm9v"],
    ["of a list", () => `${json({ alg: "HS256" })}.${json([])}.`],
    ["that is no token", () => "secret-password"],
  ])("is refused %s", async (_, token) => {
    const given = await token();
    const verdict = await ask(make({ secret }), given);
    expect(verdict).toMatchObject({ code: "OPENLINE_TOKEN_INVALID" });
    expect(JSON.stringify(verdict)).not.toContain(given);
  });
});

describe("a token of an issuer", () => {
  let issuer: TestIssuer;

  beforeEach(async () => {
    issuer = await TestIssuer.start();
    return () => issuer.close();
  });

  const options = (more: JwtOptions = {}): JwtOptions => ({
    issuer: issuer.url,
    audience: "us",
    ...more,
  });

  it("is checked with keys that are found", async () => {
    const verdict = await ask(make(options()), await issuer.sign(nowMs));
    expect(verdict).toMatchObject({ id: "ada", expiresMs: nowMs + 3_600_000 });
    expect(issuer.requests).toEqual(["/.well-known/openid-configuration", "/keys"]);
  });

  it("is checked with keys that are named, and fetched once", async () => {
    const authenticate = make(options({ jwks: `${issuer.url}/keys` }));
    const token = await issuer.sign(nowMs);
    await Promise.all([1, 2, 3].map(() => ask(authenticate, token)));
    expect(await ask(authenticate, token)).toMatchObject({ id: "ada" });
    expect(issuer.requests).toEqual(["/keys"]);
  });

  it("is checked with keys that are given", async () => {
    const authenticate = make(options({ jwks: { keys: issuer.published } }));
    expect(await ask(authenticate, await issuer.sign(nowMs))).toMatchObject({ id: "ada" });
    expect(issuer.requests).toEqual([]);
  });

  it("is found where RFC 8414 says, too", async () => {
    const url = `${issuer.url}/tenant`;
    const body = JSON.stringify({ issuer: url, jwks_uri: `${issuer.url}/keys` });
    issuer.answers.set("/.well-known/oauth-authorization-server/tenant", { status: 200, body });
    const verdict = await ask(
      make(options({ issuer: url })),
      await issuer.sign(nowMs, { iss: url }),
    );
    expect(verdict).toMatchObject({ id: "ada" });
    expect(issuer.requests[0]).toBe("/tenant/.well-known/openid-configuration");
  });

  it.each(["RS256", "PS256", "ES384", "Ed25519"])("may be signed by %s", async (alg) => {
    await issuer.addKey("other", alg);
    expect(await ask(make(options()), await issuer.sign(nowMs, {}, "other"))).toMatchObject({
      id: "ada",
    });
  });

  it("is taken when its issuer has changed keys, and is asked once a cool-down for others", async () => {
    const authenticate = make(options({ jwks: `${issuer.url}/keys` }));
    await ask(authenticate, await issuer.sign(nowMs));
    nowMs += keyCacheDefaults.cooldownMs;
    await issuer.addKey("second");
    expect(await ask(authenticate, await issuer.sign(nowMs, {}, "second"))).toMatchObject({
      id: "ada",
    });
    expect(issuer.requests).toHaveLength(2);
    for (let count = 0; count < 50; count += 1) {
      const token = await issuer.sign(nowMs, {}, "second", { kid: `unknown-${count}` });
      expect(await ask(authenticate, token)).toMatchObject({ code: "OPENLINE_TOKEN_INVALID" });
    }
    expect(issuer.requests).toHaveLength(2);
  });

  it("is taken while its issuer is away, with the keys of before", async () => {
    const authenticate = make(options());
    const token = await issuer.sign(nowMs);
    await ask(authenticate, token);
    await issuer.close();
    nowMs += keyCacheDefaults.maxAgeMs + 1_000;
    expect(await ask(authenticate, token)).toMatchObject({ id: "ada" });
  });

  it("has to wait when its issuer was never there", async () => {
    const errors: unknown[] = [];
    const authenticate = make(options({ onError: (error) => errors.push(error) }));
    const token = await issuer.sign(nowMs);
    issuer.answers.set("/keys", { status: 500, body: "broken" });
    expect(await ask(authenticate, token)).toEqual({
      code: "OPENLINE_ISSUER_UNAVAILABLE",
      message: "The keys of the token's issuer cannot be fetched now",
      retryAfterMs: keyCacheDefaults.retryMs,
    });
    expect(errors).toHaveLength(1);
    issuer.answers.clear();
    nowMs += keyCacheDefaults.retryMs;
    expect(await ask(authenticate, token)).toMatchObject({ id: "ada" });
  });

  it.each<[string, string, number, string, Record<string, string>?]>([
    ["redirects", "/keys", 302, "", { location: "/elsewhere" }],
    ["has no keys", "/keys", 200, "{}"],
    ["has no key that can be used", "/keys", 200, '{"keys":[]}'],
    ["is broken", "/keys", 200, "<html>"],
  ])("is not taken where what is fetched %s", async (_, path, status, body, headers = {}) => {
    issuer.answers.set(path, { status, body, headers });
    const verdict = await ask(make(options()), await issuer.sign(nowMs));
    expect(verdict).toMatchObject({ code: "OPENLINE_ISSUER_UNAVAILABLE" });
    expect(issuer.requests).not.toContain("/elsewhere");
  });

  it("is not taken where its keys never come to an end", async () => {
    const good = JSON.stringify({ keys: issuer.published });
    const body = `${" ".repeat(2_000_000)}${good}`;
    issuer.answers.set("/keys", { status: 200, body });
    expect(await ask(make(options()), await issuer.sign(nowMs))).toMatchObject({
      code: "OPENLINE_ISSUER_UNAVAILABLE",
    });
  });

  it("is not taken where its issuer is said to be another one", async () => {
    const body = JSON.stringify({ issuer: `${issuer.url}/`, jwks_uri: `${issuer.url}/keys` });
    issuer.answers.set("/.well-known/openid-configuration", { status: 200, body });
    expect(await ask(make(options()), await issuer.sign(nowMs))).toMatchObject({
      code: "OPENLINE_ISSUER_UNAVAILABLE",
    });
    expect(issuer.requests).not.toContain("/keys");
  });

  it("is not taken where its keys are said to be elsewhere, unencrypted", async () => {
    const errors: unknown[] = [];
    const body = JSON.stringify({ issuer: issuer.url, jwks_uri: "http://192.0.2.1/keys" });
    issuer.answers.set("/.well-known/openid-configuration", { status: 200, body });
    const authenticate = make(options({ onError: (error) => errors.push(error) }));
    expect(await ask(authenticate, await issuer.sign(nowMs))).toMatchObject({
      code: "OPENLINE_ISSUER_UNAVAILABLE",
    });
    expect(String(errors[0])).toContain("`jwks_uri` takes an https: URL");
  });

  it("is refused when it is signed with the public key as a secret", async () => {
    const jwk = await issuer.addKey("rsa", "RS256");
    const forge = (key: string): Promise<string> =>
      new SignJWT({ iss: issuer.url, aud: "us", sub: "ada", exp: 4e9 })
        .setProtectedHeader({ alg: "HS256", kid: "rsa" })
        .sign(new TextEncoder().encode(key));
    for (const key of [JSON.stringify(jwk), jwk.n ?? ""]) {
      expect(await ask(make(options()), await forge(key))).toMatchObject({
        code: "OPENLINE_TOKEN_INVALID",
      });
    }
  });

  it("is refused when it brings its own key", async () => {
    const thief = await TestIssuer.start();
    const jwk = thief.published[0] ?? {};
    for (const header of [
      { jwk },
      { jku: `${thief.url}/keys` },
      { x5u: `${thief.url}/keys` },
      { jku: `${thief.url}/keys`, kid: `${thief.url}/keys` },
      { kid: "../../keys" },
      { kid: "__proto__" },
    ]) {
      const token = await thief.sign(nowMs, { iss: issuer.url }, "first", header);
      expect(await ask(make(options()), token)).toMatchObject({ code: "OPENLINE_TOKEN_INVALID" });
    }
    expect(thief.requests).toEqual([]);
    await thief.close();
  });

  it("needs a key that says its algorithm, or a list of algorithms", async () => {
    issuer.published.length = 0;
    const { alg: _, ...jwk } = await issuer.addKey("silent", "RS256");
    issuer.published.splice(0, 1, jwk);
    const token = await issuer.sign(nowMs, {}, "silent");
    const code = "OPENLINE_ISSUER_UNAVAILABLE";
    expect(await ask(make(options()), token)).toMatchObject({ code });
    expect(await ask(make(options({ algorithms: ["RS256"] })), token)).toMatchObject({ id: "ada" });
    const other = await ask(make(options({ algorithms: ["PS256"] })), token);
    expect(other).toMatchObject({ code: "OPENLINE_TOKEN_INVALID" });
  });

  it("never uses a secret that is published", async () => {
    const k = Buffer.from(secret).toString("base64url");
    issuer.published.push({ kty: "oct", kid: "oct", alg: "HS256", k });
    const token = await new SignJWT({ iss: issuer.url, aud: "us", sub: "ada", exp: 4e9 })
      .setProtectedHeader({ alg: "HS256", kid: "oct" })
      .sign(bytes);
    expect(await ask(make(options()), token)).toMatchObject({ code: "OPENLINE_TOKEN_INVALID" });
  });

  it("needs its kind where one is wanted", async () => {
    const authenticate = make(options({ type: "at+jwt" }));
    const access = await issuer.sign(nowMs, {}, "first", { typ: "at+jwt" });
    expect(await ask(authenticate, access)).toMatchObject({ id: "ada" });
    const identity = await issuer.sign(nowMs, {}, "first", { typ: "JWT" });
    expect(await ask(authenticate, identity)).toMatchObject({ code: "OPENLINE_TOKEN_CLAIM" });
  });

  it("of several is told from others of the same name, and no one else is asked for keys", async () => {
    const other = await TestIssuer.start();
    const authenticate = firstOf(make(options()), make(options({ issuer: other.url })));
    expect(await ask(authenticate, await other.sign(nowMs))).toMatchObject({ id: "ada" });
    expect(issuer.requests).toEqual([]);
    const both = make({
      issuer: [issuer.url, other.url],
      audience: "us",
      jwks: { keys: issuer.published },
    });
    expect(await ask(both, await issuer.sign(nowMs))).toMatchObject({ id: `${issuer.url} ada` });
    await other.close();
  });
});

describe("what `jwt` takes", () => {
  const jwks = "https://login.example.com/keys";
  const named = { issuer: "https://login.example.com", audience: "us" };

  it.each<[string, unknown, string]>([
    ["nothing", {}, "`issuer` takes"],
    ["no audience", { issuer: named.issuer }, "`audience` takes"],
    ["no issuer", { jwks, audience: "us" }, "`issuer` takes"],
    ["an empty audience", { ...named, audience: [] }, "`audience` takes"],
    ["two kinds of keys", { ...named, jwks, secret }, "not both"],
    ["two issuers to find", { ...named, issuer: ["a", "b"] }, "see `firstOf`"],
    ["a secret that can be guessed", { secret: "secret" }, "at least 32 bytes"],
    ["a secret that is short", { secret, algorithms: ["HS256", "HS512"] }, "at least 64 bytes"],
    ["a secret that is none", { secret: 7 }, "`secret` takes"],
    ["no algorithm", { secret, algorithms: ["none"] }, "takes a list of HS256, HS384, HS512"],
    ["no algorithms", { secret, algorithms: [] }, "takes a list of"],
    ["a public algorithm", { secret, algorithms: ["RS256"] }, "takes a list of HS256"],
    ["a secret's algorithm", { ...named, algorithms: ["RS256", "HS256"] }, "takes a list of RS256"],
    ["an issuer in the clear", { ...named, issuer: "http://a.example" }, "takes an https: URL"],
    ["keys in the clear", { ...named, jwks: "http://a.example" }, "takes an https: URL"],
    ["keys that are no URL", { ...named, jwks: "keys" }, "takes an https: URL"],
    ["keys without any", { ...named, jwks: { keys: [] } }, "There is no key for"],
    ["clocks that differ", { secret, clockToleranceMs: 61_000 }, "at most 60000"],
    ["clocks that are none", { secret, clockToleranceMs: "5s" }, "milliseconds from 0 up"],
    ["pauses that are none", { ...named, cooldownMs: -1 }, "`cooldownMs` takes"],
    ["sources that are none", { secret, from: ["anywhere"] }, "`from` takes"],
  ])("is not %s", (_, options, message) => {
    expect(() => jwt(options as JwtOptions)).toThrow(message);
  });
});

afterEach(() => {
  nowMs = startMs;
});

/** What `jose` refuses to sign. */
function signByHand(header: Record<string, unknown>): string {
  const text = `${json(header)}.${json({ sub: "ada", exp: 4e9 })}`;
  return `${text}.${createHmac("sha256", bytes).update(text).digest("base64url")}`;
}

function json(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
