import type { EncodedMessage } from "../messages/encoded-message.ts";
import type { BroadcastFlags } from "../rooms/adapter.ts";
import type { SettledRule } from "../rooms/rules.ts";

/** What a room's rule says of those who are behind. */
export type PressureRule = Pick<SettledRule<never>, "backpressure" | "maxQueuedBytes">;

/** An event on its way to several clients, each at a pace of its own. */
export interface LiveEvent {
  /** With its cursor. */
  readonly message: EncodedMessage;
  readonly flags: BroadcastFlags;
  /** Null: the connection's own bounds are enough. */
  readonly rule: PressureRule | null;
  /** Where it is missing if it is left out. */
  readonly room: string | null;
  /** What a newer one replaces it by, for a client that is behind. */
  readonly key: string;
  /** Whether it is for one client alone: its frame need not be made for others. */
  readonly isSingle: boolean;
  /** Whether a newer one replaces it without anything being lost: a value of a "latest" room. */
  readonly isValue: boolean;
  /** Of the message. */
  readonly bytes: number;
  /** The name and the arguments, without a cursor. */
  data(): readonly unknown[];
}

/** How much a message takes. */
export function bytesOf(message: EncodedMessage): number {
  let bytes = 0;
  for (const part of message.parts) bytes += part.length;
  return bytes;
}
