import type { Content, History, Logged, Publish, Seen, Subscriber } from "./history.ts";

const room = "chat:1";
const epoch = "e1";
const stepMs = 10;

/** A history in which all is well, that a test can then damage. */
export interface Draft {
  publishes: Publish[];
  log: { room: string; epoch: string; messages: Logged[]; headOffset: number }[] | null;
  subscribers: (Omit<Subscriber, "isSettled"> & { events: Seen[]; isSettled: boolean })[];
  samples: History["samples"];
  budget: History["budget"];
  sessionMs: number;
}

/**
 * Two publishers send messages in turn, one each 10 ms from 1,000 ms on; each is answered after
 * 5 ms, and reaches each of the subscribers after 7.
 */
export function draftHistory(messages = 20, subscribers = 3): Draft {
  const publishes = Array.from({ length: messages }, (_, index) => publishOf(index));
  return {
    publishes,
    log: [
      {
        room,
        epoch,
        messages: publishes.map((publish, index) => ({ ...contentOf(publish), offset: index + 1 })),
        headOffset: messages,
      },
    ],
    subscribers: Array.from({ length: subscribers }, (_, index) => ({
      name: `s${index}`,
      kind: "websocket",
      group: 0,
      isSettled: true,
      events: [
        { kind: "connect", atMs: 100, session: `p${index}`, isRecovered: false },
        { kind: "joining", atMs: 110, room, since: null },
        { kind: "joined", atMs: 120, room, offset: 0 },
        ...publishes.map((publish) => receipt(publish)),
      ],
    })),
    samples: [{ atMs: 500, pid: 1, rssBytes: 1e8, fileDescriptors: 30, loopDelayMs: 20 }],
    budget: { rssBytes: 5e8, fileDescriptors: 100, loopDelayMs: 1000 },
    sessionMs: 120_000,
  };
}

function publishOf(index: number): Publish {
  const startMs = 1000 + index * stepMs;
  return {
    publisher: `p${index % 2}`,
    sequence: Math.floor(index / 2) + 1,
    room,
    id: `m${index + 1}`,
    by: "client",
    attempts: [
      {
        startMs,
        endMs: startMs + 5,
        connection: `c${index % 2}`,
        answer: { kind: "ok", epoch, offset: index + 1, isDuplicate: false },
      },
    ],
  };
}

export function contentOf({ publisher, sequence, room, id }: Content): Content {
  return { publisher, sequence, room, id };
}

/** A subscriber gets a message, 7 ms after it was sent. */
export function receipt(publish: Publish): Seen & { kind: "message" } {
  const atMs = (publish.attempts[0]?.startMs ?? 0) + 7;
  return { kind: "message", atMs, content: contentOf(publish), offset: null, cursor: publish.id };
}

/** Where the message with this offset is among the events of a subscriber. */
export function placeOf(draft: Draft, subscriber: number, offset: number): number {
  const events = draft.subscribers[subscriber]?.events ?? [];
  return events.findIndex((event) => event.kind === "message" && event.content.id === `m${offset}`);
}
