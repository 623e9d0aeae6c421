import type { Manager } from "../index.ts";
import type { Requests } from "./requests.ts";

/** How long a server may take to answer whether the line is alive. */
const TIMEOUT_MS = 5_000;

/** Finds out whether a line is alive, and ends it if it is not. */
export class LineCheck {
  readonly #manager: Pick<Manager, "engine" | "_readyState">;
  readonly #requests: Requests;
  #isChecking = false;

  constructor(manager: Pick<Manager, "engine" | "_readyState">, requests: Requests) {
    this.#manager = manager;
    this.#requests = requests;
  }

  /** To be called while the socket is connected. */
  check(): void {
    const { engine } = this.#manager;
    // It ends by itself then.
    if (this.#manager._readyState !== "open" || engine._hasPingExpired()) return;
    // Another kind of server would be silent, and its line good.
    if (this.#isChecking || !this.#requests.hasAnswered) return;
    this.#isChecking = true;
    this.#requests.ask("openline:ping", undefined, TIMEOUT_MS, ({ kind }) => {
      this.#isChecking = false;
      if (kind === "timeout") engine.onEnd({ description: "the server does not answer" });
    });
  }
}
