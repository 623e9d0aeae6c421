import { describe, expect, test } from "vitest";
import { chatLimits } from "../../protocol/chat.ts";
import { cleanName, cleanText, freeName } from "./names.ts";

describe("names", () => {
  test("lose what cannot be seen", () => {
    expect(cleanName("  Ada \u202e Lovelace\u0000 ")).toBe("Ada Lovelace");
    expect(cleanName("A\u200bda")).toBe("Ada");
    expect(cleanName("Ａda")).toBe("Ada");
  });

  test("are refused when nothing remains, or too much", () => {
    for (const name of ["", "  ", "\u200b", "\u3164", "x".repeat(25), 7, null, undefined]) {
      expect(cleanName(name)).toBeUndefined();
    }
    expect(cleanName("x".repeat(24))).toBe("x".repeat(24));
  });

  test("are numbered when somebody has them, whatever the case", () => {
    expect(freeName("Ada", ["Ben"])).toBe("Ada");
    expect(freeName("Ada", ["ada", "Ada 2"])).toBe("Ada 3");
    const long = "x".repeat(chatLimits.nameLength);
    expect(freeName(long, [long])).toBe(`${"x".repeat(chatLimits.nameLength - 2)} 2`);
  });
});

test("texts keep line breaks and tabs, and lose other controls", () => {
  expect(cleanText("  a\r\nb\tc\u0007\u202ed ")).toBe("a\nb\tcd");
  expect(cleanText(" \u0000 ")).toBe("");
});
