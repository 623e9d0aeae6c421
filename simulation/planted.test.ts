/** Bugs that the simulation must find: a referee that sees none is no referee. */
import type { LogEntry } from "openline";
import { describe, expect, test } from "vitest";
import { run } from "./run.ts";
import type { ServerProcess } from "./server/server-process.ts";

/** In one of so many worlds a bug must show: most do at once, and one takes some hundreds. */
const WORLDS = 3_000;
const STEPS = 600;

type Method = (this: object, ...args: unknown[]) => unknown;

/** Lets `change` wrap a method of an object of the server's, or of all objects of its class. */
function wrap(target: object, name: string, change: (method: Method) => Method): void {
  const method = Reflect.get(target, name) as Method; // or the test fails
  expect(method, name).toBeTypeOf("function");
  Reflect.set(target, name, change(method));
}

/** What the server keeps to itself. */
function inside(target: object, ...path: readonly string[]): object {
  let found: object = target;
  for (const name of path) found = Reflect.get(found, name) as object;
  return found;
}

/** Changes the subscribers of a process, which know nothing of each other, by the class they have. */
function onSubscribers(process: ServerProcess, change: (subscriber: object) => void): void {
  process.io.on("connection", ({ subscriber }) => {
    if (subscriber !== null) change(subscriber);
  });
}

/** Once the log is open, and all that stands on it. */
function onceOpen(process: ServerProcess, change: (subscriptions: object) => void): void {
  const { delivery } = process.io.sockets;
  void delivery?.ready.then(() => change(inside(delivery, "subscriptions")));
}

const bugs: Readonly<Record<string, (process: ServerProcess) => void>> = {
  "a message that is lost amid a replay": (process) => {
    onSubscribers(process, (subscriber) => {
      let count = 0;
      wrap(
        subscriber,
        "sendReplayed",
        (send) =>
          function (...args) {
            count += 1;
            return count === 3 ? undefined : send.apply(this, args);
          },
      );
    });
  },
  "two messages that change places": (process) => {
    onSubscribers(process, (subscriber) => {
      let kept: unknown[] | null = null;
      let count = 0;
      wrap(
        subscriber,
        "deliver",
        (deliver) =>
          function (...args) {
            count += 1;
            if (count === 2) {
              kept = args;
              return;
            }
            deliver.apply(this, args);
            if (kept !== null) deliver.apply(this, kept);
            kept = null;
          },
      );
    });
  },
  "an answer before the message is safe": (process) => {
    void process.store.open("/").then((log) => {
      wrap(
        log,
        "append",
        (append) =>
          function (...args) {
            return new Promise((resolve, reject) => {
              void (append.apply(this, args) as Promise<unknown>).then(resolve, reject);
              const [entries] = args as [readonly LogEntry[]];
              const offsets = new Map<string, number>();
              const placed = entries.map(({ room }) => {
                const { submitted } = inside(log, "disk") as {
                  submitted: { sequence: number; room(name: string): { lastOffset: number } };
                };
                offsets.set(room, submitted.room(room).lastOffset);
                return {
                  sequence: submitted.sequence,
                  offset: offsets.get(room),
                  isDuplicate: false,
                };
              });
              resolve(placed);
            });
          },
      );
    });
  },
  "a cursor of an end of the log that was lost": (process) => {
    onceOpen(process, (subscriptions) => {
      const timeline = inside(subscriptions, "timeline");
      wrap(
        timeline,
        "place",
        (place) =>
          function (offset) {
            const found = place.call(this, offset);
            if (found !== "epoch" && found !== "foreign") return found;
            return { sequence: Number(/^.{8}(\d+)/.exec(String(offset))?.[1]), event: null };
          },
      );
    });
  },
  "a channel that a session forgets when it comes back": (process) => {
    process.io.on("connection", ({ subscriber, recovered }) => {
      if (subscriber === null || !recovered) return;
      Reflect.set(inside(subscriber, "session", "memberships"), "channels", null);
    });
  },
  "a channel that is not told of what is not for it": (process) => {
    onSubscribers(process, (subscriber) => wrap(subscriber, "skip", () => () => undefined));
  },
  "numbered messages that change places": (process) => {
    const { delivery } = process.io.sockets;
    wrap(
      delivery as object, // there are rules
      "publishAll",
      (publish) =>
        async function (messages) {
          const answers = await publish.call(this, [...(messages as unknown[])].reverse());
          return [...(answers as unknown[])].reverse();
        },
    );
  },
  "a room that a session goes on to be in when it has left": (process) => {
    onceOpen(process, (subscriptions) => {
      wrap(subscriptions, "leave", () => () => undefined);
    });
  },
  "a session that is not stored before its client hears of it": (process) => {
    onSubscribers(process, (subscriber) => {
      const open = (first?: () => void): void => first?.();
      wrap(subscriber, "close", () => () => open);
    });
  },
  "a value that whoever comes back is not sent": (process) => {
    onceOpen(process, (subscriptions) => {
      wrap(subscriptions, "valuesSince", () => () => []);
    });
  },
  "a gap that is kept quiet about": (process) => {
    onceOpen(process, (subscriptions) => {
      const admissions = inside(subscriptions, "admissions");
      wrap(
        admissions,
        "begin",
        (begin) =>
          function () {
            return begin.call(this, null);
          },
      );
    });
  },
};

describe("finds", () => {
  for (const [name, plant] of Object.entries(bugs)) {
    test(name, { timeout: 300_000 }, async () => {
      for (let seed = 1; seed <= WORLDS; seed += 1) {
        const { failure } = await run({ seed, steps: STEPS, plant });
        if (failure === null) continue;
        process.stdout.write(`  seed ${seed}: ${failure.message}\n`);
        expect(failure.name, failure.stack).toBe("Violation");
        return;
      }
      expect.fail(`no world of ${WORLDS} has shown it`);
    });
  }
});
