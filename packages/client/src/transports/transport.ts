import { Emitter } from "../events/emitter.ts";
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

export interface TransportEvents {
  open: () => void;
  packet: (packet: EnginePacket) => void;
  /** Everything that was sent has left. */
  drain: () => void;
  error: (error: Error) => void;
  close: (details?: CloseDetails) => void;
}

/** Paused: no more is sent or asked for, so that another transport can take over. */
export type TransportState = "opening" | "open" | "pausing" | "paused" | "closed";

/** A way to the server: it carries packets, and knows nothing of sessions. */
export abstract class Transport extends Emitter<
  Record<never, never>,
  Record<never, never>,
  TransportEvents
> {
  abstract readonly name: string;
  readyState: TransportState = "opening";
  /** Nothing is on its way out. */
  writable = false;
  /** The parameters of the address. */
  readonly query: Record<string, unknown>;
  protected readonly opts: TransportOptions;

  constructor(opts: TransportOptions) {
    super();
    this.opts = opts;
    this.query = opts.query;
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

  close(): void {
    if (this.readyState !== "closed") {
      this.doClose();
      this.onClose();
    }
  }

  /** The address: `scheme`, with an s if there is TLS, and the rest. */
  protected addressOf(scheme: string, isStamped: boolean | undefined): string {
    const { query, opts } = this;
    const { secure, hostname, port, path, timestampParam = "t" } = opts;
    if (isStamped) query[timestampParam] = Math.random().toString(36).slice(2);
    return `${scheme}${secure ? "s" : ""}://${hostname}${port && `:${port}`}${path}?${new host.URLSearchParams(query)}`;
  }

  protected onOpen(): void {
    this.readyState = "open";
    this.writable = true;
    this.emitReserved("open");
  }

  protected onError(reason: string, description?: unknown, context?: unknown): void {
    const details = { type: "TransportError", description, context };
    this.emitReserved("error", Object.assign(new Error(reason), details));
  }

  protected onClose(details?: CloseDetails): void {
    this.readyState = "closed";
    this.writable = false;
    this.emitReserved("close", details);
  }
}
