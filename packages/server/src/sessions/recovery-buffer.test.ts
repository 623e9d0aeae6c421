import { describe, expect, test } from "vitest";
import { EncodedMessage } from "../messages/encoded-message.ts";
import type { RecentEvent } from "./recent-event.ts";
import { RecoveryBuffer } from "./recovery-buffer.ts";

function event(number: number, more: Partial<RecentEvent> = {}): RecentEvent {
  return {
    sequence: Math.floor(number / 10),
    event: number,
    timeMs: number,
    rooms: new Set([`room ${number % 3}`, "ö\0"]),
    except: null,
    message: new EncodedMessage([`42["event",${number},"é"]`]),
    compress: undefined,
    ...more,
  };
}

/** What an event says, apart from how its message is held. */
function shown({ message, ...rest }: RecentEvent): unknown {
  return { ...rest, parts: message.parts };
}

function numbers(events: readonly RecentEvent[]): number[] {
  return events.map(({ event: number }) => number);
}

describe("recent events", () => {
  test("are given back as they were", () => {
    const buffer = new RecoveryBuffer(1e9, 1e6);
    const all = [
      event(1),
      event(2, { rooms: null, except: new Set(["x", "y"]), compress: false }),
      event(3, { rooms: new Set(), message: new EncodedMessage(["51-[]", Buffer.from([0, 255])]) }),
      event(4, { message: new EncodedMessage([Buffer.from("whole")]) }),
      event(5, { message: new EncodedMessage([]) }),
    ];
    for (const each of all) buffer.add(each);
    const read = buffer.after({ sequence: 0, event: 0 }, 10);
    expect(read.map(shown)).toEqual(all.map(shown));
    // A message may be asked for twice.
    expect(read[2]?.message.parts).toEqual(all[2]?.message.parts);
  });

  test("are found behind an event, and behind a message of the log", () => {
    const buffer = new RecoveryBuffer(1e9, 1e9);
    for (let number = 1; number <= 20_000; number += 1) buffer.add(event(number));
    expect(buffer.size).toBe(20_000);
    for (const number of [0, 1, 4_095, 4_096, 4_097, 12_345, 19_999]) {
      const found = buffer.after({ sequence: 0, event: number }, 5_000);
      const count = Math.min(5_000, 20_000 - number);
      expect(numbers(found)).toEqual(
        Array.from({ length: count }, (_, index) => number + 1 + index),
      );
    }
    expect(numbers(buffer.after({ sequence: 7, event: null }, 3))).toEqual([70, 71, 72]);
    expect(buffer.after({ sequence: 0, event: 20_000 }, 1)).toEqual([]);
    expect(buffer.after({ sequence: 3_000, event: null }, 1)).toEqual([]);
  });

  test("go when they are too old, which is not eviction", () => {
    const buffer = new RecoveryBuffer(1_000, 1e9);
    for (let number = 1; number <= 10_000; number += 1) buffer.add(event(number));
    const [oldest] = buffer.after({ sequence: 0, event: 0 }, 1);
    expect(oldest?.event).toBeGreaterThan(1);
    expect(oldest?.event).toBeLessThanOrEqual(9_000);
    expect(buffer.evictedMs).toBe(Number.NEGATIVE_INFINITY);
    buffer.trim(20_000);
    expect(buffer.size).toBe(0);
    buffer.add(event(20_001));
    expect(numbers(buffer.after({ sequence: 0, event: 0 }, 9))).toEqual([20_001]);
  });

  test("go when there are too many, which is told", () => {
    const buffer = new RecoveryBuffer(1e9, 100_000);
    const text = "x".repeat(1_000);
    for (let number = 1; number <= 1_000; number += 1) {
      buffer.add(event(number, { message: new EncodedMessage([text]) }));
    }
    const [oldest] = buffer.after({ sequence: 0, event: 0 }, 1);
    expect(buffer.size).toBeLessThanOrEqual(100);
    expect(buffer.size).toBeGreaterThan(10);
    expect(buffer.evictedMs).toBe((oldest?.event ?? 0) - 1);
    // One that is larger than all that may be kept is not, and pushes out nothing.
    const { size } = buffer;
    buffer.add(event(2_000, { message: new EncodedMessage(["x".repeat(100_000)]) }));
    expect(buffer.size).toBe(size);
    expect(buffer.evictedMs).toBe(2_000);
  });
});
