import { describe, expect, test } from "vitest";
import { dayOf, dayText } from "./times.ts";
import { typingText } from "./typists.ts";

test.each([
  [[], ""],
  [["Ada"], "Ada is typing…"],
  [["Ada", "Ben"], "Ada and Ben are typing…"],
  [["Ada", "Ben", "Cleo"], "Ada, Ben and Cleo are typing…"],
  [["Ada", "Ben", "Cleo", "Dan"], "Ada, Ben and 2 others are typing…"],
])("who types: %j", (names, text) => {
  expect(typingText(names)).toBe(text);
});

describe("a day is called", () => {
  const now = new Date(2026, 2, 30, 15).getTime();

  test.each([
    ["Today", new Date(2026, 2, 30, 0)],
    // In many places clocks were changed in this night.
    ["Yesterday", new Date(2026, 2, 29, 23)],
    ["Saturday, March 28", new Date(2026, 2, 28, 12)],
    ["December 31, 2025", new Date(2025, 11, 31, 12)],
  ])("%s", (text, date) => {
    expect(dayText(dayOf(date.getTime()), now)).toBe(text);
  });
});
