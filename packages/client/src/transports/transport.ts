import { host } from "../platform/host.ts";
import type { EnginePacket } from "./engine-packet.ts";
import type { TransportOptions } from "./transport-options.ts";

/** Why a transport does not work, or no longer. */
export interface TransportError extends Error {
  readonly type: "TransportError";
  /** The HTTP status, or what the platform said. */
  readonly description: unknown;
  /** The answer or the event that tells more. */
  readonly context: unknown;
}

/** What is known of a connection's end. */
export interface CloseDetails {
  description: string;
  context?: unknown;
}

/** Who is told of what a transport does. */
export interface TransportListener {
  onOpen?(): void;
  onPacket?(packet: EnginePacket): void;
  /** Everything that was sent has left. */
  onDrain?(): void;
  onError?(error: Error): void;
  onEnd?(details?: CloseDetails): void;
}

/** Paused: no more is sent or asked for, so that another transport can take over. */
export type TransportState = "opening" | "open" | "pausing" | "paused" | "closed";

/** A way to the server: it carries packets, and knows nothing of sessions. */
export abstract class Transport {
  abstract readonly name: string;
  readyState: TransportState = "opening";
  /** Nothing is on its way out. */
  writable = false;
  /** The parameters of the address. */
  readonly query: Record<string, unknown>;
  listener: TransportListener;
  protected readonly opts: TransportOptions;

  constructor(opts: TransportOptions, listener: TransportListener) {
    this.opts = opts;
    this.query = opts.query;
    this.listener = listener;
  }

  abstract open(): void;

  /** Sends `packets`, or the first of them; returns how many. Only to be called when writable. */
  abstract send(packets: readonly EnginePacket[], maxPayloadBytes?: number): number;

  protected abstract doClose(): void;

  /** Calls `done` once nothing is on its way in or out, and nothing more will be. */
  pause(done: () => void): void {
    done();
  }

  /** Goes on where `pause` has stopped it. */
  resume(): void {}

  /** Closes, and tells nobody. */
  close(): void {
    this.listener = {};
    if (this.readyState !== "closed") {
      this.doClose();
      this.end();
    }
  }

  /** The address: `scheme`, with an s if there is TLS, and the rest. */
  protected addressOf(scheme: string, isStamped: boolean | undefined): string {
    const { query, opts } = this;
    const { s, hostname, port, path } = opts;
    if (isStamped) query[opts.timestampParam ?? "t"] = Math.random().toString(36).slice(2);
    const parameters = new host.URLSearchParams(query);
    return `${scheme}${s}://${hostname}${port && `:${port}`}${path}?${parameters}`;
  }

  protected opened(): void {
    this.readyState = "open";
    this.writable = true;
    this.listener.onOpen?.();
  }

  /** What was sent has left. */
  protected drained(): void {
    if (this.readyState === "closed") return;
    this.writable = true;
    this.listener.onDrain?.();
  }

  protected fail(reason: string, description?: unknown, context?: unknown): void {
    const details = { type: "TransportError", description, context };
    this.listener.onError?.(Object.assign(new Error(reason), details));
  }

  protected end(details?: CloseDetails): void {
    this.readyState = "closed";
    this.writable = false;
    this.listener.onEnd?.(details);
  }
}
