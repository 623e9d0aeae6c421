import { describe, expect, test } from "vitest";
import { EncodedMessage } from "../messages/encoded-message.ts";
import { Session } from "../sessions/session.ts";
import type { LatestValue } from "./latest-rooms.ts";
import type { LiveEvent } from "./live-event.ts";
import { Subscriber, type SubscriberClient, type SubscriberHost } from "./subscriber.ts";

const origin = { sequence: 0, event: 0 };
const now = { sequence: 7, event: 1 };

type Backpressure = "drop" | "latest" | "disconnect";

/** An event of a room whose rule says what becomes of it for who is behind. */
function event(
  name: string,
  backpressure: Backpressure,
  changes: Partial<LiveEvent> = {},
): LiveEvent {
  return {
    message: new EncodedMessage([name]),
    rule: { backpressure, maxQueuedBytes: 10 },
    room: "room",
    flags: {},
    key: name,
    isValue: false,
    isSingle: false,
    bytes: 1,
    data: () => [name],
    ...changes,
  };
}

/** A subscriber with a line that is as full as the test says. */
function setUp(isRecovered = false) {
  const sent: string[] = [];
  let wake: (() => void)[] = [];
  const conn = {
    readyState: "open" as const,
    isBlocked: false,
    queuedBytes: 0,
    dropped: 0,
    isAborted: false,
    pressure: {
      drained: () => new Promise<void>((resolve) => void wake.push(resolve)),
      drop: (bytes: number) => {
        conn.dropped += bytes;
      },
    },
    abort: () => {
      conn.isAborted = true;
    },
  };
  const client: SubscriberClient = {
    conn,
    send: ({ data }) => void sent.push(nameOf(data)),
    sendShared: ({ parts }) => void sent.push(String(parts[0])),
    sendAlone: ({ parts }) => void sent.push(`alone: ${parts[0]}`),
  };
  const host = {
    name: "/",
    now,
    cursor: "cursor",
    replays: 0,
    encodeForAll: ({ data }: { data?: unknown }) => new EncodedMessage([nameOf(data)]),
    encodeAt: (data: readonly unknown[]) => new EncodedMessage([`now: ${data[0]}`]),
    replay: () => {
      host.replays += 1;
    },
    values: [] as LatestValue[],
    valuesSince: () => host.values,
  };
  const session = Session.begin({ sid: "sid", principal: null, start: origin, epoch: "epoch" });
  const subscriber = new Subscriber(
    host as unknown as SubscriberHost, // no channel has anything
    client,
    session,
    isRecovered ? { from: { sequence: 3, event: null } } : null,
    null,
  );
  const fill = (): void => {
    conn.isBlocked = true;
    conn.queuedBytes = 10;
  };
  const drain = async (): Promise<void> => {
    conn.isBlocked = false;
    conn.queuedBytes = 0;
    for (const resolve of wake) resolve();
    wake = [];
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { sent, conn, host, session, subscriber, fill, drain };
}

/** The name of an event, with what a gap tells. */
function nameOf(data: unknown): string {
  const [name, gap] = data as [string, { rooms?: string[] }?];
  return gap?.rooms === undefined ? name : `${name} ${gap.rooms}`;
}

describe("a client that is behind", () => {
  test("gets what its line has room for, to the byte", () => {
    const { sent, conn, subscriber, fill } = setUp();
    fill();
    conn.queuedBytes = 9;
    subscriber.deliver(event("a", "drop"));
    subscriber.deliver(event("b", "drop", { bytes: 2 }));
    expect(sent).toEqual(["a"]);
    expect(conn.dropped).toBe(2);
  });

  test("is told of a gap before what was held when it was slow, too", async () => {
    const { sent, subscriber, fill, drain } = setUp();
    fill();
    subscriber.deliver(event("left out", "drop"));
    const open = subscriber.close();
    subscriber.deliver(event("held", "drop"));
    await drain();
    expect(sent).toEqual([]);
    open();
    expect(sent).toEqual(["openline:gap room", "held"]);
  });

  test.each([false, true])("is told of a gap before what is for it alone: %s", (isSingle) => {
    const { sent, conn, subscriber, fill } = setUp();
    fill();
    subscriber.deliver(event("left out", "drop"));
    conn.isBlocked = false;
    subscriber.deliver(event("next", "drop", { isSingle }));
    expect(sent).toEqual(["openline:gap room", isSingle ? "alone: next" : "next"]);
  });

  test("is closed where the rule says so", () => {
    const { conn, subscriber, fill } = setUp();
    fill();
    subscriber.deliver(event("a", "disconnect"));
    expect([conn.isAborted, conn.dropped]).toEqual([true, 1]);
  });

  test("gets the newest of a key, and is told that there were others", async () => {
    const { sent, conn, subscriber, fill, drain } = setUp();
    fill();
    subscriber.deliver(event("old", "latest", { key: "k" }));
    subscriber.deliver(event("new", "latest", { key: "k" }));
    expect(conn.dropped).toBe(1);
    await drain();
    expect(sent).toEqual(["openline:gap room", "now: new"]);
    subscriber.deliver(event("next", "latest"));
    expect(sent.slice(2)).toEqual(["next"]);
  });

  test("hears of no gap if a single event was late", async () => {
    const { sent, subscriber, fill, drain } = setUp();
    fill();
    subscriber.deliver(event("late", "latest"));
    await drain();
    expect(sent).toEqual(["now: late"]);
  });

  test("hears of one before several that were late: the line may break between them", async () => {
    const { sent, subscriber, fill, drain } = setUp();
    fill();
    subscriber.deliver(event("a", "latest"));
    subscriber.deliver(event("b", "latest"));
    await drain();
    expect(sent).toEqual(["openline:gap room", "now: a", "now: b"]);
  });

  test("hears of none about values, of which the newest is all; until then it lacks them", async () => {
    const { sent, session, subscriber, fill, drain } = setUp();
    fill();
    subscriber.deliver(event("old", "latest", { key: "k", isValue: true }));
    subscriber.deliver(event("new", "latest", { key: "k", isValue: true }));
    expect(session.lacksValues({ sequence: 1e9, event: 1 })).toBe(true);
    // Others do not make up for it.
    subscriber.sendValues([{ room: "other", key: "k", data: ["value"], point: now }]);
    expect(session.lacksValues({ sequence: 1e9, event: 1 })).toBe(true);
    await drain();
    expect(sent).toEqual(["now: value", "now: new"]);
    expect(session.lacksValues(now)).toBe(true);
    expect(session.lacksValues({ sequence: 8, event: 0 })).toBe(false);
  });
});

describe("a client that comes back", () => {
  test("gets live what comes behind its replay, and leaves the rest to it", () => {
    const { sent, host, subscriber } = setUp(true);
    subscriber.begin();
    expect(host.replays).toBe(1);
    subscriber.deliver(event("read by the replay", "drop"));
    const goLive = subscriber.holdLive();
    subscriber.deliver(event("live", "drop"));
    expect(sent).toEqual([]);
    goLive();
    expect(sent).toEqual(["live"]);
  });

  test("gets values and emits behind what was replayed, but for volatile ones", async () => {
    const { sent, host, session, subscriber } = setUp(true);
    subscriber.begin();
    let isCaughtUp = false;
    void subscriber.caughtUp.then(() => {
      isCaughtUp = true;
    });
    subscriber.emit(["emit"], undefined);
    subscriber.emit(["volatile"], { volatile: true });
    host.values = [{ room: "room", key: "k", data: ["value"], point: now }];
    const goLive = subscriber.holdLive();
    subscriber.sendReplayed(new EncodedMessage(["replayed"]), {});
    await Promise.resolve();
    expect(isCaughtUp).toBe(false);
    goLive();
    expect(sent).toEqual(["replayed", "now: value", "now: emit"]);
    expect(session.valuesUntil).toEqual(now);
    await Promise.resolve();
    expect(isCaughtUp).toBe(true);
  });

  test("is cut off when more than 1,000 emits wait for the end of its replay", () => {
    const { conn, subscriber } = setUp(true);
    subscriber.begin();
    for (let count = 0; count < 1_000; count += 1) subscriber.emit(["emit"], undefined);
    expect(conn.isAborted).toBe(false);
    subscriber.emit(["one more"], undefined);
    expect(conn.isAborted).toBe(true);
  });

  test("gets nothing more when its line is lost meanwhile", () => {
    const { sent, subscriber } = setUp(true);
    subscriber.begin();
    const goLive = subscriber.holdLive();
    subscriber.deliver(event("live", "drop"));
    subscriber.end();
    goLive();
    subscriber.deliver(event("later", "drop"));
    expect(sent.filter((name) => name === "live")).toEqual([]);
  });
});
