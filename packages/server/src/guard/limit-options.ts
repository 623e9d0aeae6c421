import { type Limit, type LimitName, limits } from "./limits.ts";
import { Pace, type Rate, type SettledRate } from "./token-bucket.ts";

type Default<Name extends LimitName> = (typeof limits)[Name]["default"];

/** What one event of a socket may cost, beside what holds for all. */
export interface EventLimits {
  readonly messages?: Rate | undefined;
  readonly bytes?: Rate | undefined;
}

/** What the option `limits` takes: a number or a rate, as the limit's default is; false: no limit. */
export type LimitOptions = {
  readonly [Name in LimitName]?: (Default<Name> extends number ? number : Rate) | false | undefined;
} & {
  /** Limits of single events, by their names, in place of `messagesPerEvent` and `bytesPerEvent`. */
  readonly events?: Readonly<Record<string, EventLimits>> | undefined;
};

/** Every limit, decided. */
export type SettledLimits = {
  readonly [Name in LimitName]: Default<Name> extends number ? number : SettledRate;
} & {
  readonly events: ReadonlyMap<string, { readonly messages: Pace; readonly bytes: Pace }>;
};

/** @throws TypeError or RangeError that names the limit and what it accepts */
export function settleLimits(options: LimitOptions = {}): SettledLimits {
  const { events = {}, ...given } = options;
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(limits, name)) {
      throw new TypeError(
        `limits.${name} is no limit; there are ${Object.keys(limits).join(", ")} and events`,
      );
    }
  }
  const settled = Object.fromEntries(
    Object.entries<Limit>(limits).map(([name, limit]) => [
      name,
      settle(`limits.${name}`, limit.default, given[name as LimitName]), // a key of the table
    ]),
  ) as Omit<SettledLimits, "events">; // of all limits, each as its default is
  const paces = Object.entries(events).map(
    ([event, { messages = settled.messagesPerEvent, bytes = settled.bytesPerEvent }]) =>
      [
        event,
        {
          messages: new Pace(messages, `limits.events.${event}.messages`),
          bytes: new Pace(bytes, `limits.events.${event}.bytes`),
        },
      ] as const,
  );
  return { ...settled, events: new Map(paces) };
}

function settle(
  name: string,
  standard: number | SettledRate,
  given: number | Rate | false | undefined,
): number | SettledRate {
  if (typeof standard === "number") {
    if (given === undefined) return standard;
    if (given === false) return Number.POSITIVE_INFINITY;
    if (typeof given === "number" && given >= 0) return given;
    throw new RangeError(
      `${name} takes a number from 0 up, or false for no limit, not ${shown(given)}`,
    );
  }
  if (given === undefined) return standard;
  if (given === false) return unlimited;
  if (typeof given !== "object" || given === null) {
    throw new TypeError(
      `${name} takes { perSecond, burst }, or false for no limit, not ${shown(given)}`,
    );
  }
  return { perSecond: given.perSecond, burst: new Pace(given, name).burst };
}

const unlimited: SettledRate = {
  perSecond: Number.POSITIVE_INFINITY,
  burst: Number.POSITIVE_INFINITY,
};

function shown(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
