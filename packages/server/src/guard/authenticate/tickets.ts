import { createHash, randomBytes } from "node:crypto";
import { type GuardRefusal, refusal } from "../codes.ts";
import { CredentialFinder, type CredentialSource } from "./credential.ts";
import { MemoryTickets } from "./memory-tickets.ts";
import type { Authenticate, AuthenticationRequest, Principal } from "./principal.ts";
import type { StoredTicket, TicketStore } from "./ticket-store.ts";

export interface TicketOptions {
  /** Default: in memory, which knows the tickets of this process alone. */
  readonly store?: TicketStore | undefined;
  /** How many the default store holds at once. Default 100,000. */
  readonly maxTickets?: number | undefined;
  /** Where tickets may come from. Default `["auth:ticket"]`. */
  readonly from?: readonly CredentialSource[] | undefined;
  /** For tests: the time of day, in milliseconds since 1970. */
  readonly nowMs?: (() => number) | undefined;
}

export const ticketDefaults = {
  maxTickets: 100_000,
  ttlMs: 30_000,
  from: ["auth:ticket"],
} as const;

/** What a ticket that is issued is bound to. */
export interface TicketTerms {
  /**
   * The origin of the pages that may use it, such as that of the request that asked for it. Without
   * one, any page that may connect may use it, and so may programs.
   */
  readonly origin?: string | undefined;
}

/** Tickets, and the way to authenticate with them. */
export interface Tickets {
  /**
   * Makes a ticket, for the page that you serve or in answer to a request that you know whose it is.
   *
   * @param ttlMs how long it is good, in milliseconds, up to 30,000, the default
   * @throws RangeError for longer ones
   * @throws DeliveryError with `retryAfterMs` when too many wait for their use
   */
  issue(principal: Principal, ttlMs?: number, terms?: TicketTerms): Promise<string>;
  readonly authenticate: Authenticate;
}

/**
 * Tickets that let somebody in once, within moments: for clients that cannot send a header and must
 * not know a token, and for places where what is sent is seen by others, such as a query.
 *
 * ```ts
 * const door = tickets();
 * app.post("/ticket", async (request, response) => {
 *   response.json({ ticket: await door.issue({ id: request.user.id }) });
 * });
 * const io = new Server(app, { authenticate: door.authenticate });
 * ```
 *
 * A ticket has 256 random bits, and its SHA-256 is what is stored.
 */
export function tickets(options: TicketOptions = {}): Tickets {
  const { from = ticketDefaults.from, nowMs = Date.now } = options;
  const store =
    options.store ?? new MemoryTickets(options.maxTickets ?? ticketDefaults.maxTickets, nowMs);
  const finder = new CredentialFinder(from);
  return {
    issue: async (principal, ttlMs = ticketDefaults.ttlMs, terms = {}) => {
      if (typeof ttlMs !== "number" || !(ttlMs > 0 && ttlMs <= ticketDefaults.ttlMs)) {
        throw new RangeError(
          `\`ttlMs\` takes milliseconds from 1 to ${ticketDefaults.ttlMs}, not ${String(ttlMs)}`,
        );
      }
      const ticket = randomBytes(32).toString("base64url");
      const origin = terms.origin ?? null;
      await store.put(hashOf(ticket), { principal, expiresMs: nowMs() + ttlMs, origin });
      return ticket;
    },
    authenticate: async (request) => {
      const ticket = finder.find(request);
      if (typeof ticket !== "string") return ticket;
      return verdictOn(await store.take(hashOf(ticket)), request, nowMs());
    },
  };
}

function verdictOn(
  ticket: StoredTicket | undefined | null,
  { headers }: AuthenticationRequest,
  nowMs: number,
): Principal | GuardRefusal {
  if (!ticket || nowMs >= ticket.expiresMs) return refusal("OPENLINE_TICKET_INVALID");
  if (ticket.origin !== null && ticket.origin !== headers.origin) {
    const message = "The ticket was issued to a page of another origin";
    return refusal("OPENLINE_TICKET_INVALID", { message });
  }
  return ticket.principal;
}

function hashOf(ticket: string): string {
  return createHash("sha256").update(ticket).digest("base64url");
}
