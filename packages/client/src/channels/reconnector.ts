import type { ManagerOptions } from "../manager-options.ts";
import { after } from "../platform/timers.ts";
import type { ClientManager, Waiter } from "./client-manager.ts";
import type { Connection } from "./connection.ts";

/** Waits for the next attempt to connect, and tells of it. */
export class Reconnector implements Waiter {
  private readonly connection: Connection;
  private readonly opts: ManagerOptions;
  private attempt = 0;

  constructor(manager: ClientManager, connection: Connection) {
    this.connection = connection;
    this.opts = manager.opts;
    manager.on("open", () => {
      this.attempt = 0;
    });
    manager.on("close", (reason) => connection._change({ reason }));
    manager.on("error", ({ message }) => connection._change({ reason: message }));
    manager.on("reconnect_attempt", (attempt) =>
      connection._change({ state: "connecting", attempt, retryAtMs: null }),
    );
    manager.on("reconnect_failed", () => connection._change({ state: "closed", retryAtMs: null }));
  }

  wait(delayMs: number, attempt: () => void): () => void {
    this.attempt += 1;
    const retryAtMs = Date.now() + delayMs;
    this.connection._change({ state: "waiting", attempt: this.attempt, retryAtMs });
    return after(this.opts, delayMs, attempt);
  }
}
