import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRoom } from "./messages-asked.ts";

describe("the name of a room", () => {
  it.each([
    "a",
    "chat:42",
    "two words",
    "/a/b?c=d#e",
    "caf\u00e9",
    "\u6771\u4eac",
    "\u{1f469}\u200d\u{1f680}",
    "x".repeat(256),
  ])("%j is one", (name) => {
    expect(checkRoom(name)).toBe(name);
  });

  it.each([
    ["nothing", ""],
    ["longer than it may be", "x".repeat(257)],
    ["a list", ["a"]],
    ["a number", 1],
    ["null", null],
    ["space before it", " a"],
    ["space behind it", "a "],
    ["a space that does not break behind it", "a\u00a0"],
    ["a line end behind it", "a\n"],
    ["a line end inside", "a\nb"],
    ["a NUL", "a\u0000"],
    ["DEL", "a\u007f"],
    ["a byte order mark", "\ufeffa"],
    ["a space of no width", "admin\u200b"],
    ["a soft hyphen", "ad\u00admin"],
    ["a change of direction", "a\u202eb"],
    ["a line separator", "a\u2028b"],
    ["half a character", "a\ud83d"],
    ["a letter and its accent", "cafe\u0301"],
    ["the sign of a unit that is a letter", "10 \u212b"],
  ])("%s is none", (_, name) => {
    expect(() => checkRoom(name)).toThrow(
      expect.objectContaining({ code: "OPENLINE_BAD_REQUEST" }),
    );
  });

  it("is written in one way", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 20 }), (name) => {
        const isOne = ((): boolean => {
          try {
            return checkRoom(name) === name;
          } catch {
            return false;
          }
        })();
        if (isOne) {
          expect(name.normalize("NFC")).toBe(name);
          expect(name.trim()).toBe(name);
          expect(Buffer.from(name).toString()).toBe(name);
        } else {
          // Every name of visible ASCII is one.
          expect(name).not.toMatch(/^[!-~]+$/);
        }
      }),
    );
  });
});
