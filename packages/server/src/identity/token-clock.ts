import { WheelEntry, wheel } from "@openline/websocket/link";

/** What happens in the life of a token. */
export interface TokenEvents {
  /** It will end soon: a new one is wanted. */
  expiring(): void;
  /** It has ended, and so has the grace after it. */
  expired(): void;
}

/** How long before its end the client is told, at most; and at most that part of what is left. */
const WARNING_MS = 60_000;
const WARNING_SHARE = 0.2;
/** No longer at once: clocks are set, and laptops sleep. */
const MAX_STEP_MS = 60_000;

/**
 * Follows one token by the clock of the wall, which its issuer went by: it may be set, so it is
 * looked at each minute.
 */
export class TokenClock extends WheelEntry {
  private readonly events: TokenEvents;
  private readonly graceMs: number;
  private expiresMs = Number.POSITIVE_INFINITY;
  private warnMs = Number.POSITIVE_INFINITY;
  private hasWarned = false;

  constructor(events: TokenEvents, graceMs: number) {
    super();
    this.events = events;
    this.graceMs = graceMs;
  }

  /** Follows a token that ends then, in milliseconds since 1970; undefined: it does not. */
  follow(expiresMs: number | undefined): void {
    wheel.cancel(this);
    this.hasWarned = false;
    this.expiresMs = expiresMs ?? Number.POSITIVE_INFINITY;
    if (expiresMs === undefined) return;
    const leftMs = Math.max(0, expiresMs - Date.now());
    this.warnMs = expiresMs - Math.min(WARNING_MS, leftMs * WARNING_SHARE);
    this.expire();
  }

  stop(): void {
    wheel.cancel(this);
  }

  /** Called by the wheel: it is time to look at the clock. */
  expire(): void {
    const now = Date.now();
    if (now >= this.expiresMs + this.graceMs) {
      this.events.expired();
      return;
    }
    if (now >= this.warnMs && !this.hasWarned) {
      this.hasWarned = true;
      this.events.expiring();
    }
    const dueMs = this.hasWarned ? this.expiresMs + this.graceMs : this.warnMs;
    wheel.schedule(this, Math.min(MAX_STEP_MS, Math.max(1, dueMs - now)));
  }
}
