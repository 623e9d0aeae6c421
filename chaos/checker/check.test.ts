import { describe, expect, it } from "vitest";
import { check } from "./check.ts";
import { contentOf, type Draft, draftHistory, placeOf, receipt } from "./history.fixture.ts";
import type { Answer, Seen } from "./history.ts";

const room = "chat:1";

/** The kinds of anomalies after the damage. */
function found(damage: (draft: Draft) => void, draft: Draft = draftHistory()): string[] {
  damage(draft);
  return check(draft).anomalies.map(({ invariant, name }) => `${invariant} ${name}`);
}

function eventsOf(draft: Draft, subscriber = 0): Seen[] {
  return draft.subscribers[subscriber]!.events;
}

/** Puts answers of further attempts to what was sent as `offset`. */
function answer(draft: Draft, offset: number, ...answers: Answer[]): void {
  const publish = draft.publishes[offset - 1]!;
  const [first] = publish.attempts;
  draft.publishes[offset - 1] = {
    ...publish,
    attempts: answers.map((each, index) => ({
      ...first!,
      startMs: first!.startMs + 10 * index,
      endMs: first!.endMs + 10 * index,
      answer: each,
    })),
  };
}

function ok(offset: number, isDuplicate = false): Answer {
  return { kind: "ok", epoch: "e1", offset, isDuplicate };
}

/** Takes the connection away for `awayMs` after the message with this offset. */
function reconnect(draft: Draft, offset: number, awayMs: number, isRecovered: boolean): Seen[] {
  const place = placeOf(draft, 0, offset) + 1;
  const { atMs } = eventsOf(draft)[place - 1]!;
  const events: Seen[] = [
    { kind: "disconnect", atMs: atMs + 1, reason: "transport close" },
    { kind: "connect", atMs: atMs + 1 + awayMs, session: isRecovered ? "p0" : "q0", isRecovered },
  ];
  eventsOf(draft).splice(place, 0, ...events);
  return events;
}

/** Puts events after the message with this offset. */
function insert(draft: Draft, offset: number, ...events: Seen[]): void {
  eventsOf(draft).splice(placeOf(draft, 0, offset) + 1, 0, ...events);
}

function trim(draft: Draft, offset: number): void {
  draft.log![0]!.messages.splice(0, offset);
}

it("finds nothing where all is well", () => {
  const verdict = check(draftHistory(20, 3));
  expect(verdict.anomalies).toEqual([]);
  expect(verdict).toMatchObject({ deliveries: 60, lost: 0, publishes: { acknowledged: 20 } });
});

describe("publishes", () => {
  it("are lost writes if they were acknowledged, and are not on the log", () => {
    const damage = (draft: Draft): void => {
      draft.log![0]!.messages.pop();
      draft.log![0]!.headOffset -= 1;
    };
    expect(found(damage)).toContain("I1 lost write");
    expect(found(damage)).toContain("I2 phantom");
  });

  it("may be absent if nobody ever answered", () => {
    const damage = (draft: Draft): void => {
      draft.log![0]!.messages.pop();
      draft.log![0]!.headOffset -= 1;
      answer(draft, 20, { kind: "unknown" });
      for (const { events } of draft.subscribers) events.pop();
    };
    expect(found(damage)).toEqual([]);
  });

  it("must not be on the log twice", () => {
    const damage = (draft: Draft): void => {
      const log = draft.log![0]!;
      log.messages.push({ ...log.messages[4]!, offset: 21 });
      log.headOffset = 21;
    };
    expect(found(damage)).toContain("I1 duplicate");
  });

  it("must not have been told the place of another", () => {
    const names = found((draft) => answer(draft, 7, ok(6)));
    expect(names).toEqual(["I1 inconsistent offset", "I10 inconsistent offset"]);
  });

  it("have one offset, however often they are sent", () => {
    const names = found((draft) => answer(draft, 7, ok(7), ok(8, true)));
    expect(names).toContain("I3 inconsistent offset");
  });

  it("are not taken for new a second time", () => {
    expect(found((draft) => answer(draft, 7, ok(7), ok(7)))).toEqual(["I3 duplicate"]);
    expect(found((draft) => answer(draft, 7, { kind: "unknown" }, ok(7, true)))).toEqual([]);
  });

  it("are not taken for one that was sent before if they are new", () => {
    expect(found((draft) => answer(draft, 7, ok(7, true)))).toEqual(["I3 lost write"]);
  });

  it("are nowhere once they were refused", () => {
    const refused: Answer = { kind: "refused", code: "NO", isFinal: true };
    expect(found((draft) => answer(draft, 7, refused))).toEqual(["I2 phantom"]);
    expect(found((draft) => answer(draft, 7, refused, ok(7)))).toEqual([]);
  });
});

describe("the log", () => {
  it("has no holes", () => {
    const damage = (draft: Draft): void => {
      draft.log![0]!.messages.splice(4, 1);
    };
    expect(found(damage)).toContain("I1 log hole");
  });

  it("does not use an offset again", () => {
    const damage = (draft: Draft): void => {
      draft.log![0]!.messages[5] = { ...draft.log![0]!.messages[5]!, offset: 5 };
    };
    expect(found(damage)).toContain("I10 inconsistent offset");
  });

  it("has nothing that nobody sent", () => {
    const damage = (draft: Draft): void => {
      draft.publishes.splice(3, 1);
    };
    expect(found(damage)).toContain("I2 phantom");
  });

  it("keeps the order of what was acknowledged before the next was begun", () => {
    const damage = (draft: Draft): void => {
      const { messages } = draft.log![0]!;
      const [fifth, sixth] = [messages[4]!, messages[5]!];
      messages[4] = { ...sixth, offset: 5 };
      messages[5] = { ...fifth, offset: 6 };
      answer(draft, 5, ok(6));
      answer(draft, 6, ok(5));
      for (let index = 0; index < 3; index += 1) swap(draft, index, 5);
    };
    expect(found(damage)).toEqual(["I4 nonmonotonic send"]);
  });

  it("keeps the order of what a publisher sent without waiting", () => {
    const damage = (draft: Draft): void => {
      const { messages } = draft.log![0]!;
      for (const [index, publish] of draft.publishes.entries()) {
        const [attempt] = publish.attempts;
        const late = { ...publish, attempts: [{ ...attempt!, endMs: 5000 }] };
        draft.publishes[index] = late;
      }
      [messages[4], messages[6]] = [
        { ...messages[6]!, offset: 5 },
        { ...messages[4]!, offset: 7 },
      ];
      answer(draft, 5, ok(7));
      answer(draft, 7, ok(5));
      draft.publishes[4] = spread(draft, 4);
      draft.publishes[6] = spread(draft, 6);
    };
    expect(found(damage)).toContain("I4 nonmonotonic send");
  });
});

/** As long under way as all the others. */
function spread(draft: Draft, index: number): Draft["publishes"][number] {
  const publish = draft.publishes[index]!;
  return { ...publish, attempts: publish.attempts.map((each) => ({ ...each, endMs: 5000 })) };
}

/** Gives a subscriber the message with this offset after the one that follows it. */
function swap(draft: Draft, subscriber: number, offset: number): void {
  const events = eventsOf(draft, subscriber);
  const place = placeOf(draft, subscriber, offset);
  [events[place], events[place + 1]] = [events[place + 1]!, events[place]!];
}

describe("a subscriber", () => {
  it("gets every message", () => {
    const damage = (draft: Draft): void => {
      eventsOf(draft).splice(placeOf(draft, 0, 9), 1);
    };
    expect(found(damage)).toEqual(["I6 poll skip"]);
    const draft = draftHistory();
    damage(draft);
    expect(check(draft).lost).toBe(1);
  });

  it("gets one in ten thousand, too", () => {
    const names = found(
      (draft) => eventsOf(draft).splice(placeOf(draft, 0, 7777), 1),
      draftHistory(10_000, 1),
    );
    expect(names).toEqual(["I6 poll skip"]);
  });

  it("gets nothing twice", () => {
    const names = found((draft) => insert(draft, 9, receipt(draft.publishes[8]!)));
    expect(names).toEqual(["I6 duplicate"]);
  });

  it("gets messages in the order of the log", () => {
    expect(found((draft) => swap(draft, 0, 9))).toEqual(["I6 nonmonotonic poll"]);
  });

  it("gets nothing that nobody sent", () => {
    const strange = { publisher: "p0", sequence: 99, room, id: "m99" };
    const event = { kind: "message", atMs: 1100, content: strange, offset: null, cursor: "" };
    expect(found((draft) => insert(draft, 9, event as Seen))).toEqual(["I2 phantom"]);
  });

  it("gets what was sent, and nothing else under its id", () => {
    const damage = (draft: Draft): void => {
      const place = placeOf(draft, 0, 9);
      const changed = { ...contentOf(draft.publishes[8]!), sequence: 77 };
      eventsOf(draft)[place] = { ...receipt(draft.publishes[8]!), content: changed };
    };
    expect(found(damage)).toContain("I2 phantom");
  });

  it("is told the offset that the log tells", () => {
    const damage = (draft: Draft): void => {
      eventsOf(draft)[placeOf(draft, 0, 9)] = { ...receipt(draft.publishes[8]!), offset: 8 };
    };
    expect(found(damage)).toEqual(["I5 inconsistent offset"]);
  });

  it("comes to the head", () => {
    const damage = (draft: Draft): void => {
      eventsOf(draft).splice(placeOf(draft, 0, 18));
    };
    expect(found(damage)).toEqual(["I7 stuck"]);
  });

  it("comes back to its rooms", () => {
    const damage = (draft: Draft): void => {
      draft.subscribers[0]!.isSettled = false;
    };
    expect(found(damage)).toEqual(["I7 stuck"]);
  });

  it("gets nothing that was sent after it has left", () => {
    const leave = (draft: Draft, length: number): void => {
      const { atMs } = eventsOf(draft)[placeOf(draft, 0, 9)]!;
      eventsOf(draft).splice(placeOf(draft, 0, 10), length);
      insert(draft, 9, { kind: "leaving", atMs, room }, { kind: "left", atMs: atMs + 1, room });
    };
    expect(found((draft) => leave(draft, 11))).toEqual([]);
    expect(found((draft) => leave(draft, 10))).toEqual(["I9 leak"]);
  });

  it("gets nothing from before it has joined", () => {
    const damage = (draft: Draft): void => {
      const { atMs } = receipt(draft.publishes[8]!);
      eventsOf(draft).splice(0, placeOf(draft, 0, 9));
      eventsOf(draft).unshift({ kind: "joining", atMs, room, since: null });
    };
    expect(found(damage)).toEqual(["I9 leak"]);
  });

  it("gets all that follows the position at which it has joined", () => {
    const join = (draft: Draft, offset: number): void => {
      const { atMs } = receipt(draft.publishes[8]!);
      eventsOf(draft).splice(1, placeOf(draft, 0, 9) - 1);
      const [connect] = eventsOf(draft).splice(0, 1);
      const joining: Seen = { kind: "joining", atMs: atMs - 9, room, since: null };
      eventsOf(draft).unshift(connect!, joining, { kind: "joined", atMs, room, offset });
    };
    expect(found((draft) => join(draft, 8))).toEqual([]);
    expect(found((draft) => join(draft, 7))).toEqual(["I6 poll skip"]);
  });

  it("gets nothing that was sent after its revocation, and is let in no more", () => {
    const revoke = (draft: Draft): Seen => {
      const { atMs } = eventsOf(draft)[placeOf(draft, 0, 9)]!;
      insert(draft, 9, { kind: "revoked", atMs });
      return { kind: "connect", atMs: atMs + 1, session: "p0", isRecovered: true };
    };
    expect(found((draft) => void revoke(draft))).toEqual(["I9 leak"]);
    const connect = (draft: Draft): void => {
      const event = revoke(draft);
      eventsOf(draft).splice(placeOf(draft, 0, 10), 11, event);
    };
    expect(found(connect)).toEqual(["I9 leak"]);
  });
});

describe("a session", () => {
  it("goes on where it was", () => {
    const draft = draftHistory();
    reconnect(draft, 9, 3, true);
    expect(check(draft)).toMatchObject({ anomalies: [], recovered: 1, lost: 0 });
  });

  it("is not given up while all that it missed is there", () => {
    const rejoin = (draft: Draft, awayMs: number): void => {
      const [, { atMs }] = reconnect(draft, 9, awayMs, false) as [Seen, Seen];
      const place = eventsOf(draft).findLastIndex(({ kind }) => kind === "connect") + 1;
      const joining: Seen = { kind: "joining", atMs: atMs + 1, room, since: 9 };
      const joined: Seen = { kind: "joined", atMs: atMs + 2, room, offset: 9 };
      eventsOf(draft).splice(place, 0, joining, joined);
    };
    expect(found((draft) => rejoin(draft, 3))).toEqual(["I8 false gap"]);
    expect(found((draft) => rejoin(draft, 200_000))).toEqual([]);
    const dismiss = (draft: Draft): void => {
      rejoin(draft, 3);
      const place = eventsOf(draft).findLastIndex(({ kind }) => kind === "disconnect");
      const { atMs } = eventsOf(draft)[place]!;
      eventsOf(draft)[place] = { kind: "disconnect", atMs, reason: "io server disconnect" };
    };
    expect(found(dismiss)).toEqual([]);
  });

  it("may be told why it is new, which is no gap of the new one", () => {
    const damage = (draft: Draft): void => {
      const [, { atMs }] = reconnect(draft, 9, 200_000, false) as [Seen, Seen];
      const place = eventsOf(draft).findLastIndex(({ kind }) => kind === "connect") + 1;
      const gap: Seen = { kind: "gap", by: "event", atMs, reason: "expired", rooms: null };
      const joining: Seen = { kind: "joining", atMs, room, since: 9 };
      eventsOf(draft).splice(place, 0, joining, gap, { kind: "joined", atMs, room, offset: 9 });
    };
    expect(found(damage)).toEqual([]);
    const skip = (draft: Draft): void => {
      damage(draft);
      eventsOf(draft).splice(placeOf(draft, 0, 10), 1);
    };
    expect(found(skip)).toEqual(["I6 poll skip"]);
  });

  it("is told of a gap if there is one, and only then", () => {
    const lose = (draft: Draft, rooms: string[] | null): void => {
      const [, { atMs }] = reconnect(draft, 9, 40, true) as [Seen, Seen];
      eventsOf(draft).splice(placeOf(draft, 0, 10), 3);
      const place = eventsOf(draft).findLastIndex(({ kind }) => kind === "connect") + 1;
      const gap: Seen = { kind: "gap", by: "event", atMs, reason: "retention", rooms };
      if (rooms === null || rooms.length > 0) eventsOf(draft).splice(place, 0, gap);
    };
    expect(found((draft) => lose(draft, [room]))).toEqual(["I8 false gap"]);
    const past = (rooms: string[] | null): string[] =>
      found((draft) => {
        lose(draft, rooms);
        trim(draft, 12);
      });
    expect(past([room])).toEqual([]);
    expect(past(null)).toEqual([]);
    expect(past([])).toEqual(["I6 poll skip"]);
  });
});

describe("the server", () => {
  it.each(["rssBytes", "fileDescriptors", "loopDelayMs"] as const)("stays within %s", (key) => {
    const damage = (draft: Draft): void => {
      draft.samples = [{ ...draft.samples[0]!, [key]: 1e10 }];
    };
    expect(found(damage)).toEqual(["I12 over budget"]);
  });
});

describe("without a log", () => {
  function unlogged(damage: (draft: Draft) => void): string[] {
    const draft = draftHistory();
    draft.log = null;
    return found(damage, draft);
  }

  it("finds nothing where all is well", () => {
    expect(unlogged(() => {})).toEqual([]);
  });

  it("finds what a subscriber never got, and what it got twice", () => {
    const skip = (draft: Draft): void => void eventsOf(draft).splice(placeOf(draft, 0, 9), 1);
    expect(unlogged(skip)).toEqual(["I6 poll skip"]);
    const again = (draft: Draft): void => insert(draft, 9, receipt(draft.publishes[8]!));
    expect(unlogged(again)).toEqual(["I6 duplicate"]);
  });

  it("finds what a publisher sent earlier, and came later", () => {
    const damage = (draft: Draft): void => {
      const [moved] = eventsOf(draft).splice(placeOf(draft, 0, 9), 1);
      insert(draft, 11, moved!);
    };
    expect(unlogged(damage)).toEqual(["I6 nonmonotonic poll"]);
  });

  it("does not count what comes while a subscriber begins anew by itself", () => {
    const reload = (draft: Draft, reason: string): void => {
      const { atMs } = eventsOf(draft)[placeOf(draft, 0, 8)]!;
      eventsOf(draft).splice(placeOf(draft, 0, 9), 2);
      const again = { kind: "connect", atMs: atMs + 10, session: "q", isRecovered: false } as const;
      const joined = { kind: "joined", atMs: atMs + 22, room, offset: null } as const;
      insert(draft, 8, { kind: "disconnect", atMs, reason }, again, joined);
    };
    expect(unlogged((draft) => reload(draft, "reload"))).toEqual([]);
    expect(unlogged((draft) => reload(draft, "transport close"))).toEqual(["I6 poll skip"]);
  });

  it("does not count what nobody acknowledged", () => {
    const damage = (draft: Draft): void => {
      answer(draft, 9, { kind: "unknown" });
      eventsOf(draft).splice(placeOf(draft, 0, 9), 1);
    };
    expect(unlogged(damage)).toEqual([]);
  });
});
