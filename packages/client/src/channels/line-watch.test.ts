import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LineWatch } from "./line-watch.ts";

let page: EventTarget;
let watched: EventTarget & { visibilityState: string };

beforeEach(() => {
  page = new EventTarget();
  watched = Object.assign(new EventTarget(), { visibilityState: "visible" });
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  vi.stubGlobal("document", watched);
});

afterEach(() => vi.unstubAllGlobals());

/** A line that notes what is done about it, and a clock that is moved by hand. */
function make() {
  const done: string[] = [];
  let nowMs = 0;
  let timer: { atMs: number; callback: () => void } | null = null;
  const line = {
    isConnected: true,
    check: () => void done.push("check"),
    hasten: () => void done.push("hasten"),
    goOffline: () => void done.push("offline"),
    after: (delayMs: number, callback: () => void) => {
      timer = { atMs: nowMs + delayMs, callback };
      return () => {
        timer = null;
      };
    },
    nowMs: () => nowMs,
  };
  const watch = new LineWatch(line);
  /** The timer fires that much too late. */
  const tick = (lateMs: number): void => {
    const { atMs, callback } = timer!;
    nowMs = atMs + lateMs;
    callback();
  };
  return {
    line,
    watch,
    done,
    tick,
    pass: (ms: number) => (nowMs += ms),
    hasTimer: () => timer !== null,
  };
}

test("checks the line when the network, or somebody's attention, comes back", () => {
  const { done, pass } = make();
  for (const [target, name] of [
    [page, "online"],
    [page, "pageshow"],
    [watched, "resume"],
    [watched, "visibilitychange"],
  ] as const) {
    pass(1_000);
    target.dispatchEvent(new Event(name));
  }
  expect(done).toEqual(["check", "check", "check", "check"]);
});

test("tries to connect where there is no line", () => {
  const { line, done } = make();
  line.isConnected = false;
  page.dispatchEvent(new Event("online"));
  expect(done).toEqual(["hasten"]);
});

test("takes hints that come together for one", () => {
  const { done, pass } = make();
  page.dispatchEvent(new Event("online"));
  pass(999);
  page.dispatchEvent(new Event("pageshow"));
  pass(1);
  page.dispatchEvent(new Event("online"));
  expect(done).toEqual(["check", "check"]);
});

test("does nothing when nobody looks any more", () => {
  const { done } = make();
  watched.visibilityState = "hidden";
  watched.dispatchEvent(new Event("visibilitychange"));
  expect(done).toEqual([]);
});

test("tells of a network that went", () => {
  const { done } = make();
  page.dispatchEvent(new Event("offline"));
  expect(done).toEqual(["offline"]);
});

test("notices by the clock that the machine has slept", () => {
  const { done, tick } = make();
  tick(100);
  tick(15_000);
  expect(done).toEqual([]);
  tick(15_001);
  // The clock was set back.
  tick(-3_600_000);
  expect(done).toEqual(["check", "check"]);
  // Timers of hidden pages are late anyway.
  watched.visibilityState = "hidden";
  tick(45_000);
  expect(done).toHaveLength(2);
});

test("listens no more once it is closed", () => {
  const { watch, done, hasTimer } = make();
  watch.close();
  page.dispatchEvent(new Event("online"));
  watched.dispatchEvent(new Event("resume"));
  expect([done, hasTimer()]).toEqual([[], false]);
});
