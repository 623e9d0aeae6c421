import type { SubscriberKind } from "../checker/history.ts";
import type { ServerName } from "../server/control.ts";
import { type Fault, type FaultName, faultOf } from "./faults.ts";
import { Random } from "./random.ts";

/** Something that is done to the run at its time. */
export interface Step {
  /** From the start of the load. */
  readonly atMs: number;
  readonly fault: FaultName;
  readonly lastsMs: number;
  /** A group's number, or what a subscriber or a page is chosen by; 0 where there is but one. */
  readonly target: number;
  /** What else there is to decide, from 0 up to 2³² - 1. */
  readonly dice: number;
}

export interface SubscriberPlan {
  readonly name: string;
  readonly kind: SubscriberKind;
  readonly group: number;
  readonly rooms: readonly string[];
  /** Goes out of a room and comes back, at these times. */
  readonly moves: readonly { readonly atMs: number; readonly room: string }[];
  /** Forgets its session at these times, and asks for what it has missed by where it was. */
  readonly reloads: readonly number[];
  /** Lets the server's own code take it in, in place of asking by `openline:join`. */
  readonly isTakenIn: boolean;
  readonly seed: number;
}

export interface PublisherPlan {
  readonly name: string;
  readonly by: "client" | "server" | "emit" | "channel";
  readonly rooms: readonly string[];
  readonly group: number;
  /** A new message each time. */
  readonly everyMs: number;
  /** At most so many that are not answered. */
  readonly window: number;
  readonly seed: number;
}

/** A whole run, as a seed makes it. */
export interface Plan {
  readonly seed: number;
  readonly durationMs: number;
  readonly groups: number;
  readonly rooms: readonly string[];
  readonly subscribers: readonly SubscriberPlan[];
  readonly publishers: readonly PublisherPlan[];
  readonly steps: readonly Step[];
}

export interface PlanOptions {
  /** Stock Socket.IO has nothing that channels could be of. Default: "openline". */
  readonly server?: ServerName;
  readonly seed: number;
  readonly seconds: number;
  readonly subscribers: number;
  /** Messages a second, of all publishers. */
  readonly rate: number;
  readonly faults: readonly FaultName[];
}

/** A room whose history holds few messages, so that some who come back are really too late. */
export const shortRoom = "short:0";
/** Where nobody may publish. */
export const closedRoom = "closed:0";

/** Drawn from: a channel is a stock client where there are no channels. */
const kinds: readonly SubscriberKind[] = [
  ...["websocket", "websocket", "websocket", "websocket"],
  ...["polling", "polling", "raw"],
  ...["channel", "channel", "channel"],
] as const satisfies readonly SubscriberKind[];
const durableRooms = 5;
const groupSize = 10;
/** Enough to choose among all that have pages. */
const pageTargets = 1000;
const quietMs = 1000;

/** The room that a group has for itself, for the many messages that its slow readers get. */
export function bulkRoom(group: number): string {
  return `bulk:${group}`;
}

export function makePlan(options: PlanOptions): Plan {
  const { seed, seconds, subscribers, rate, faults, server = "openline" } = options;
  const random = new Random(seed);
  const durationMs = seconds * 1000;
  const groups = Math.max(2, Math.ceil(subscribers / groupSize));
  const chats = Array.from({ length: durableRooms }, (_, index) => `chat:${index}`);
  const bulks = Array.from({ length: groups }, (_, group) => bulkRoom(group));
  const people = Array.from({ length: subscribers }, (_, index) => {
    const group = index % groups;
    const rooms = random.sample(chats, random.between(1, 3));
    if (random.chance(0.3)) rooms.push(shortRoom);
    const drawn = random.pick(kinds);
    const kind = drawn === "channel" && server !== "openline" ? "websocket" : drawn;
    const isTakenIn = random.chance(0.3) && kind !== "channel";
    // The answers of an application's own code may overtake what a replay still sends: who leaves
    // and joins by them cannot tell what it was owed.
    const moves =
      !isTakenIn && random.chance(0.3)
        ? [{ atMs: random.between(quietMs, durationMs), room: random.pick(rooms) }]
        : [];
    return {
      name: `s${index}`,
      kind,
      group,
      rooms: [...rooms, bulkRoom(group)],
      moves,
      reloads:
        random.chance(0.2) || kind === "channel" ? [random.between(quietMs, durationMs)] : [],
      isTakenIn,
      seed: random.uint32(),
    };
  });
  const publishers = planPublishers(random, chats, groups, rate, server);
  const targets = {
    group: groups,
    subscriber: people.length,
    page: pageTargets,
    server: 1,
    all: 1,
  };
  return {
    seed,
    durationMs,
    groups,
    rooms: [...chats, shortRoom, closedRoom, ...bulks],
    subscribers: people,
    publishers,
    steps: planSteps(random, faults, durationMs, targets),
  };
}

/** Of eight parts of the load, three come from clients, two from outboxes, two from the server; one nobody answers. */
function planPublishers(
  random: Random,
  chats: readonly string[],
  groups: number,
  rate: number,
  server: ServerName,
): PublisherPlan[] {
  const common = ["client", "client", "client", "server", "server", "emit"] as const;
  const ways = server === "openline" ? [...common, "channel" as const, "channel" as const] : common;
  return ways.map((by, index) => {
    const isChannel = by === "channel";
    // What nobody acknowledges must not be trimmed: nobody would know where it stood. A page that is
    // gone hears no answer, either.
    const isHeard = by === "client" || by === "server";
    return {
      name: `p${index}`,
      by,
      rooms: [
        ...chats,
        ...(isHeard ? [shortRoom] : []),
        ...(index === 0 || isChannel ? [closedRoom] : []),
      ],
      group: random.between(0, groups - 1),
      everyMs: (1000 * ways.length) / rate,
      window: isChannel ? random.between(8, 32) : random.between(1, 16),
      seed: random.uint32(),
    };
  });
}

function planSteps(
  random: Random,
  faults: readonly FaultName[],
  durationMs: number,
  targets: Readonly<Record<Fault["target"], number>>,
): Step[] {
  const bag = faults.flatMap((fault) => Array.from({ length: faultOf(fault).weight }, () => fault));
  const steps: Step[] = [];
  // Each kind once before it is left to chance.
  const first = random.sample(faults, faults.length);
  let atMs = quietMs;
  while (bag.length > 0) {
    atMs += random.between(200, 1800);
    if (atMs >= durationMs) break;
    const fault = first.shift() ?? random.pick(bag);
    const { target, lasts } = faultOf(fault);
    steps.push({
      atMs,
      fault,
      lastsMs: lasts === undefined ? 0 : random.between(...lasts),
      target: random.between(0, targets[target] - 1),
      dice: random.uint32(),
    });
  }
  return steps;
}
