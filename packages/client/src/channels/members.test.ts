import { describe, expect, test } from "vitest";
import { RoomMembers } from "./members.ts";
import type { Outcome } from "./requests.ts";

interface Asked {
  readonly fields: object;
  done(outcome: Outcome): void;
}

function opened() {
  const asked: Asked[] = [];
  const waiting: (() => void)[] = [];
  const asker = {
    isConnected: true,
    ask: (_event: string, fields: object, done: (outcome: Outcome) => void) =>
      void asked.push({ fields, done }),
    after: (_delayMs: number, callback: () => void) => {
      waiting.push(callback);
      return () => void waiting.splice(waiting.indexOf(callback), 1);
    },
  };
  const members = new RoomMembers("room", asker);
  const answer = (given: unknown): void => asked.at(-1)?.done({ kind: "answer", answer: given });
  return { asked, asker, waiting, members, answer };
}

const ann = { id: "a", data: "Ann" };
const bob = { id: "b", data: "Bob" };

describe("who is in a room", () => {
  test("is asked for while somebody looks", () => {
    const { asked, members, answer } = opened();
    expect(asked).toHaveLength(0);
    const seen: unknown[] = [];
    const end = members.subscribe((each) => seen.push(each));
    const endOther = members.subscribe(() => {});
    expect(asked.map(({ fields }) => fields)).toEqual([{ room: "room", follow: true }]);
    answer({ members: [ann], count: 1 });
    expect(members.get()).toEqual({ members: [ann], count: 1, isCurrent: true, error: null });
    expect(seen).toEqual([members.get()]);
    end();
    end();
    expect(asked).toHaveLength(1);
    endOther();
    expect(asked.at(-1)?.fields).toEqual({ room: "room", follow: false });
    expect(members.get().isCurrent).toBe(false);
  });

  test("changes as it is told", () => {
    const { members, answer } = opened();
    members.subscribe(() => {});
    const change = { room: "room", entered: [], left: [], count: 9 };
    members.changed(change);
    expect(members.get().count).toBe(0);
    answer({ members: [ann], count: 1 });
    members.changed({ ...change, entered: [bob], count: 2 });
    members.changed({ ...change, entered: [{ id: "a", data: "Anna" }], left: ["b"], count: 1 });
    expect(members.get()).toMatchObject({ members: [{ id: "a", data: "Anna" }], count: 1 });
  });

  test("is asked for again by the next connection", () => {
    const { asked, members, answer } = opened();
    members.subscribe(() => {});
    answer({ members: [ann, bob], count: 2 });
    members.disconnected();
    expect(members.get()).toMatchObject({ members: [ann, bob], isCurrent: false });
    members.connected();
    answer({ members: [bob], count: 1 });
    expect(asked).toHaveLength(2);
    expect(members.get()).toMatchObject({ members: [bob], count: 1, isCurrent: true });
  });

  test("is refused, for good or for a while", () => {
    const { asked, waiting, members, answer } = opened();
    members.subscribe(() => {});
    answer({ code: "OPENLINE_UNAVAILABLE", message: "Later", retryAfterMs: 5 });
    expect(waiting).toHaveLength(1);
    waiting[0]?.();
    expect(asked).toHaveLength(2);
    answer({ code: "OPENLINE_NO_PRESENCE", message: "Never" });
    expect(members.get()).toMatchObject({
      isCurrent: false,
      error: { code: "OPENLINE_NO_PRESENCE" },
    });
    expect(asked).toHaveLength(2);
  });
});
