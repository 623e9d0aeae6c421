import type { Durability, RoomPressure, RoomRule, Socket } from "openline";
import type { Random } from "../../fuzz/engine/random.ts";
import type { DiskHabits } from "../disk/disk.ts";
import type { SentKind } from "../oracle/facts.ts";
import type { OracleRules } from "../oracle/oracle.ts";

/** What a run's world is like: another one for each seed. */
export interface Settings {
  readonly clients: number;
  readonly latencyMs: number;
  readonly disk: DiskHabits;
  readonly storeDurability: Durability;
  readonly retentionMs: number;
  readonly maxMessages: number;
  readonly maxQueuedBytes: number;
  readonly middlewareMs: number;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
}

/** How the rooms of a prefix are treated. */
interface RoomKind {
  readonly kind: SentKind;
  readonly delivery: RoomRule<Socket>["delivery"];
  readonly durability?: Durability;
  readonly backpressure: RoomPressure;
}

/** By the first letter of a room's name. Those of "x" have no rule. */
const kinds: Readonly<Record<string, RoomKind>> = {
  d: { kind: "durable", delivery: "durable", backpressure: "disconnect" },
  p: { kind: "durable", delivery: "durable", durability: "process", backpressure: "disconnect" },
  k: { kind: "durable", delivery: "durable", durability: "disk", backpressure: "disconnect" },
  b: { kind: "durable", delivery: "durable", backpressure: "drop" },
  e: { kind: "event", delivery: "ephemeral", backpressure: "drop" },
  l: { kind: "value", delivery: "latest", backpressure: "latest" },
  v: { kind: "volatile", delivery: "volatile", backpressure: "drop" },
  x: { kind: "event", delivery: "ephemeral", backpressure: "disconnect" },
};

export const roomNames: readonly string[] = [
  ...["d:0", "d:1", "d:2", "p:0", "k:0", "b:0"],
  ...["e:0", "e:1", "l:0", "v:0", "x:0"],
];

export const durableRooms: readonly string[] = roomNames.filter(
  (room) => kindOf(room).kind === "durable",
);

export function kindOf(room: string): RoomKind {
  const found = kinds[room.charAt(0)];
  if (found === undefined) throw new Error(`No such room: ${room}`);
  return found;
}

/** Rules by the patterns that `rooms()` takes. */
export function rulesOf({ maxMessages, maxQueuedBytes }: Settings): [string, RoomRule<Socket>][] {
  return Object.entries(kinds)
    .filter(([letter]) => letter !== "x")
    .map(([letter, { delivery, durability, backpressure }]) => [
      `${letter}:*`,
      {
        delivery,
        durability,
        backpressure,
        maxQueuedBytes,
        history: { maxMessages },
        key: (_event, [first]) => (first as { readonly k?: string }).k ?? "",
      },
    ]);
}

export function oracleRules(settings: Settings): OracleRules {
  const { retentionMs, storeDurability } = settings;
  return {
    retentionMs,
    bufferMs: retentionMs,
    sessionDurability: storeDurability,
    durabilityOf: (room) => kindOf(room).durability ?? storeDurability,
    pressureOf: (room) => kindOf(room).backpressure,
  };
}

export function drawSettings(random: Random): Settings {
  const isFast = random.chance(0.5);
  return {
    clients: random.between(2, 5),
    latencyMs: random.pick([0, 2, 20, 100]),
    disk: {
      writeMs: random.pick(isFast ? [0, 1] : [3, 30, 200]),
      syncMs: random.pick(isFast ? [0, 5] : [10, 100, 500]),
      readMs: random.pick(isFast ? [0, 1] : [2, 20]),
      stallMs: random.pick([100, 1_500]),
      stallShare: random.pick([0, 0, 0.01, 0.05]),
    },
    storeDurability: random.pick(["disk", "disk", "process"]),
    retentionMs: random.pick([3_000, 20_000, 120_000, 86_400_000]),
    maxMessages: random.pick([3, 20, 10_000]),
    maxQueuedBytes: random.pick([0, 200, 1_048_576]),
    middlewareMs: random.pick([0, 0, 30, 300]),
    pingIntervalMs: 2_000,
    pingTimeoutMs: 1_000,
  };
}
