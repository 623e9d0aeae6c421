import fc from "fast-check";
import { expect, it } from "vitest";
import { RoomPatterns } from "./room-patterns.ts";

it("takes the most specific pattern that matches", () => {
  const patterns = new RoomPatterns<string>();
  for (const each of ["*", "chat:*", "chat:*:admin", "chat:42", "a*b*c"]) patterns.set(each, each);
  for (const [room, pattern] of [
    ["x", "*"],
    ["", "*"],
    ["chat:1", "chat:*"],
    ["chat:", "chat:*"],
    ["chat:1:admin", "chat:*:admin"],
    ["chat:42", "chat:42"],
    ["abc", "a*b*c"],
    ["ac", "*"],
    ["a.b.b.c", "a*b*c"],
  ] as const) {
    expect(patterns.of(room), room).toBe(pattern);
  }
});

it("says nothing of rooms that no pattern matches, and replaces what a pattern had", () => {
  const patterns = new RoomPatterns<number>();
  expect(patterns.of("a")).toBeNull();
  patterns.set("a", 1);
  expect(patterns.of("a")).toBe(1);
  patterns.set("a", 2);
  expect(patterns.of("a")).toBe(2);
  expect(patterns.size).toBe(1);
  const others = new RoomPatterns<number>();
  others.takeAfter(patterns);
  expect(others.of("a")).toBe(2);
});

it("matches as a regular expression would", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 6 });
  const room = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
  fc.assert(
    fc.property(text, room, (pattern, name) => {
      const patterns = new RoomPatterns<true>();
      patterns.set(pattern, true);
      expect(patterns.of(name) ?? false).toBe(
        new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(name),
      );
    }),
    { numRuns: 2_000 },
  );
});
