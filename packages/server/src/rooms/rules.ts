import { RoomPatterns } from "@openline/protocol/contract";
import type { Durability, Retention } from "../log/log.ts";

/** What is promised of a room's messages. */
export type DeliveryMode =
  /** Logged before it is acknowledged; each subscriber gets it once, in order, whatever happens. */
  | "durable"
  /** The newest value of each key; who joins gets the current ones, who is slow skips to them. */
  | "latest"
  /** At most once, in order; who comes back soon gets what it missed. */
  | "ephemeral"
  /** Left out for those who cannot take it at once. */
  | "volatile";

/** What a client asks to do with a room. */
export type RoomAction = "join" | "publish" | "history" | "presence";

/** What becomes of a message for a subscriber that is too far behind. */
export type RoomPressure =
  /** Its connection is closed: it resumes from the log. */
  | "disconnect"
  /** It gets the newest of each event once it can, and is told of the gap. */
  | "latest"
  /** It is left out, and the subscriber is told of the gap once it can be. */
  | "drop";

/** How the rooms of a pattern are treated. */
export interface RoomRule<Socket> {
  /** Default "ephemeral". */
  readonly delivery?: DeliveryMode | undefined;
  /** What an acknowledgement means, for "durable" rooms. Default: what the log's options say. */
  readonly durability?: Durability | undefined;
  /** What a room keeps. Default: 10,000 messages of the last 24 hours. */
  readonly history?: Retention | undefined;
  /**
   * Whether a client may join, publish, read history or ask who is there (`"presence"`) by `openline:…`
   * events. Without it, none may;
   * `socket.join()` and `publish()` in your own code are not asked.
   */
  authorize?(socket: Socket, action: RoomAction, room: string): boolean | PromiseLike<boolean>;
  /**
   * Whether it is known who is in the room, and what is shown of each: what the function returns, as
   * JSON; with `true`, `{ user }`, the principal's id or null. Default: nobody can ask.
   */
  readonly presence?: boolean | ((socket: Socket) => unknown) | undefined;
  /** How long who has lost its connection is still taken to be there, in milliseconds. Default 10,000. */
  readonly presenceGraceMs?: number | undefined;
  /** Default "disconnect" for "durable" rooms, "latest" for "latest" ones, else "drop". */
  readonly backpressure?: RoomPressure | undefined;
  /** Bytes that may wait for one subscriber before that. Default 1,048,576. */
  readonly maxQueuedBytes?: number | undefined;
  /** What a "latest" room keeps one value of each. Default: the event's name. */
  key?(event: string, args: readonly unknown[]): string;
  /** Keys of a "latest" room; past it the oldest goes. Default 10,000. */
  readonly maxKeys?: number | undefined;
}

/** A rule with everything decided. */
export interface SettledRule<Socket> extends RoomRule<Socket> {
  readonly pattern: string;
  readonly delivery: DeliveryMode;
  readonly history: Retention;
  readonly backpressure: RoomPressure;
  readonly maxQueuedBytes: number;
  readonly maxKeys: number;
  readonly presenceGraceMs: number;
}

export const roomRuleDefaults = {
  maxMessages: 10_000,
  maxAgeMs: 86_400_000,
  maxQueuedBytes: 1_048_576,
  maxKeys: 10_000,
  presenceGraceMs: 10_000,
} as const;

const modes: ReadonlySet<unknown> = new Set(["durable", "latest", "ephemeral", "volatile"]);
const pressures: ReadonlySet<unknown> = new Set(["disconnect", "latest", "drop"]);
const durabilities: ReadonlySet<unknown> = new Set(["process", "disk"]);

/** Which rule a room has: of the patterns that match, the most specific. */
export class RoomRules<Socket> {
  private readonly patterns = new RoomPatterns<SettledRule<Socket>>();

  get size(): number {
    return this.patterns.size;
  }

  /** Whether some rooms are durable. */
  get hasDurable(): boolean {
    return this.patterns.values.some(({ delivery }) => delivery === "durable");
  }

  /**
   * Adds the rule of a pattern, in which `*` stands for any characters; a rule that the same pattern
   * had is replaced.
   *
   * @throws TypeError or RangeError that names the option and what it accepts
   */
  add(pattern: string, rule: RoomRule<Socket>): void {
    this.patterns.set(pattern, settle(pattern, rule));
  }

  /** Begins with the rules of another namespace. */
  takeAfter(other: RoomRules<Socket>): void {
    this.patterns.takeAfter(other.patterns);
  }

  /** The rule of a room; null if it has none. */
  of(room: string): SettledRule<Socket> | null {
    return this.patterns.of(room);
  }
}

function settle<Socket>(pattern: string, rule: RoomRule<Socket>): SettledRule<Socket> {
  if (typeof pattern !== "string" || pattern === "") {
    throw new TypeError('rooms() takes a name or a pattern such as "chat:*" as its first argument');
  }
  const { delivery = "ephemeral", durability, history = {}, key, authorize } = rule;
  const { maxQueuedBytes = roomRuleDefaults.maxQueuedBytes } = rule;
  const { maxKeys = roomRuleDefaults.maxKeys } = rule;
  const { presence, presenceGraceMs = roomRuleDefaults.presenceGraceMs } = rule;
  const { backpressure = pressureOf(delivery) } = rule;
  check(pattern, "delivery", modes, delivery);
  if (durability !== undefined) check(pattern, "durability", durabilities, durability);
  check(pattern, "backpressure", pressures, backpressure);
  checkNumber(pattern, "maxQueuedBytes", maxQueuedBytes);
  checkNumber(pattern, "maxKeys", maxKeys);
  checkNumber(pattern, "presenceGraceMs", presenceGraceMs);
  if (presence !== undefined && typeof presence !== "boolean" && typeof presence !== "function") {
    throw new TypeError(
      `presence of rooms("${pattern}") takes true, false or a function, not ${typeof presence}`,
    );
  }
  for (const [name, value] of Object.entries(history)) {
    if (value !== undefined) checkNumber(pattern, `history.${name}`, value);
  }
  for (const [name, value] of Object.entries({ key, authorize })) {
    if (value === undefined || typeof value === "function") continue;
    throw new TypeError(`${name} of rooms("${pattern}") takes a function, not ${typeof value}`);
  }
  return {
    ...rule,
    pattern,
    delivery,
    backpressure,
    maxQueuedBytes,
    maxKeys,
    presenceGraceMs,
    history: retentionOf(history),
  };
}

function retentionOf(history: Retention): Retention {
  const { maxMessages, maxAgeMs, maxBytes } = history;
  return {
    maxMessages: maxMessages ?? roomRuleDefaults.maxMessages,
    maxAgeMs: maxAgeMs ?? roomRuleDefaults.maxAgeMs,
    maxBytes,
  };
}

function pressureOf(delivery: DeliveryMode): RoomPressure {
  if (delivery === "durable") return "disconnect";
  return delivery === "latest" ? "latest" : "drop";
}

function check(pattern: string, name: string, known: ReadonlySet<unknown>, value: unknown): void {
  if (known.has(value)) return;
  const accepted = [...known].map((each) => `"${each}"`).join(", ");
  throw new TypeError(
    `${name} of rooms("${pattern}") takes one of ${accepted}, not ${JSON.stringify(value)}`,
  );
}

function checkNumber(pattern: string, name: string, value: unknown): void {
  if (typeof value === "number" && value >= 0) return;
  throw new RangeError(
    `${name} of rooms("${pattern}") takes a number from 0 up, not ${String(value)}`,
  );
}
