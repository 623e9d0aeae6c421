import { Manager } from "../index.ts";

/** Who decides when the next attempt to connect is made. */
export interface Waiter {
  /** Calls `attempt` in about that time, unless what is returned is called before. */
  wait(delayMs: number, attempt: () => void): () => void;
}

/** A manager that lets somebody else wait for it. */
export class ClientManager extends Manager {
  /** Set right after it was made, before it can have waited. */
  declare waiter: Waiter;

  protected override wait(delayMs: number, attempt: () => void): () => void {
    return this.waiter.wait(delayMs, attempt);
  }
}
