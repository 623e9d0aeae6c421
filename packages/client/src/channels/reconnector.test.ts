import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ClientManager } from "./client-manager.ts";
import { Connection, type ConnectionState } from "./connection.ts";
import { Reconnector } from "./reconnector.ts";
import { retryAfterMsOf, wasTooLarge } from "./server-hints.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.spyOn(Math, "random").mockReturnValue(1);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** A manager that does nothing but tell. */
function make(needsNetwork = true) {
  const listeners = new Map<string, (...args: unknown[]) => void>();
  const manager = {
    opts: {},
    on: (name: string, listener: (...args: unknown[]) => void) => listeners.set(name, listener),
  } as unknown as ClientManager; // all that is used of it
  const connection = new Connection("connecting");
  const reconnector = new Reconnector(manager, connection, needsNetwork);
  const attempts: number[] = [];
  const wait = (delayMs: number) =>
    reconnector.wait(delayMs, () => attempts.push(Date.now() - 1_000_000));
  const tell = (name: string, ...args: unknown[]): void => listeners.get(name)?.(...args);
  return { connection, reconnector, attempts, wait, tell };
}

describe("a reconnector", () => {
  test("waits as long as it is told, and says until when", () => {
    const { connection, attempts, wait, tell } = make();
    const states: ConnectionState[] = [];
    connection.subscribe((state) => states.push(state));
    tell("close", "transport close");
    wait(2_000);
    expect(connection.get()).toEqual({
      state: "waiting",
      reason: "transport close",
      attempt: 1,
      retryAtMs: 1_002_000,
    });
    expect(connection.get()).toBe(states.at(-1));
    expect(Object.isFrozen(connection.get())).toBe(true);
    vi.advanceTimersByTime(1_999);
    expect(attempts).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(attempts).toEqual([2_000]);
    tell("reconnect_attempt", 1);
    expect(connection.get()).toMatchObject({ state: "connecting", attempt: 1, retryAtMs: null });
  });

  test("tries at once when somebody asks for it, also without a network", () => {
    vi.stubGlobal("navigator", { onLine: false });
    const { reconnector, attempts, wait } = make();
    reconnector.retry();
    wait(30_000);
    reconnector.retry();
    vi.advanceTimersByTime(1);
    expect(attempts).toHaveLength(1);
    vi.advanceTimersByTime(60_000);
    reconnector.retry();
    expect(attempts).toHaveLength(1);
  });

  test("tries soon after a hint, once, and not more often than every second", () => {
    const { reconnector, attempts, wait } = make();
    wait(30_000);
    reconnector.hasten();
    reconnector.hasten();
    vi.advanceTimersByTime(500);
    expect(attempts).toEqual([500]);
    wait(30_000);
    reconnector.hasten();
    vi.advanceTimersByTime(999);
    expect(attempts).toEqual([500]);
    vi.advanceTimersByTime(10_000);
    expect(attempts).toEqual([500, 2_000]);
    reconnector.hasten();
    vi.advanceTimersByTime(60_000);
    expect(attempts).toHaveLength(2);
  });

  test("does not put off what is due by hints that keep coming", () => {
    const { reconnector, attempts, wait } = make();
    wait(30_000);
    for (let times = 0; times < 10; times++) {
      reconnector.hasten();
      vi.advanceTimersByTime(100);
    }
    expect(attempts).toEqual([500]);
  });

  test("does nothing after it was told not to", () => {
    const { reconnector, attempts, wait } = make();
    wait(1_000)();
    reconnector.hasten();
    reconnector.goOffline();
    vi.advanceTimersByTime(100_000);
    expect(attempts).toEqual([]);
  });

  test("stays away as long as the server asks for, whatever hints there are", () => {
    const { connection, reconnector, attempts, wait, tell } = make();
    const context = { status: 503, headers: new Headers({ "Retry-After": "20" }) };
    tell("error", Object.assign(new Error("xhr poll error"), { context }));
    wait(1_000);
    expect(connection.get()).toMatchObject({ reason: "xhr poll error", retryAtMs: 1_021_000 });
    reconnector.hasten();
    vi.advanceTimersByTime(19_999);
    expect(attempts).toEqual([]);
    vi.advanceTimersByTime(501);
    expect(attempts).toEqual([20_500]);
    wait(1_000);
    expect(connection.get().retryAtMs).toBe(1_021_500);
  });

  test("makes no attempts without a network, but for one after long", () => {
    const { connection, reconnector, attempts, wait } = make();
    vi.stubGlobal("navigator", { onLine: false });
    wait(1_000);
    expect(connection.get()).toMatchObject({ state: "offline", attempt: 1 });
    vi.advanceTimersByTime(74_999);
    expect(attempts).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(attempts).toEqual([75_000]);
    wait(1_000);
    vi.stubGlobal("navigator", { onLine: true });
    reconnector.hasten();
    expect(connection.get().state).toBe("waiting");
    vi.advanceTimersByTime(1_500);
    expect(attempts).toEqual([75_000, 76_500]);
  });

  test("goes offline while it waits; never for a server on this host", () => {
    const away = make();
    away.wait(1_000);
    away.reconnector.goOffline();
    expect(away.connection.get().state).toBe("offline");
    const local = make(false);
    local.wait(1_000);
    local.reconnector.goOffline();
    vi.advanceTimersByTime(1_000);
    expect([away.attempts, local.attempts]).toEqual([[], [1_000]]);
  });

  test("makes no attempts while the page is suspended", () => {
    const { reconnector, attempts, wait } = make();
    reconnector.suspend();
    wait(1_000);
    vi.advanceTimersByTime(100_000);
    expect(attempts).toEqual([]);
    reconnector.resume();
    vi.advanceTimersByTime(500);
    expect(attempts).toEqual([100_000]);
  });
});

test.each([
  [{ context: { status: 503, headers: new Headers({ "retry-after": "2" }) } }, 2_000],
  [{ context: { status: 429, headers: new Headers({ "retry-after": "0.5" }) } }, 500],
  [{ context: { status: 500, headers: new Headers({ "retry-after": "2" }) } }, 0],
  [{ context: { status: 503, headers: new Headers() } }, 0],
  [{ context: { status: 503, headers: new Headers({ "retry-after": "99999999" }) } }, 300_000],
  [{ context: { status: 503, headers: new Headers({ "retry-after": "Wed, 21 Oct" }) } }, 0],
  [{ context: { code: 1013, reason: "OPENLINE_BUSY; retry-after=3" } }, 3_000],
  [{ context: { code: 1012, reason: "retry-after=1.5" } }, 1_500],
  [{ context: { code: 1000, reason: "retry-after=3" } }, 0],
  [{ context: { code: 1013, reason: "" } }, 0],
  [{ description: "network connection lost" }, 0],
  [undefined, 0],
])("reads a server's hint (%j)", (told, ms) => {
  expect(retryAfterMsOf(told)).toBe(ms);
});

test.each([
  [{ context: { code: 1009 } }, true],
  [{ context: { status: 413 } }, true],
  [{ context: { code: 1006 } }, false],
  [undefined, false],
])("reads that something was too large (%j)", (told, isTooLarge) => {
  expect(wasTooLarge(told)).toBe(isTooLarge);
});
