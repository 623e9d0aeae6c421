import fc from "fast-check";
import { expect, test } from "vitest";
import type { Point } from "./cursor.ts";
import { isAfter, Memberships } from "./memberships.ts";
import { Session } from "./session.ts";
import { decodeSession, encodeSession } from "./session-record.ts";

const rooms = ["a", "b", "__proto__"];

/** A room was joined or left. */
interface Change {
  readonly room: string;
  readonly isJoin: boolean;
  readonly point: Point;
}

type Step =
  | { readonly kind: "join" | "leave"; readonly room: string }
  | { readonly kind: "message" | "event" | "settle" };

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("join" as const), room: fc.constantFrom(...rooms) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("leave" as const), room: fc.constantFrom(...rooms) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("message" as const, "event" as const) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("settle" as const) }) },
);

/** A session's rooms, and all that has happened to them. */
class Story {
  readonly memberships = new Memberships();
  readonly changes: Change[] = [];
  readonly points: Point[] = [{ sequence: 0, event: 0 }];
  /** What came before it is of no interest any more. */
  settled: Point = { sequence: -1, event: 0 };

  get now(): Point {
    return this.points.at(-1) as Point; // there is one from the beginning
  }

  tell(step: Step): void {
    const { now, memberships } = this;
    switch (step.kind) {
      case "join":
      case "leave": {
        const { room } = step;
        const isJoin = step.kind === "join";
        const changes = isJoin ? memberships.join(room, now) : memberships.leave(room, now);
        expect(changes).toBe(this.wasIn(room, { ...now, event: now.event + 1 }) !== isJoin);
        if (changes) this.changes.push({ room, isJoin, point: now });
        return;
      }
      case "message":
        this.points.push({ sequence: now.sequence + 1, event: now.event });
        return;
      case "event":
        this.points.push({ sequence: now.sequence, event: now.event + 1 });
        return;
      case "settle":
        this.settled = now;
        memberships.settle(now);
    }
  }

  /** As its changes say, one after another. */
  wasIn(room: string, point: Point): boolean {
    let isIn = false;
    for (const change of this.changes) {
      if (change.room === room && isAfter(point, change.point)) isIn = change.isJoin;
    }
    return isIn;
  }
}

test("a session was in a room from behind each join up to the leave", () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 60 }), (all) => {
      const story = new Story();
      for (const step of all) story.tell(step);
      for (const point of story.points) {
        if (!isAfter(point, story.settled)) continue;
        for (const room of rooms) {
          expect(story.memberships.wasIn(room, point)).toBe(story.wasIn(room, point));
        }
      }
      const later = { ...story.now, event: story.now.event + 1 };
      const current = rooms.filter((room) => story.wasIn(room, later));
      expect([...story.memberships.rooms].sort()).toEqual(current.sort());
    }),
    { numRuns: 1_000 },
  );
});

test("however often rooms are left, what is forgotten is told by the floor", () => {
  let isFull = false;
  fc.assert(
    fc.property(fc.array(steps, { minLength: 300, maxLength: 600 }), (all) => {
      const story = new Story();
      // Nothing is settled: its client is away.
      for (const step of all) if (step.kind !== "settle") story.tell(step);
      isFull ||= story.memberships.floor > 0;
      expect(story.memberships.intervals.length).toBeLessThanOrEqual(64 + rooms.length);
      for (const point of story.points) {
        if (point.sequence <= story.memberships.floor || !isAfter(point, story.settled)) continue;
        for (const room of rooms) {
          expect(story.memberships.wasIn(room, point)).toBe(story.wasIn(room, point));
        }
      }
    }),
    // Stories as long as these take minutes to be made shorter.
    { numRuns: 100, endOnFailure: true },
  );
  expect(isFull).toBe(true);
});

test("what is stored says the same about messages of the log", () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 60 }), fc.jsonValue(), (all, data) => {
      const story = new Story();
      const start = story.now;
      const session = Session.begin({ sid: "sid", principal: "ada", start, epoch: "epoch" });
      Object.assign(story, { memberships: session.memberships });
      for (const step of all) story.tell(step);
      session.data = data;
      const { pid } = session;
      const restored = decodeSession(encodeSession(session), pid);
      expect(restored).toMatchObject({ pid, sid: "sid", principal: "ada", epoch: "epoch" });
      expect(restored?.data).toEqual(data);
      expect(restored?.memberships.rooms.sort()).toEqual(session.memberships.rooms.sort());
      for (const { sequence } of story.points) {
        if (sequence <= story.settled.sequence) continue;
        for (const room of rooms) {
          // A message comes before all events that are sent behind it.
          const point = { sequence, event: 0 };
          const wasIn = story.changes
            .filter((change) => change.room === room && change.point.sequence < sequence)
            .at(-1);
          expect(restored?.memberships.wasIn(room, point)).toBe(wasIn?.isJoin ?? false);
        }
      }
    }),
    { numRuns: 500 },
  );
});
