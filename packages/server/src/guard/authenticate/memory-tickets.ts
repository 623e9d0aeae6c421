import { DeliveryError } from "../../rooms/delivery-error.ts";
import type { StoredTicket, TicketStore } from "./ticket-store.ts";

/** Tickets in memory: a bounded number, of which those that have expired make room. */
export class MemoryTickets implements TicketStore {
  private readonly maxTickets: number;
  private readonly nowMs: () => number;
  /** In the order in which they were issued. */
  private readonly tickets = new Map<string, StoredTicket>();

  /** @throws RangeError for a number of tickets that is none */
  constructor(maxTickets: number, nowMs: () => number) {
    if (typeof maxTickets !== "number" || !(maxTickets >= 1)) {
      throw new RangeError(`\`maxTickets\` takes a number from 1 up, not ${String(maxTickets)}`);
    }
    this.maxTickets = maxTickets;
    this.nowMs = nowMs;
  }

  get size(): number {
    return this.tickets.size;
  }

  /** @throws DeliveryError when as many wait as may, with the time until one more may come */
  put(hash: string, ticket: StoredTicket): void {
    const oldestMs = this.letGo();
    if (this.tickets.size >= this.maxTickets) {
      throw new DeliveryError(
        "OPENLINE_UNAVAILABLE",
        `${this.maxTickets} tickets wait to be used: try again later`,
        Math.max(1, Math.ceil(oldestMs - this.nowMs())),
      );
    }
    this.tickets.set(hash, ticket);
  }

  take(hash: string): StoredTicket | undefined {
    const ticket = this.tickets.get(hash);
    this.tickets.delete(hash);
    return ticket;
  }

  /**
   * Forgets those that have expired, oldest first, and says when the first of the others does.
   *
   * One that is good for longer hides those behind it for moments: none is good for long.
   */
  private letGo(): number {
    const nowMs = this.nowMs();
    for (const [hash, { expiresMs }] of this.tickets) {
      if (expiresMs > nowMs) return expiresMs;
      this.tickets.delete(hash);
    }
    return nowMs;
  }
}
