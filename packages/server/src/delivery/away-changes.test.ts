import { describe, expect, test } from "vitest";
import { Session } from "../sessions/session.ts";
import { AwayChanges, isMeant } from "./away-changes.ts";

function session(principal: string | null, ...rooms: string[]): Session {
  const start = { sequence: 0, event: 0 };
  const made = Session.begin({ sid: "sid", principal, start, epoch: "epoch" });
  for (const room of rooms) made.memberships.join(room, start);
  return made;
}

const later = { sequence: 1, event: 0 };

function leave(room: string): (session: Session) => boolean {
  return ({ memberships }) => {
    memberships.leave(room, later);
    return true;
  };
}

describe("a session is meant", () => {
  test.each([
    ["by all", { rooms: new Set<string>() }, true],
    ["by one of its rooms", { rooms: new Set(["x", "a"]) }, true],
    ["but not by others", { rooms: new Set(["x"]) }, false],
    ["but not if it is excepted", { rooms: new Set(["a"]), except: new Set(["x", "b"]) }, false],
    ["if others are excepted", { rooms: new Set(["a"]), except: new Set(["x"]) }, true],
    ["by its principal", { rooms: new Set<string>(), principal: "ada" }, true],
    ["but not by another one", { rooms: new Set(["a"]), principal: "eve" }, false],
  ])("%s", (_name, filter, expected) => {
    expect(isMeant(session("ada", "a", "b"), filter)).toBe(expected);
  });
});

describe("changes", () => {
  test("are made in their order, each once", () => {
    const changes = new AwayChanges();
    const found = session(null, "a", "b");
    const seen: string[] = [];
    const note =
      (name: string, change: (session: Session) => boolean) =>
      (each: Session): boolean => {
        seen.push(name);
        return change(each);
      };
    changes.add({ rooms: new Set(["a"]) }, note("leave", leave("a")));
    // It is not in that room any more.
    changes.add({ rooms: new Set(["a"]) }, () => false);
    expect(changes.apply(found)).toBe(true);
    changes.add({ rooms: new Set(["b"]) }, note("leave b", leave("b")));
    expect(changes.apply(found)).toBe(true);
    expect(changes.apply(found)).toBe(true);
    expect(seen).toEqual(["leave", "leave b"]);
    expect(found.memberships.rooms).toEqual([]);
  });

  test("end with the session", () => {
    const changes = new AwayChanges();
    changes.add({ rooms: new Set() }, () => false);
    changes.add({ rooms: new Set() }, () => {
      throw new Error("The session is over");
    });
    expect(changes.apply(session(null))).toBe(false);
  });

  test("that are too many to remember end all sessions that may have missed them", () => {
    const changes = new AwayChanges();
    for (let count = 0; count < 10_000; count += 1) {
      changes.add({ rooms: new Set(["a"]) }, leave("a"));
    }
    expect(changes.apply(session(null, "b"))).toBe(true);
    changes.add({ rooms: new Set(["a"]) }, leave("a"));
    changes.add({ rooms: new Set(["a"]) }, leave("a"));
    expect(changes.apply(session(null, "b"))).toBe(false);
  });
});
