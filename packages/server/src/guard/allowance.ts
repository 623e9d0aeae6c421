import type { SettledLimits } from "./limit-options.ts";
import { RateLimiter } from "./rate-limiter.ts";
import { Pace, TokenBucket } from "./token-bucket.ts";

/** How often somebody may be told that it was too much before its connection ends. */
const STRIKES = { perSecond: 1, burst: 100 } as const;
/** Events that are told apart where each has a limit: their names are the client's choice. */
const MAX_EVENTS = 100;

/** The paces that all clients of a server have in common. */
export class Allowances {
  readonly messages: Pace;
  readonly bytes: Pace;
  readonly eventMessages: Pace;
  readonly eventBytes: Pace;
  readonly events: SettledLimits["events"];
  readonly strikes: Pace = new Pace(STRIKES, "strikes");
  readonly principalMessages: RateLimiter;
  readonly principalBytes: RateLimiter;

  constructor(limits: SettledLimits) {
    this.messages = new Pace(limits.messagesPerSocket, "limits.messagesPerSocket");
    this.bytes = new Pace(limits.bytesPerSocket, "limits.bytesPerSocket");
    this.eventMessages = new Pace(limits.messagesPerEvent, "limits.messagesPerEvent");
    this.eventBytes = new Pace(limits.bytesPerEvent, "limits.bytesPerEvent");
    this.events = limits.events;
    const { messagesPerPrincipal, bytesPerPrincipal } = limits;
    this.principalMessages = new RateLimiter(messagesPerPrincipal, "limits.messagesPerPrincipal");
    this.principalBytes = new RateLimiter(bytesPerPrincipal, "limits.bytesPerPrincipal");
  }
}

interface EventBuckets {
  readonly messages: TokenBucket;
  readonly bytes: TokenBucket;
}

/** What one client may still send. All that waits is in milliseconds; 0: it may be taken now. */
export class Allowance {
  private readonly shared: Allowances;
  private readonly messages: TokenBucket;
  private readonly bytes: TokenBucket;
  private strikes: TokenBucket | null = null;
  private events: Map<string, EventBuckets> | null = null;
  private readonly now: () => number;
  /** The clock as it was read last: as long as that lets a message pass, it need not be read. */
  private clockMs: number;

  constructor(shared: Allowances, now: () => number) {
    this.shared = shared;
    this.messages = new TokenBucket(shared.messages);
    this.bytes = new TokenBucket(shared.bytes);
    this.now = now;
    this.clockMs = now();
  }

  takeBytes(bytes: number): number {
    return this.take(this.bytes, bytes);
  }

  takeMessage(): number {
    return this.take(this.messages, 1);
  }

  /** One event of so many bytes, of whoever it is known to be. */
  takeEvent(name: string, bytes: number, principal: string | null): number {
    const waitMs = this.takeNamed(name, bytes);
    if (waitMs > 0 || principal === null) return waitMs;
    const nowMs = this.now();
    const { principalMessages, principalBytes } = this.shared;
    const messageMs = principalMessages.take(principal, 1, nowMs);
    return messageMs > 0 ? messageMs : principalBytes.take(principal, bytes, nowMs);
  }

  /** Counts that it was told that it was too much; true if that was too often. */
  strike(): boolean {
    this.strikes ??= new TokenBucket(this.shared.strikes);
    return this.strikes.take(1, this.now()) > 0;
  }

  private takeNamed(name: string, bytes: number): number {
    const { events, eventMessages, eventBytes } = this.shared;
    const own = events.get(name);
    const messages = own?.messages ?? eventMessages;
    const sizes = own?.bytes ?? eventBytes;
    if (messages.isUnlimited && sizes.isUnlimited) return 0;
    this.events ??= new Map();
    // Further names share one bucket.
    const key = own !== undefined || this.events.size < MAX_EVENTS ? name : "";
    let buckets = this.events.get(key);
    if (buckets === undefined) {
      buckets = { messages: new TokenBucket(messages), bytes: new TokenBucket(sizes) };
      this.events.set(key, buckets);
    }
    const waitMs = this.take(buckets.messages, 1);
    return waitMs > 0 ? waitMs : this.take(buckets.bytes, bytes);
  }

  private take(bucket: TokenBucket, cost: number): number {
    if (bucket.take(cost, this.clockMs) === 0) return 0;
    this.clockMs = this.now();
    return bucket.take(cost, this.clockMs);
  }
}
