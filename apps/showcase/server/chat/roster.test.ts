import { describe, expect, test } from "vitest";
import { Roster } from "./roster.ts";

/** A roster in a time that the test moves. */
function setUp() {
  let nowMs = 1_000;
  const waiting = new Map<() => void, number>();
  const told: unknown[] = [];
  const roster = new Roster(
    {
      nowMs: () => nowMs,
      after(delayMs, work) {
        waiting.set(work, nowMs + delayMs);
        return () => void waiting.delete(work);
      },
      changed: (change) => told.push(change),
    },
    8_000,
  );
  return {
    roster,
    told,
    pass(ms: number) {
      nowMs += ms;
      for (const [work, atMs] of [...waiting]) {
        if (atMs > nowMs) continue;
        waiting.delete(work);
        work();
      }
    },
  };
}

const joined = { kind: "joined", personId: "ada" };
const left = { kind: "left", personId: "ada" };

describe("who is in a room", () => {
  test("is counted by people, not by their windows", () => {
    const { roster, told } = setUp();
    roster.enter("ada", "one");
    roster.enter("ada", "two");
    expect(roster.members).toHaveLength(1);
    roster.leave("ada", "one");
    expect(told).toEqual([joined, null, null]);
    roster.leave("ada", "two");
    expect(told.at(-1)).toEqual(left);
    expect(roster.members).toEqual([]);
  });

  test("is away with the last line, and leaves if none comes back in time", () => {
    const { roster, told, pass } = setUp();
    roster.enter("ada", "one");
    roster.lose("ada", "one");
    expect(roster.members).toMatchObject([{ personId: "ada", awaySinceMs: 1_000 }]);
    pass(7_999);
    expect(told).toEqual([joined, null]);
    pass(1);
    expect(told.at(-1)).toEqual(left);
    expect(roster.has("ada")).toBe(false);
  });

  test("does not leave when the line comes back", () => {
    const { roster, told, pass } = setUp();
    roster.enter("ada", "one");
    roster.lose("ada", "one");
    roster.enter("ada", "one");
    pass(60_000);
    expect(told).toEqual([joined, null, null]);
    expect(roster.members).toMatchObject([{ awaySinceMs: null }]);
  });

  test("is told nothing twice: the same socket enters, leaves and is lost once", () => {
    const { roster, told } = setUp();
    roster.enter("ada", "one");
    roster.enter("ada", "one");
    roster.lose("ada", "one");
    roster.leave("ada", "one");
    roster.leave("ben", "two");
    expect(told).toEqual([joined, null]);
  });
});
