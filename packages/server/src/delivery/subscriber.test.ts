import { expect, test } from "vitest";
import { EncodedMessage } from "../messages/encoded-message.ts";
import { Session } from "../sessions/session.ts";
import type { LiveEvent } from "./live-event.ts";
import { Subscriber, type SubscriberClient, type SubscriberHost } from "./subscriber.ts";

/** A client whose line is as the test says. */
function makeClient(): { client: SubscriberClient; sent: string[]; line: Line } {
  const sent: string[] = [];
  const line = new Line();
  const send = (message: EncodedMessage): void => {
    for (const part of message.parts) {
      sent.push(String(part));
      if (line.isBlocked) line.queuedBytes += part.length;
    }
  };
  const client = { conn: line, send: () => {}, sendShared: send, sendAlone: send };
  return { client, sent, line };
}

class Line {
  readyState = "open" as const;
  isBlocked = false;
  queuedBytes = 0;
  isAborted = false;
  pressure = { drained: () => new Promise<void>(() => {}), drop: () => {} };

  abort(): void {
    this.isAborted = true;
  }
}

function event(text: string): LiveEvent {
  return {
    message: new EncodedMessage([text]),
    flags: {},
    rule: { backpressure: "disconnect", maxQueuedBytes: 100 },
    room: "room",
    key: "",
    isSingle: false,
    isValue: false,
    bytes: text.length,
    data: () => [text],
  };
}

test("who comes back is not dropped for what was replayed, but for what comes later", () => {
  const { client, sent, line } = makeClient();
  const now = { sequence: 9, event: 0 };
  const host: SubscriberHost = {
    name: "/",
    now,
    cursor: "cursor",
    encodeForAll: () => new EncodedMessage([""]),
    encodeAt: () => new EncodedMessage([""]),
    replay: () => {},
    valuesSince: () => [],
  };
  const session = new Session({ pid: "p", sid: "s", principal: null, epoch: "e", start: now });
  const subscriber = new Subscriber(host, client, session, { from: now }, null);
  subscriber.begin();
  subscriber.deliver(event("skipped"));
  const goLive = subscriber.holdLive();
  // The last page fills the line far beyond what the rule lets wait.
  line.isBlocked = true;
  line.queuedBytes = 1_000;
  subscriber.deliver(event("held".padEnd(60)));
  goLive();
  subscriber.deliver(event("live".padEnd(60)));
  expect(sent.map((text) => text.trim())).toEqual(["held", "live"]);
  expect(line.isAborted).toBe(false);
  // No more than the rule lets wait, beside that.
  subscriber.deliver(event("more".padEnd(60)));
  expect(line.isAborted).toBe(true);

  line.isAborted = false;
  line.isBlocked = false;
  line.queuedBytes = 0;
  subscriber.deliver(event("drained"));
  line.isBlocked = true;
  line.queuedBytes = 90;
  subscriber.deliver(event("too much later"));
  expect(line.isAborted).toBe(true);
});
