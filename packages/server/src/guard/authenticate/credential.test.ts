import { describe, expect, it } from "vitest";
import { CredentialFinder, type CredentialSource } from "./credential.ts";
import type { AuthenticationRequest } from "./principal.ts";

const find = (
  from: readonly CredentialSource[],
  request: Partial<AuthenticationRequest>,
): unknown => new CredentialFinder(from).find({ headers: {}, ...request });

describe("a credential", () => {
  const request: AuthenticationRequest = {
    headers: {
      authorization: "Bearer by-header",
      "x-api-key": "by-own-header",
      cookie: "a=1; session=by%20cookie; session=later",
    },
    url: "/socket.io/?EIO=4&token=by-query",
    auth: { token: "by-auth", key: "by-field" },
  };

  it.each<[CredentialSource, string]>([
    ["auth", "by-auth"],
    ["auth:key", "by-field"],
    ["authorization", "by-header"],
    ["header:X-API-Key", "by-own-header"],
    ["cookie:session", "by cookie"],
    ["query:token", "by-query"],
  ])("is found in %s", (source, credential) => {
    expect(find([source], request)).toBe(credential);
  });

  it("is taken from the first place that has one", () => {
    expect(find(["authorization", "auth"], request)).toBe("by-header");
    expect(find(["auth:nothing", "cookie:nothing", "query:token"], request)).toBe("by-query");
  });

  it("is found in no place that is not listed", () => {
    const others = { ...request, auth: {} };
    expect(find(["auth"], others)).toMatchObject({ code: "OPENLINE_UNAUTHENTICATED" });
  });

  it("is missed with a sentence that says where it belongs", () => {
    expect(find(["auth", "authorization"], {})).toEqual({
      code: "OPENLINE_UNAUTHENTICATED",
      message: "Say who you are: the field `auth.token` or `Authorization: Bearer …`",
    });
  });

  it.each<Partial<AuthenticationRequest>>([
    { auth: { token: "" } },
    { auth: undefined },
    { auth: null as never },
    { auth: "text" as never },
    { auth: Object.create({ token: "inherited" }) as never },
    { headers: { authorization: "Basic dXNlcjpwYXNz" } },
    { headers: { authorization: "Bearer" } },
    { headers: { authorization: "Bearer a b" } },
    { headers: { cookie: ";;;=;" } },
  ])("is not there: %j", (none) => {
    const from = ["auth", "authorization", "cookie:a"] as const;
    expect(find(from, none)).toMatchObject({ code: "OPENLINE_UNAUTHENTICATED" });
  });

  it.each(["auth:__proto__", "cookie:__proto__", "query:constructor", "header:toString"] as const)(
    "is not found where nobody has put it: %s",
    (source) => {
      expect(find([source], request)).toMatchObject({ code: "OPENLINE_UNAUTHENTICATED" });
    },
  );

  it.each([[{ toString: "x" }], [1], [["a"]], [true]])("is no text: %j", (token) => {
    expect(find(["auth", "authorization"], { ...request, auth: { token } })).toEqual({
      code: "OPENLINE_TOKEN_INVALID",
      message: "the field `auth.token` takes a text",
    });
  });

  it("has a greatest length, and is not repeated when it is longer", () => {
    const token = "secret".repeat(2_000);
    expect(find(["auth"], { auth: { token } })).toEqual({
      code: "OPENLINE_TOKEN_INVALID",
      message: "the field `auth.token` takes at most 8192 characters",
    });
  });

  it.each([
    [[]],
    [["bearer"]],
    [["query:"]],
    [["auth:"]],
    [[undefined]],
    ["auth"],
    [["__proto__:x"]],
  ])("cannot be looked for in %j", (from) => {
    expect(() => new CredentialFinder(from as never)).toThrow(TypeError);
  });
});
