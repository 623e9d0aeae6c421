import fc from "fast-check";
import { expect, test } from "vitest";
import { RoomRules } from "./rules.ts";

/** Few characters, so that patterns and rooms meet; some mean something in regular expressions. */
const text = fc.string({ unit: fc.constantFrom("a", "b", ":", ".", "\n"), maxLength: 5 });
const pattern = fc
  .array(fc.oneof(text, fc.constant("*")), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join(""))
  .filter((joined) => joined !== "");

function matches(room: string, given: string): boolean {
  const parts = given.split("*").map((part) => part.replace(/[.]/g, "\\."));
  return new RegExp(`^${parts.join("[^]*")}$`).test(room);
}

/** More characters of its own are more specific; of as many, fewer stars; then the one said first. */
function best(room: string, patterns: readonly string[]): string | undefined {
  const own = (given: string): number => given.replaceAll("*", "").length;
  return patterns
    .filter((given) => matches(room, given))
    .sort((a, b) => own(b) - own(a) || a.length - own(a) - (b.length - own(b)))[0];
}

test("of the patterns that match a room, the most specific one counts, whenever it was said", () => {
  fc.assert(
    fc.property(
      fc.array(pattern, { maxLength: 8 }),
      fc.array(fc.oneof(text, pattern), { minLength: 1, maxLength: 12 }),
      (patterns, rooms) => {
        const rules = new RoomRules<never>();
        let said: string[] = [];
        for (const each of patterns) {
          rules.add(each, { maxKeys: said.length });
          // Said anew, it comes after the others.
          said = [...said.filter((other) => other !== each), each];
          // What is known of rooms must not outlive the rules.
          for (const room of rooms) {
            expect(rules.of(room)?.pattern).toBe(best(room, said));
          }
        }
        expect(rules.size).toBe(said.length);
        const child = new RoomRules<never>();
        child.takeAfter(rules);
        for (const room of rooms) expect(child.of(room)).toBe(rules.of(room));
      },
    ),
    { numRuns: 2_000 },
  );
});
