import fc from "fast-check";
import { expect, test } from "vitest";
import { EncodedMessage } from "../messages/encoded-message.ts";
import type { RecentEvent } from "./recent-event.ts";
import { RecoveryBuffer } from "./recovery-buffer.ts";

const MAX_AGE_MS = 1_000;

/** What happens, some of it without an event. */
interface Step {
  readonly passedMs: number;
  /** Messages of the log that came before it. */
  readonly messages: number;
  /** Of the event, in characters; null: only time passes. */
  readonly length: number | null;
  readonly rooms: readonly string[] | null;
  readonly except: readonly string[] | null;
}

const names = fc.option(fc.array(fc.string({ unit: "grapheme", maxLength: 8 }), { maxLength: 3 }), {
  nil: null,
});
const step: fc.Arbitrary<Step> = fc.record({
  passedMs: fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 2_000 })),
  messages: fc.nat({ max: 2 }),
  length: fc.option(fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 3_000 })), { nil: null }),
  rooms: names,
  except: names,
});

/** What an event says, apart from how its message is held. */
function shown({ message, except, ...rest }: RecentEvent): unknown {
  // Nobody is left out by either of them.
  return { ...rest, except: except?.size === 0 ? null : except, parts: message.parts };
}

test("recent events are a list whose oldest go when they are too old, or are told to be gone", () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 80 }),
      fc.constantFrom(4_000, 20_000, 1_000_000),
      fc.nat({ max: 12 }),
      (steps, maxBytes, limit) => {
        const buffer = new RecoveryBuffer(MAX_AGE_MS, maxBytes);
        const all: RecentEvent[] = [];
        let nowMs = 0;
        let sequence = 0;
        for (const { passedMs, messages, length, rooms, except } of steps) {
          nowMs += passedMs;
          sequence += messages;
          if (length === null) {
            buffer.trim(nowMs);
            continue;
          }
          const event: RecentEvent = {
            sequence,
            event: all.length + 1,
            timeMs: nowMs,
            rooms: rooms === null ? null : new Set(rooms),
            except: except === null ? null : new Set(except),
            message: new EncodedMessage(["é".repeat(length)]),
            compress: length % 2 === 0 ? undefined : false,
          };
          all.push(event);
          buffer.add(event);
        }
        // What is there is as it was, in its order.
        const kept = buffer.after({ sequence: 0, event: 0 }, all.length + 1);
        const numbers = new Set(kept.map(({ event }) => event));
        const expected = all.filter(({ event }) => numbers.has(event));
        expect(kept.map(shown)).toEqual(expected.map(shown));
        expect(buffer.size).toBe(kept.length);
        // What is not is too old, or nobody who needs it is told that all is there.
        for (const { event, timeMs } of all) {
          if (numbers.has(event)) continue;
          expect(timeMs < nowMs - MAX_AGE_MS || timeMs <= buffer.evictedMs).toBe(true);
        }
        // It is found from behind each place.
        for (const { event, sequence: at } of all) {
          const behindEvent = expected.filter((other) => other.event > event);
          expect(buffer.after({ sequence: at, event }, limit).map(shown)).toEqual(
            behindEvent.slice(0, limit).map(shown),
          );
          const behindMessage = expected.filter((other) => other.sequence >= at);
          expect(buffer.after({ sequence: at, event: null }, limit).map(shown)).toEqual(
            behindMessage.slice(0, limit).map(shown),
          );
        }
      },
    ),
    { numRuns: 150 },
  );
});
