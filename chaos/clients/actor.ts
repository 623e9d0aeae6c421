import type { Subscriber } from "../checker/history.ts";
import type { SubscriberPlan } from "../plan/plan.ts";

/** A subscriber, of whatever kind. */
export interface Actor {
  readonly plan: SubscriberPlan;
  readonly record: Subscriber;
  readonly isRevoked: boolean;
  /** True if it is connected, and in all of its rooms. */
  readonly isSettled: boolean;
  /** True if this message is the newest that it has of the room. */
  hasNewest(room: string, id: string): boolean;
  /** Goes out of a room, and comes back. */
  move(room: string): void;
  /** Begins a session anew: what it has seen is all that it knows. */
  reload(): void;
  /** It is let in no more. */
  revoked(): void;
  close(): void;
}

/** A publisher, of whatever kind. */
export interface Publisher {
  /** Nothing is under way. */
  readonly isIdle: boolean;
  start(): void;
  /** Sends nothing new; what is under way is still settled. */
  stop(): void;
  /** Gives up what is not settled. */
  abandon(): void;
}

/** A client with pages, which can be harmed as such. */
export interface PageOwner {
  /** Ends its page as `dice` will have it, and loads it again. */
  fade(dice: number): void;
  /** Opens a page beside the other one; what is returned ends it. */
  openSecond(): (() => void) | null;
}
