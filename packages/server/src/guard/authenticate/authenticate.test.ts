import { describe, expect, it } from "vitest";
import { refusal } from "../codes.ts";
import { authenticated, firstOf } from "./authenticate.ts";
import type { Authenticate, AuthenticationRequest, Verdict } from "./principal.ts";

const request: AuthenticationRequest = { headers: {} };

async function ask(authenticate: Authenticate): Promise<{ verdict: Verdict; errors: unknown[] }> {
  const errors: unknown[] = [];
  const verdict = await authenticated(authenticate, request, (error) => errors.push(error));
  return { verdict, errors };
}

describe("authentication", () => {
  it("gives the principal, sooner or later", async () => {
    const principal = { id: "ada" };
    expect(await ask(() => principal)).toEqual({ verdict: principal, errors: [] });
    expect(await ask(async () => principal)).toEqual({ verdict: principal, errors: [] });
  });

  it("gives the refusal", async () => {
    const expired = refusal("OPENLINE_TOKEN_EXPIRED");
    expect(await ask(() => expired)).toEqual({ verdict: expired, errors: [] });
  });

  it.each([null, undefined])("refuses where it says %s", async (nobody) => {
    expect((await ask(() => nobody)).verdict).toMatchObject({ code: "OPENLINE_UNAUTHENTICATED" });
  });

  it.each<[string, Authenticate]>([
    [
      "throws",
      () => {
        throw new Error("secret");
      },
    ],
    ["rejects", () => Promise.reject(new Error("secret"))],
    ["names nobody", () => ({ id: "" })],
    ["names what is no text", () => ({ id: 7 as never })],
    ["says true", () => true as never],
    ["gives no time", () => ({ id: "ada", expiresMs: Number.NaN })],
  ])("refuses where it %s, and reports that", async (_, authenticate) => {
    const { verdict, errors } = await ask(authenticate);
    expect(verdict).toEqual(refusal("OPENLINE_AUTHENTICATION_FAILED"));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(Error);
  });
});

describe("the first of several", () => {
  const silent: Authenticate = () => refusal("OPENLINE_UNAUTHENTICATED", { message: "Send a key" });
  const strict: Authenticate = () => refusal("OPENLINE_TOKEN_INVALID");
  const kind: Authenticate = async () => ({ id: "ada" });

  it("that finds a credential lets in", async () => {
    expect(await firstOf(silent, () => null, kind)(request)).toEqual({ id: "ada" });
  });

  it("that finds a credential refuses, whatever the others would say", async () => {
    const verdict = await firstOf(silent, strict, kind)(request);
    expect(verdict).toEqual(refusal("OPENLINE_TOKEN_INVALID"));
  });

  it("is not the one whose issuer a token is not from, unless it is nobody's", async () => {
    const foreign: Authenticate = () => refusal("OPENLINE_TOKEN_ISSUER");
    expect(await firstOf(foreign, kind)(request)).toEqual({ id: "ada" });
    expect(await firstOf(foreign, silent)(request)).toEqual(refusal("OPENLINE_TOKEN_ISSUER"));
  });

  it("says all that would help where none finds a credential", async () => {
    const other: Authenticate = () => refusal("OPENLINE_UNAUTHENTICATED", { message: "Sign in" });
    const verdict = await firstOf(silent, other, () => null)(request);
    expect(verdict).toEqual({
      code: "OPENLINE_UNAUTHENTICATED",
      message: "Send a key; or: Sign in",
    });
  });

  it("has to be one at least", () => {
    expect(() => firstOf()).toThrow(TypeError);
  });
});
