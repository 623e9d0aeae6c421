import type { ManagerOptions } from "../manager-options.ts";
import { after } from "../platform/timers.ts";
import { browser } from "./browser.ts";
import type { ClientManager, Waiter } from "./client-manager.ts";
import type { Connection } from "./connection.ts";
import { retryAfterMsOf } from "./server-hints.ts";

/** The shortest time between two attempts, however many hints there are that now is a good moment. */
const MIN_INTERVAL_MS = 1_000;
/** Clients that get such a hint at once, as a building's network comes back, do not come at once. */
const SPREAD_MS = 500;
/** Platforms are wrong at times about the network: an attempt is made all the same, that much later. */
const OFFLINE_MS = 60_000;

interface Pending {
  readonly attempt: () => void;
  /** When it would be made without a network, and when at the earliest with one: by the wall clock. */
  readonly dueAtMs: number;
  readonly earliestAtMs: number;
  /** When it is made as things are. */
  atMs: number;
  stop: () => void;
}

/**
 * Waits for the next attempt to connect, and tells of it: longer if the server has asked for that, or
 * there is no network; shorter if something says that it is worth trying. There is one at a time.
 */
export class Reconnector implements Waiter {
  readonly #connection: Connection;
  readonly #opts: ManagerOptions;
  readonly #needsNetwork: boolean;
  #attempt = 0;
  #lastAttemptAtMs = 0;
  /** What the server has said last. */
  #hintMs = 0;
  #pending: Pending | null = null;
  #isSuspended = false;

  /** `needsNetwork`: the server is not on this host. */
  constructor(manager: ClientManager, connection: Connection, needsNetwork: boolean) {
    this.#connection = connection;
    this.#opts = manager.opts;
    this.#needsNetwork = needsNetwork;
    manager.on("open", () => {
      this.#attempt = 0;
      this.#hintMs = 0;
    });
    manager.on("close", (reason, details) => {
      this.#hintMs = retryAfterMsOf(details);
      connection._change({ reason });
    });
    manager.on("error", (error) => {
      this.#hintMs = retryAfterMsOf(error);
      connection._change({ reason: error.message });
    });
    manager.on("reconnect_attempt", (attempt) =>
      connection._change({ state: "connecting", attempt, retryAtMs: null }),
    );
    manager.on("reconnect_failed", () => connection._change({ state: "closed", retryAtMs: null }));
  }

  wait(delayMs: number, attempt: () => void): () => void {
    this.#attempt += 1;
    // All clients are told the same time; the usual wait, which has jitter, comes on top of it.
    const waitMs = this.#hintMs > 0 ? this.#hintMs + delayMs * Math.random() : delayMs;
    const nowMs = Date.now();
    const pending: Pending = {
      attempt,
      dueAtMs: nowMs + Math.max(delayMs, waitMs),
      earliestAtMs: nowMs + this.#hintMs,
      atMs: 0,
      stop: () => {},
    };
    this.#pending = pending;
    this.#hintMs = 0;
    if (this.#isOffline) this.goOffline();
    else this.#schedule(pending.dueAtMs, "waiting");
    return () => {
      pending.stop();
      if (this.#pending === pending) this.#pending = null;
    };
  }

  /** Something says that there may be a way to the server now. */
  hasten(): void {
    const pending = this.#pending;
    if (pending === null) return;
    const earliestAtMs = Math.max(
      pending.earliestAtMs,
      this.#lastAttemptAtMs + MIN_INTERVAL_MS,
      Date.now(),
    );
    const soonAtMs = earliestAtMs + SPREAD_MS * Math.random();
    this.#schedule(Math.min(soonAtMs, Math.max(pending.atMs, earliestAtMs)), "waiting");
  }

  /** Somebody asks for it: now, whatever there is to be said for waiting. */
  retry(): void {
    if (this.#pending !== null) this.#schedule(Date.now(), "waiting");
  }

  /** The page is kept for going back to: it makes no attempts. */
  suspend(): void {
    this.#isSuspended = true;
    this.#pending?.stop();
  }

  /** The page was gone back to. */
  resume(): void {
    this.#isSuspended = false;
    this.hasten();
  }

  /** There is no network: no attempt is made for long. */
  goOffline(): void {
    const pending = this.#pending;
    if (pending === null || !this.#needsNetwork) return;
    const soonestAtMs = Date.now() + OFFLINE_MS * (0.75 + Math.random() / 2);
    this.#schedule(Math.max(pending.dueAtMs, soonestAtMs), "offline");
  }

  get #isOffline(): boolean {
    return this.#needsNetwork && browser.navigator?.onLine === false;
  }

  #schedule(retryAtMs: number, state: "waiting" | "offline"): void {
    const pending = this.#pending!; // who calls this has looked
    pending.stop();
    pending.atMs = retryAtMs;
    const isSuspended = this.#isSuspended;
    if (!isSuspended) {
      pending.stop = after(this.#opts, Math.max(0, retryAtMs - Date.now()), () => {
        this.#pending = null;
        this.#lastAttemptAtMs = Date.now();
        pending.attempt();
      });
    }
    this.#connection._change({
      state,
      attempt: this.#attempt,
      retryAtMs: isSuspended ? null : retryAtMs,
    });
  }
}
