import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TimerWheel, WheelEntry } from "./timer-wheel.ts";

/** A clock that stands still until told, and the one timer that a wheel may have. */
class FakeTime {
  nowMs: number;
  dueMs: number | null = null;
  timersStarted = 0;
  private callback: (() => void) | null = null;

  constructor(nowMs = 0) {
    this.nowMs = nowMs;
  }

  setTimer(callback: () => void, delayMs: number): object {
    if (this.callback !== null) throw new Error("a second timer was started");
    this.callback = callback;
    this.dueMs = this.nowMs + delayMs;
    this.timersStarted++;
    return callback;
  }

  clearTimer(timer: unknown): void {
    if (timer !== this.callback) throw new Error("another timer was cleared");
    this.callback = null;
    this.dueMs = null;
  }

  /** Passes the time up to `untilMs`, with the timer called as it becomes due. */
  advanceTo(untilMs: number): void {
    while (this.dueMs !== null && this.dueMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.dueMs);
      this.fire();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** The event loop was blocked until `untilMs`; then the timer is called, once. */
  blockUntil(untilMs: number): void {
    this.nowMs = untilMs;
    if (this.dueMs !== null && this.dueMs <= untilMs) this.fire();
  }

  private fire(): void {
    const { callback } = this;
    this.callback = null;
    this.dueMs = null;
    callback?.();
  }
}

class Entry extends WheelEntry {
  expiredAt: number[] = [];
  onExpire: ((nowMs: number) => void) | null = null;

  override expire(nowMs: number): void {
    this.expiredAt.push(nowMs);
    this.onExpire?.(nowMs);
  }
}

function wheelAt(time: FakeTime, tickMs = 10, slots = 8): TimerWheel {
  return new TimerWheel({
    tickMs,
    slots,
    now: () => time.nowMs,
    setTimer: (callback, delayMs) => time.setTimer(callback, delayMs),
    clearTimer: (timer) => time.clearTimer(timer),
  });
}

/** The largest number below `value`. */
function before(value: number): number {
  const bits = new BigUint64Array(Float64Array.of(value).buffer);
  return new Float64Array(bits.map((each) => each - 1n).buffer)[0] as number;
}

describe("TimerWheel", () => {
  it("expires entries no earlier than due and no later than a tick after", () => {
    const time = new FakeTime(1234.56);
    const wheel = wheelAt(time);
    const delays = [0, 1, 5, 9.99, 10, 10.01, 79, 80, 81, 500, 12_345];
    const entries = delays.map((delayMs) => {
      const entry = new Entry();
      wheel.schedule(entry, delayMs);
      return { entry, dueMs: time.nowMs + delayMs };
    });
    time.advanceTo(20_000);
    for (const { entry, dueMs } of entries) {
      expect(entry.expiredAt.length).toBe(1);
      expect(entry.expiredAt[0]).toBeGreaterThanOrEqual(dueMs);
      expect(entry.expiredAt[0]).toBeLessThanOrEqual(dueMs + 11);
    }
  });

  it("has a timer only while something is scheduled", () => {
    const time = new FakeTime();
    const wheel = wheelAt(time);
    const [first, second] = [new Entry(), new Entry()];
    expect(time.dueMs).toBeNull();
    wheel.schedule(first, 30);
    wheel.schedule(second, 500);
    expect(time.dueMs).not.toBeNull();
    time.advanceTo(100);
    expect(time.dueMs).not.toBeNull();
    wheel.cancel(second);
    expect(time.dueMs).toBeNull();
    wheel.schedule(first, 30);
    time.advanceTo(1000);
    expect(first.expiredAt.length).toBe(2);
    expect(time.dueMs).toBeNull();
  });

  it("does not turn through the time in which it was empty", () => {
    const time = new FakeTime(1e9);
    const wheel = wheelAt(time);
    wheel.schedule(new Entry(), 5);
    time.advanceTo(time.nowMs + 1000);
    time.nowMs += 123_456;
    const before = time.timersStarted;
    wheel.schedule(new Entry(), 30);
    time.advanceTo(time.nowMs + 1000);
    expect(time.timersStarted - before).toBeLessThanOrEqual(4);
  });

  it("is not early by the last bit of a number", () => {
    for (const tickMs of [1, 3, 7, 10, 100]) {
      for (let tick = 1; tick < 3000; tick++) {
        const beforeMs = before(tick * tickMs);
        const time = new FakeTime();
        const wheel = wheelAt(time, tickMs);
        const entry = new Entry();
        wheel.schedule(entry, tick * tickMs);
        time.blockUntil(beforeMs);
        expect(entry.expiredAt).toEqual([]);
        time.advanceTo(beforeMs + tickMs + 2);
        expect(entry.expiredAt.length).toBe(1);
      }
    }
  });

  it("refuses a tick that is not whole", () => {
    expect(() => wheelAt(new FakeTime(), 0.5)).toThrow("tickMs must be a positive integer");
    expect(() => wheelAt(new FakeTime(), 1, 0)).toThrow("slots must be a positive integer");
  });

  it("never expires what was cancelled, also by an entry due at the same time", () => {
    const time = new FakeTime();
    const wheel = wheelAt(time);
    const [first, second, third] = [new Entry(), new Entry(), new Entry()];
    for (const entry of [first, second, third]) wheel.schedule(entry, 20);
    first.onExpire = () => {
      wheel.cancel(second);
      wheel.schedule(third, 1000);
    };
    time.advanceTo(500);
    expect([first, second, third].map(({ expiredAt }) => expiredAt.length)).toEqual([1, 0, 0]);
    time.advanceTo(1100);
    expect(third.expiredAt.length).toBe(1);
    wheel.cancel(third);
  });

  it("schedules an entry in place of before", () => {
    const time = new FakeTime();
    const wheel = wheelAt(time);
    const entry = new Entry();
    wheel.schedule(entry, 500);
    wheel.schedule(entry, 20);
    time.advanceTo(100);
    expect(entry.expiredAt.length).toBe(1);
    wheel.schedule(entry, 20);
    wheel.schedule(entry, 500);
    time.advanceTo(400);
    expect(entry.expiredAt.length).toBe(1);
    time.advanceTo(700);
    expect(entry.expiredAt.length).toBe(2);
  });

  it("lets an entry schedule itself again, each time for a later tick", () => {
    const time = new FakeTime();
    const wheel = wheelAt(time);
    const entry = new Entry();
    entry.onExpire = () => wheel.schedule(entry, 0);
    wheel.schedule(entry, 0);
    time.advanceTo(1000);
    expect(entry.expiredAt.length).toBe(100);
    wheel.cancel(entry);
    expect(time.dueMs).toBeNull();
  });

  it("keeps the others when one throws", () => {
    const time = new FakeTime();
    const wheel = wheelAt(time);
    const entries = Array.from({ length: 5 }, () => new Entry());
    for (const entry of entries) wheel.schedule(entry, 20);
    const later = new Entry();
    wheel.schedule(later, 200);
    for (const index of [1, 3]) {
      (entries[index] as Entry).onExpire = () => {
        throw new Error(`from ${index}`);
      };
    }
    expect(() => time.advanceTo(20)).toThrow("from 1");
    expect(() => time.advanceTo(20)).toThrow("from 3");
    time.advanceTo(300);
    for (const entry of [...entries, later]) expect(entry.expiredAt.length).toBe(1);
  });

  it("catches up when the event loop was blocked for turns on end", () => {
    const time = new FakeTime();
    const wheel = wheelAt(time);
    const entries = Array.from({ length: 50 }, () => new Entry());
    for (const [index, entry] of entries.entries()) wheel.schedule(entry, index * 7);
    const later = new Entry();
    wheel.schedule(later, 10_000);
    time.blockUntil(5000);
    for (const entry of entries) expect(entry.expiredAt).toEqual([5000]);
    expect(later.expiredAt).toEqual([]);
    time.advanceTo(10_020);
    expect(later.expiredAt.length).toBe(1);
  });

  it("shows the time of the last tick or schedule", () => {
    const time = new FakeTime(100);
    const wheel = wheelAt(time);
    expect(wheel.nowMs).toBe(100);
    time.nowMs = 105;
    wheel.schedule(new Entry(), 1000);
    expect(wheel.nowMs).toBe(105);
    time.advanceTo(500);
    expect(wheel.nowMs).toBeGreaterThan(480);
  });

  it("agrees with a sorted list of deadlines", () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant("schedule" as const),
        entry: fc.nat(9),
        delayMs: fc.double({ min: 0, max: 400, noNaN: true }),
      }),
      fc.record({ kind: fc.constant("cancel" as const), entry: fc.nat(9) }),
      fc.record({
        kind: fc.constantFrom("advance" as const, "block" as const),
        byMs: fc.double({ min: 0, max: 300, noNaN: true }),
      }),
    );
    const start = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), start, (steps, startMs) => {
        const tickMs = 10;
        const time = new FakeTime(startMs);
        const wheel = wheelAt(time, tickMs, 4);
        const model = new Map<Entry, number>();
        const entries = Array.from({ length: 10 }, () => {
          const entry = new Entry();
          entry.onExpire = (nowMs) => {
            const dueMs = model.get(entry);
            if (dueMs === undefined) throw new Error("expired without being scheduled");
            expect(nowMs).toBe(time.nowMs);
            expect(nowMs).toBeGreaterThanOrEqual(dueMs);
            model.delete(entry);
          };
          return entry;
        });
        for (const each of steps) {
          if ("byMs" in each) {
            const untilMs = time.nowMs + each.byMs;
            if (each.kind === "advance") time.advanceTo(untilMs);
            else time.blockUntil(untilMs);
          } else {
            const entry = entries[each.entry] as Entry;
            if (each.kind === "schedule") {
              wheel.schedule(entry, each.delayMs);
              model.set(entry, time.nowMs + each.delayMs);
            } else {
              wheel.cancel(entry);
              model.delete(entry);
            }
          }
          // Late by a tick, and by the millisecond to which timers are rounded.
          for (const dueMs of model.values()) {
            expect(time.nowMs).toBeLessThanOrEqual(dueMs + tickMs + 1.001);
          }
          expect(time.dueMs === null).toBe(model.size === 0);
        }
        time.advanceTo(time.nowMs + 1000);
        expect(model.size).toBe(0);
        expect(time.dueMs).toBeNull();
      }),
      { numRuns: 500 },
    );
  });
});
