import { expect, test } from "vitest";
import { EncodedMessage } from "../messages/encoded-message.ts";
import { Session } from "../sessions/session.ts";
import type { LiveEvent } from "./live-event.ts";
import { Subscriber, type SubscriberClient, type SubscriberHost } from "./subscriber.ts";

const origin = { sequence: 0, event: 0 };

/** An event of a room whose rule says that it is left out for who is behind. */
function event(name: string): LiveEvent {
  const rule = { backpressure: "drop", maxQueuedBytes: 0 } as const;
  const message = new EncodedMessage([name]);
  const rest = {
    flags: {},
    key: name,
    isValue: false,
    isSingle: false,
    bytes: 1,
    data: () => [name],
  };
  return { message, rule, room: "room", ...rest };
}

test("a gap comes before what was held when the client was slow, too", async () => {
  const sent: string[] = [];
  let drain = (): void => {};
  const drained = new Promise<void>((resolve) => {
    drain = resolve;
  });
  const conn = {
    readyState: "open" as const,
    isBlocked: true,
    queuedBytes: 1,
    pressure: { drained: () => drained, drop: () => {} },
    abort: () => {},
  };
  const client: SubscriberClient = {
    conn,
    send: ({ data }) => void sent.push(String((data as unknown[])[0])),
    sendShared: ({ parts }) => void sent.push(String(parts[0])),
    sendAlone: ({ parts }) => void sent.push(String(parts[0])),
  };
  const host = {
    name: "/",
    now: origin,
    cursor: "",
    encodeForAll: ({ data }) => new EncodedMessage([String((data as unknown[])[0])]),
    encodeAt: () => new EncodedMessage([]),
    replay: () => {},
    valuesSince: () => [],
  } satisfies Partial<SubscriberHost> as unknown as SubscriberHost; // no channel has anything
  const session = Session.begin({ sid: "sid", principal: null, start: origin, epoch: "epoch" });
  const subscriber = new Subscriber(host, client, session, null, null);
  subscriber.deliver(event("left out"));
  const open = subscriber.close();
  subscriber.deliver(event("held"));
  conn.isBlocked = false;
  drain();
  await drained;
  await Promise.resolve();
  expect(sent).toEqual([]);
  open();
  expect(sent).toEqual(["openline:gap", "held"]);
});
