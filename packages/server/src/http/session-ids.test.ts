import { describe, expect, it } from "vitest";
import { randomId, SessionIds } from "./session-ids.ts";

describe("ids", () => {
  it("never come twice, and are safe in URLs", () => {
    const ids = new Set(Array.from({ length: 10_000 }, randomId));
    expect(ids.size).toBe(10_000);
    for (const id of ids) expect(id).toMatch(/^[\w-]{22}$/);
  });

  it("hold 128 random bits besides the process's tag", () => {
    const ids = new SessionIds();
    const [first = "", second = ""] = [ids.next(), ids.next()];
    expect(Buffer.from(first.slice(0, 22), "base64url")).toHaveLength(16);
    expect(first.slice(0, 22)).not.toBe(second.slice(0, 22));
    expect(first.slice(22)).toBe(second.slice(22));
  });
});

describe("an unknown id", () => {
  const ours = new SessionIds();

  it("was ours", () => {
    expect(ours.diagnose(ours.next())).toBe("closed");
  });

  it("is another process's", () => {
    expect(ours.diagnose(new SessionIds().next())).toBe("elsewhere");
  });

  it.each(["", "__proto__", "a".repeat(25), "a".repeat(27), `${"a".repeat(25)}/`])(
    "%j was never made",
    (id) => {
      expect(ours.diagnose(id)).toBe("never");
    },
  );
});
