import { describe, expect, it } from "vitest";
import { refusal } from "../codes.ts";
import { cookieSession } from "./cookie-session.ts";

const sessions = new Map([["s:abc.def", { id: "ada" }]]);
const authenticate = cookieSession("sid", (value) => sessions.get(value));
const withCookie = (cookie: string): { headers: { cookie: string } } => ({ headers: { cookie } });

describe("a session's cookie", () => {
  it("says who connects", async () => {
    expect(await authenticate(withCookie("a=b; sid=s%3Aabc.def; c=d"))).toEqual({ id: "ada" });
  });

  it("says nobody when the session has ended", async () => {
    expect(await authenticate(withCookie("sid=old"))).toEqual(refusal("OPENLINE_SESSION_INVALID"));
    const later = cookieSession("sid", async () => null);
    expect(await later(withCookie("sid=old"))).toEqual(refusal("OPENLINE_SESSION_INVALID"));
  });

  it("is looked for in cookies alone", async () => {
    const elsewhere = {
      headers: { sid: "s:abc.def" },
      auth: { sid: "s:abc.def" },
      url: "/?sid=s:abc.def",
    };
    expect(await authenticate(elsewhere)).toMatchObject({ code: "OPENLINE_UNAUTHENTICATED" });
  });

  it("may be refused for a reason of the look-up's own", async () => {
    const locked = refusal("OPENLINE_FORBIDDEN", { message: "This account is locked" });
    expect(await cookieSession("sid", () => locked)(withCookie("sid=1"))).toBe(locked);
  });

  it("has a name and a look-up", () => {
    expect(() => cookieSession("", () => null)).toThrow(TypeError);
    expect(() => cookieSession("sid", undefined as never)).toThrow(TypeError);
  });
});
