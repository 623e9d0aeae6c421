import { describe, expect, it } from "vitest";
import { Credentials } from "./credentials.ts";
import { parseTarget } from "./target.ts";

const given = { Authorization: "Bearer a", Cookie: "b=c", Host: "virtual.test", "X-Other": "d" };

function keeper(
  first: string,
  headers: Record<string, string> = given,
  auth?: string,
): Credentials {
  return new Credentials(parseTarget(first), headers, auth);
}

describe("Credentials", () => {
  it("sends the first request what was given, as it was written", () => {
    expect(keeper("ws://a.test").forFirst()).toEqual({ headers: given, auth: undefined });
    expect(keeper("ws://u:p@a.test", {}, "x:y").forFirst()).toEqual({ headers: {}, auth: "u:p" });
    expect(keeper("ws://a.test", {}, "x:y").forFirst().auth).toBe("x:y");
  });

  it.each([
    ["ws://a.test", "ws://a.test/other"],
    ["ws://a.test", "wss://a.test"],
    ["wss://a.test", "wss://a.test/other"],
    ["ws+unix:/a.sock", "ws+unix:/a.sock:/other"],
  ])("keeps everything from %s to %s", (first, next) => {
    expect(keeper(first).forRedirect(parseTarget(next), false).headers).toEqual({
      authorization: "Bearer a",
      cookie: "b=c",
      host: "virtual.test",
      "x-other": "d",
    });
  });

  it.each([
    ["ws://a.test", "ws://b.test"],
    ["ws://a.test", "ws://chat.a.test"],
    ["ws://a.test", "ws://a.test:8080"],
    ["ws://a.test", "ws+unix:/a.sock"],
    ["ws+unix:/a.sock", "ws://a.test"],
    ["ws+unix:/a.sock", "ws+unix:/b.sock"],
  ])("keeps secrets and Host home from %s to %s", (first, next) => {
    const credentials = keeper(first, given, "x:y");
    credentials.forFirst();
    expect(credentials.forRedirect(parseTarget(next), false)).toEqual({
      headers: { "x-other": "d" },
      auth: undefined,
    });
  });

  it("keeps secrets home when TLS is given up, though the host is the same", () => {
    const { headers, auth } = keeper("wss://a.test", given, "x:y").forRedirect(
      parseTarget("ws://u:p@a.test"),
      false,
    );
    expect(headers).toEqual({ host: "virtual.test", "x-other": "d" });
    expect(auth).toBe(undefined);
  });

  it("leaves the choice to who listens to redirects", () => {
    const { headers } = keeper("ws://a.test").forRedirect(parseTarget("ws://b.test"), true);
    expect(Object.keys(headers)).toEqual(["authorization", "cookie", "host", "x-other"]);
  });

  it("remembers the first password for the first host alone", () => {
    const credentials = keeper("ws://u:p@a.test", {});
    credentials.forFirst();
    const elsewhere = credentials.forRedirect(parseTarget("ws://u2:p2@b.test"), false);
    expect(elsewhere).toEqual({ headers: {}, auth: undefined });
    const back = credentials.forRedirect(parseTarget("ws://u3:p3@a.test"), false);
    expect(back.headers).toEqual({ authorization: "Basic dTpw" });
  });
});
