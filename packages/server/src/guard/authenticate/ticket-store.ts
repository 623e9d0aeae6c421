import type { Principal } from "./principal.ts";

/** What is stored of a ticket. */
export interface StoredTicket {
  readonly principal: Principal;
  /** When it stops being good, in milliseconds since 1970. */
  readonly expiresMs: number;
  /** The only pages that may use it; null: all that may connect. */
  readonly origin: string | null;
}

/**
 * Where tickets wait for their use. One for several servers is a Redis with `SET … PX` and `GETDEL`,
 * for example.
 */
export interface TicketStore {
  /** @throws DeliveryError when there is no room */
  put(hash: string, ticket: StoredTicket): void | PromiseLike<void>;
  /** Gives the ticket and forgets it, in one step: of two who ask at once, one gets it. */
  take(
    hash: string,
  ): StoredTicket | undefined | null | PromiseLike<StoredTicket | undefined | null>;
}
