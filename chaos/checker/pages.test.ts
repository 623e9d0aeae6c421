import { describe, expect, it } from "vitest";
import { check } from "./check.ts";
import { contentOf, type Draft, draftHistory } from "./history.fixture.ts";
import type { SeenByPage } from "./history.ts";

const room = "chat:1";

/** A history with one client, whose first page opens its room at 500 ms and gets all of it. */
function draftPages(messages = 20): Draft {
  const draft = draftHistory(messages, 0);
  const events: SeenByPage[] = [
    { kind: "opened", atMs: 500, page: 1, room, since: null },
    { kind: "entered", atMs: 510, page: 1, room, offset: 0 },
    ...deliveries(draft, 1, 1, messages),
  ];
  draft.subscribers.push({ name: "s0", kind: "channel", group: 0, isSettled: true, events });
  return draft;
}

/** What a page gets, from one offset to another. */
function deliveries(draft: Draft, page: number, from: number, to: number): SeenByPage[] {
  return draft.publishes.slice(from - 1, to).map((publish, index) => ({
    ...{ kind: "delivered", page, content: contentOf(publish), id: publish.id },
    atMs: 1007 + 10 * (from + index - 1),
    offset: from + index,
  }));
}

/** A page that opens the room at a place after the first one has got all up to `until`. */
function reloaded(draft: Draft, until: number, since: number | null): void {
  const { events } = draft.subscribers[0]!;
  const head = draft.publishes.length;
  events.splice(2 + until);
  events.push(
    { kind: "closed", atMs: 998 + 10 * until, page: 1, room: null },
    { kind: "opened", atMs: 999 + 10 * until, page: 2, room, since },
    ...deliveries(draft, 2, (since ?? until) + 1, head),
  );
}

function found(damage: (draft: Draft) => void, messages = 20): string[] {
  const draft = draftPages(messages);
  damage(draft);
  return check(draft).anomalies.map(({ invariant, name }) => `${invariant} ${name}`);
}

/** Replaces what was delivered as this offset. */
function redeliver(draft: Draft, offset: number, ...instead: SeenByPage[]): void {
  draft.subscribers[0]!.events.splice(1 + offset, 1, ...instead);
}

it("finds nothing where all is well", () => {
  expect(found(() => {})).toEqual([]);
  expect(check(draftPages()).deliveries).toBe(20);
});

describe("one page", () => {
  it("gets nothing twice", () => {
    const twice = (draft: Draft): void =>
      redeliver(draft, 7, ...deliveries(draft, 1, 7, 7), ...deliveries(draft, 1, 7, 7));
    expect(found(twice)).toEqual(["I6 duplicate"]);
  });

  it("gets all of it", () => {
    expect(found((draft) => redeliver(draft, 7))).toEqual(["I6 poll skip"]);
  });

  it("gets it in order", () => {
    const swapped = (draft: Draft): void => {
      redeliver(draft, 8);
      redeliver(draft, 7, ...deliveries(draft, 1, 8, 8), ...deliveries(draft, 1, 7, 7));
    };
    expect(found(swapped)).toEqual(["I6 nonmonotonic poll"]);
  });

  it("is told the right places, and the right ids", () => {
    const [right] = deliveries(draftPages(), 1, 7, 7);
    const wrong = { ...right, id: "m8" } as SeenByPage;
    expect(found((draft) => redeliver(draft, 7, wrong))).toEqual(["I5 inconsistent offset"]);
    const moved = { ...right, offset: 8 } as SeenByPage;
    expect(found((draft) => redeliver(draft, 7, moved))).toContain("I5 inconsistent offset");
  });

  it("comes to the head", () => {
    expect(found((draft) => redeliver(draft, 20))).toEqual(["I7 stuck"]);
  });

  it("gets nothing after it has left, and goes on where it was", () => {
    const left: SeenByPage = { kind: "closed", atMs: 1080, page: 1, room };
    const back: SeenByPage = { kind: "opened", atMs: 1085, page: 1, room, since: 7 };
    const leave = (draft: Draft): SeenByPage[] => [...deliveries(draft, 1, 7, 7), left];
    expect(found((draft) => redeliver(draft, 7, ...leave(draft), back))).toEqual([]);
    expect(found((draft) => redeliver(draft, 7, ...leave(draft)))).toContain("I9 leak");
    const later = { ...back, since: 9 };
    expect(found((draft) => redeliver(draft, 7, ...leave(draft), later))).toContain(
      "I6 nonmonotonic poll",
    );
  });

  it("gets nothing from before it has come", () => {
    const late = (draft: Draft): void => {
      draft.subscribers[0]!.events.splice(0, 2, {
        ...{ kind: "opened", page: 1, room, since: null },
        atMs: 1050,
      });
    };
    expect(found(late)).toEqual(["I9 leak"]);
  });

  it("gets nothing that it has not asked for", () => {
    expect(found((draft) => draft.subscribers[0]!.events.splice(0, 2))).toContain("I9 leak");
  });
});

describe("a gap", () => {
  const gap: SeenByPage = {
    ...{ kind: "declared", page: 1, room, reason: "retention" },
    ...{ atMs: 1060, from: 5, to: 6 },
  };

  function declare(draft: Draft, instead: SeenByPage = gap): void {
    redeliver(draft, 6);
    redeliver(draft, 5, instead);
  }

  it("is true if the log has these messages no more", () => {
    const trimmed = (draft: Draft): void => {
      draft.log![0]!.messages.splice(0, 8);
      declare(draft);
    };
    expect(found(trimmed)).toEqual([]);
  });

  it("is false if it has", () => {
    expect(found((draft) => declare(draft))).toEqual(["I8 false gap"]);
  });

  it("is false if they were delivered, or if the log has not lost its end", () => {
    const trim = (draft: Draft): void => void draft.log![0]!.messages.splice(0, 8);
    const had = (draft: Draft): void => {
      trim(draft);
      declare(draft, { ...gap, from: 4 });
    };
    expect(found(had)).toEqual(["I8 false gap"]);
    const other = (draft: Draft): void => {
      trim(draft);
      declare(draft, { ...gap, reason: "epoch" });
    };
    expect(found(other)).toEqual(["I8 false gap"]);
  });

  it("does not cover what comes before it", () => {
    const skipped = (draft: Draft): void => {
      draft.log![0]!.messages.splice(0, 8);
      declare(draft);
      redeliver(draft, 4);
    };
    expect(found(skipped)).toEqual(["I6 poll skip"]);
  });
});

describe("the next page", () => {
  it("goes on at the place that is stored", () => {
    expect(found((draft) => reloaded(draft, 10, 10))).toEqual([]);
  });

  it("may get again what came after that place", () => {
    expect(found((draft) => reloaded(draft, 10, 4))).toEqual([]);
  });

  it("misses nothing behind it", () => {
    const skipping = (draft: Draft): void => {
      reloaded(draft, 10, 4);
      const { events } = draft.subscribers[0]!;
      events.splice(
        events.findIndex((event) => event.kind === "delivered" && event.page === 2),
        1,
      );
    };
    expect(found(skipping)).toEqual(["I6 poll skip"]);
  });

  it("does not begin where no page has come", () => {
    expect(found((draft) => reloaded(draft, 10, 12))).toEqual(["I6 poll skip"]);
  });

  it("may begin anew only if there was no time to store a place", () => {
    expect(found((draft) => reloaded(draft, 10, null))).toEqual([]);
    expect(found((draft) => reloaded(draft, 600, null), 700)).toEqual(["I6 poll skip"]);
  });
});

describe("an outbox", () => {
  /** Makes a message one of an outbox, of which nobody has heard. */
  function unheard(draft: Draft, offset: number, outbox: { isOwed?: true; isLeft?: true }): void {
    const publish = draft.publishes[offset - 1]!;
    const [first] = publish.attempts;
    draft.publishes[offset - 1] = {
      ...publish,
      by: "channel",
      attempts: [{ ...first!, endMs: Number.POSITIVE_INFINITY, answer: { kind: "unknown" } }],
      outbox: { isOwed: false, isLeft: false, ...outbox },
    };
  }

  /** Takes the last message away. */
  function pop(draft: Draft): void {
    draft.log![0]!.messages.pop();
    draft.log![0]!.headOffset -= 1;
    draft.subscribers[0]!.events.pop();
  }

  it("has put on the log what it has kept", () => {
    expect(found((draft) => unheard(draft, 20, { isOwed: true }))).toEqual([]);
    const lost = (draft: Draft): void => {
      unheard(draft, 20, { isOwed: true });
      pop(draft);
    };
    expect(found(lost)).toEqual(["I1 lost write"]);
  });

  it("may lose what it had no time to keep", () => {
    const lost = (draft: Draft): void => {
      unheard(draft, 20, {});
      pop(draft);
    };
    expect(found(lost)).toEqual([]);
  });

  it("is empty at the end", () => {
    expect(found((draft) => unheard(draft, 20, { isLeft: true }))).toEqual(["I7 stuck"]);
  });

  it("keeps the order in which it was given messages, however often they are sent", () => {
    const swapped = (draft: Draft): void => {
      for (const offset of [7, 9]) unheard(draft, offset, { isOwed: true });
      const [earlier, later] = [draft.publishes[6]!, draft.publishes[8]!];
      const [first] = earlier.attempts;
      draft.publishes[6] = {
        ...earlier,
        attempts: [{ ...first!, startMs: later.attempts[0]!.startMs + 1 }, first!],
      };
    };
    expect(found(swapped)).toContain("I4 nonmonotonic send");
  });
});
