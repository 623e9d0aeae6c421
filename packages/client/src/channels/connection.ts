import { type Observable, Observed } from "./observable.ts";

/**
 * `"waiting"`: for the next attempt. `"offline"`: for the network. `"closed"`: for somebody to open it:
 * it was closed here, or the server has ended it.
 */
export interface ConnectionState {
  readonly state: "connecting" | "connected" | "waiting" | "offline" | "closed";
  /** Why it is not connected, if that is known. */
  readonly reason: string | null;
  /** Which attempt is under way or next, counted from 1 since the last connection; else 0. */
  readonly attempt: number;
  /** When the next attempt is made, in milliseconds since 1970. */
  readonly retryAtMs: number | null;
}

/** What is known of a client's connection. */
export class Connection implements Observable<ConnectionState> {
  readonly #state: Observed<ConnectionState>;

  constructor(state: ConnectionState["state"]) {
    this.#state = new Observed(freeze({ state, reason: null, attempt: 0, retryAtMs: null }));
  }

  get(): ConnectionState {
    return this.#state.get();
  }

  subscribe(listener: (value: ConnectionState) => void): () => void {
    return this.#state.subscribe(listener);
  }

  /** Tells if anything has changed. */
  _change(change: Partial<ConnectionState>): void {
    const before = this.get();
    const after: ConnectionState = { ...before, ...change };
    const names = Object.keys(change) as (keyof ConnectionState)[];
    if (names.some((name) => before[name] !== after[name])) this.#state.set(freeze(after));
  }
}

function freeze(state: ConnectionState): ConnectionState {
  return Object.freeze(state);
}
