import type { ClientAddress } from "../guard/addresses.ts";
import { type GuardRefusal, refusal } from "../guard/codes.ts";
import type { LimitOptions, SettledLimits } from "../guard/limit-options.ts";
import { RateLimiter } from "../guard/rate-limiter.ts";

/** The place of one connection, by any transport. */
export interface Place {
  /** It is known who is at its other end. */
  identify(): void;
  leave(): void;
}

/** For all addresses together. */
const EVERYWHERE = "";
/** When a place may be free again: nobody knows. */
const RETRY_MS = 1_000;

/** Bounds how many connections there are, how fast they come, and how many nobody knows. */
export class Places {
  private readonly limits: SettledLimits;
  private readonly countsOwnNetwork: boolean;
  private readonly tracksIdentity: boolean;
  private readonly handshakes: RateLimiter;
  private readonly handshakesByGroup: RateLimiter;
  private count = 0;
  private readonly byGroup = new Map<string, number>();
  private unknown = 0;
  private readonly unknownByGroup = new Map<string, number>();

  /** `tracksIdentity`: clients are asked who they are. */
  constructor(limits: SettledLimits, given: LimitOptions, tracksIdentity: boolean) {
    this.limits = limits;
    // They are mostly proxies, until somebody says otherwise.
    this.countsOwnNetwork = given.connectionsPerAddress !== undefined;
    this.tracksIdentity = tracksIdentity;
    this.handshakes = new RateLimiter(limits.handshakes, "limits.handshakes");
    this.handshakesByGroup = new RateLimiter(
      limits.handshakesPerAddress,
      "limits.handshakesPerAddress",
    );
  }

  /** Whether there is a place for one more; it is not taken yet. */
  check({ group, isOwnNetwork }: ClientAddress, nowMs: number): GuardRefusal | null {
    const { limits } = this;
    const isCounted = !isOwnNetwork || this.countsOwnNetwork;
    if (isCounted) {
      const waitMs = this.handshakesByGroup.take(group, 1, nowMs);
      if (waitMs > 0) return late("OPENLINE_TOO_MANY_HANDSHAKES", waitMs);
    }
    const waitMs = this.handshakes.take(EVERYWHERE, 1, nowMs);
    if (waitMs > 0) return late("OPENLINE_TOO_MANY_HANDSHAKES", waitMs);
    if (this.count >= limits.connections) return late("OPENLINE_TOO_MANY_CONNECTIONS");
    if (isCounted && (this.byGroup.get(group) ?? 0) >= limits.connectionsPerAddress) {
      return late("OPENLINE_TOO_MANY_FROM_ADDRESS");
    }
    if (!this.tracksIdentity) return null;
    const isFull =
      this.unknown >= limits.unauthenticated ||
      (isCounted && (this.unknownByGroup.get(group) ?? 0) >= limits.unauthenticatedPerAddress);
    return isFull ? late("OPENLINE_TOO_MANY_UNAUTHENTICATED") : null;
  }

  /** Takes a place. */
  enter({ group }: ClientAddress): Place {
    this.count += 1;
    add(this.byGroup, group, 1);
    let isUnknown = this.tracksIdentity;
    if (isUnknown) {
      this.unknown += 1;
      add(this.unknownByGroup, group, 1);
    }
    const identify = (): void => {
      if (!isUnknown) return;
      isUnknown = false;
      this.unknown -= 1;
      add(this.unknownByGroup, group, -1);
    };
    return {
      identify,
      leave: () => {
        identify();
        this.count -= 1;
        add(this.byGroup, group, -1);
      },
    };
  }
}

function late(code: Parameters<typeof refusal>[0], retryAfterMs: number = RETRY_MS): GuardRefusal {
  return refusal(code, { retryAfterMs });
}

function add(counts: Map<string, number>, group: string, change: 1 | -1): void {
  const count = (counts.get(group) ?? 0) + change;
  if (count === 0) counts.delete(group);
  else counts.set(group, count);
}
