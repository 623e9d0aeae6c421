import { describe, expect, it } from "vitest";
import { growth, LINEAR_GROWTH } from "../linear-time.fixture.ts";
import { hasToken, isToken } from "./token.ts";

describe("isToken", () => {
  it("accepts exactly the characters of RFC 9110 §5.6.2", () => {
    const accepted = Array.from({ length: 300 }, (_, code) => String.fromCharCode(code)).filter(
      isToken,
    );
    expect(accepted.join("")).toBe(
      "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~",
    );
    expect(isToken("chat.v2")).toBe(true);
    expect(isToken("")).toBe(false);
    expect(isToken("two words")).toBe(false);
    expect(isToken("chat\r\n")).toBe(false);
  });
});

describe("hasToken", () => {
  it.each([
    "upgrade",
    "Upgrade",
    "keep-alive, Upgrade",
    "UPGRADE ,close",
    "\tupgrade\t",
    "a,,upgrade",
    ", upgrade",
  ])("finds upgrade in %j", (list) => {
    expect(hasToken(list, "upgrade")).toBe(true);
  });

  it.each([
    "",
    "keep-alive",
    "upgrades",
    "no-upgrade",
    "upgrade x",
    "x upgrade",
    "up grade",
    "upgrade;q=1",
    '"upgrade"',
    "upgrade/1",
  ])("does not find upgrade in %j", (list) => {
    expect(hasToken(list, "upgrade")).toBe(false);
  });

  it.each([
    ["spaces", (size: number) => `a${" ".repeat(size)}x`],
    ["commas", (size: number) => ",".repeat(size)],
    ["near hits", (size: number) => "upgradx,".repeat(size / 8)],
  ])("takes linear time on %s", (_, makeInput) => {
    expect(growth(makeInput, (list) => hasToken(list, "upgrade"))).toBeLessThan(LINEAR_GROWTH);
  });
});
