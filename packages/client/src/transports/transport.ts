import type { EnginePacket } from "./engine-packet.ts";

/** Why a transport does not work, or no longer. */
export interface TransportError extends Error {
  readonly type: "TransportError";
  /** The HTTP status, or what the platform said. */
  readonly description: unknown;
  /** The answer or the event that tells more. */
  readonly context: unknown;
}

export function transportError(
  reason: string,
  description: unknown,
  context?: unknown,
): TransportError {
  const type = "TransportError";
  return Object.assign(new Error(reason), { type, description, context } as const);
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

/** A way to the server: it carries packets, and knows nothing of sessions. */
export interface Transport {
  readonly name: string;
  /** It is open, and nothing is on its way out. */
  readonly writable: boolean;
  listener: TransportListener;

  open(): void;

  /** Sends `packets`, or the first of them; returns how many. Only to be called when writable. */
  send(packets: readonly EnginePacket[], maxPayloadBytes?: number): number;

  /** Closes, and tells nobody. */
  close(): void;

  /** Calls `done` once nothing is on its way in or out, and nothing more will be. */
  pause?(done: () => void): void;

  /** Goes on where `pause` has stopped it. */
  resume?(): void;
}
