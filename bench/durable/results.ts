/** What one run has found of durable delivery, and which of its goals are met. */
import type { MachineDescription } from "../machine.ts";
import type { AcknowledgedResult } from "./acknowledged.ts";
import type { EphemeralResult } from "./ephemeral.ts";
import type { FanOutResult } from "./fan-out.ts";
import { flatGoal, type RecoveryResult } from "./recovery.ts";
import { budgetBytes, costGoal, latencyGoal, type StormResult } from "./storm.ts";
import { type Goal, isMet, type Row } from "./turns.ts";

/** Measures that were left out are absent. */
export interface Measures {
  readonly ephemeral?: EphemeralResult;
  readonly fanOut?: FanOutResult;
  readonly acknowledged?: AcknowledgedResult;
  readonly storm?: StormResult;
  readonly recovery?: RecoveryResult;
}

export interface DurableResults extends Measures {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly node: string;
  readonly machine: MachineDescription;
  /** What the machine had to do already, in processes that want a core. */
  readonly loadBefore: number;
  readonly rounds: number;
  /** All measures, in rounds and windows enough for a result. */
  readonly isComplete: boolean;
}

export interface GoalOutcome extends Goal {
  readonly name: string;
  readonly value: number;
  readonly isMet: boolean;
}

const mebibyte = 1024 * 1024;

function outcome(name: string, value: number, goal: Goal): GoalOutcome {
  return { name, value, ...goal, isMet: isMet(goal, value) };
}

function ofRows(what: string, rows: readonly Row[] = []): GoalOutcome[] {
  return rows.flatMap(({ label, ratio, goal }) =>
    ratio === undefined || goal === undefined
      ? []
      : [{ ...goal, name: `${what}: ${label}`, value: ratio.median }],
  );
}

export const ofEphemeral = ({ ephemeral }: Measures): GoalOutcome[] => [
  ...ofRows("Fan-out beside a log", ephemeral?.fanOut),
  ...ofRows("Echo of an object beside a log", ephemeral?.echo),
  ...ofRows("Echo of a text beside a log", ephemeral?.textEcho),
];

export const ofFanOut = ({ fanOut }: Measures): GoalOutcome[] => [
  ...ofRows("Fan-out, 1 in flight", fanOut?.inFlight1),
  ...ofRows("Fan-out, 16 in flight", fanOut?.inFlight16),
];

export const ofAcknowledged = ({ acknowledged }: Measures): GoalOutcome[] =>
  ofRows("Acknowledged publishes", acknowledged?.publishes);

export function ofStorm({ storm }: Measures): GoalOutcome[] {
  if (storm === undefined) return [];
  const { costs, latency, memory } = storm;
  return [
    ...costs.map(({ label, ratio }) =>
      outcome(`Storm, ${label}: CPU a message to live`, ratio, { atMost: costGoal }),
    ),
    outcome("Storm: p99 of live traffic to quiet", latency.ratio, { atMost: latencyGoal }),
    outcome("Storm: memory, MiB", (memory.mostBytes - memory.connectedBytes) / mebibyte, {
      atMost: budgetBytes / mebibyte,
    }),
  ];
}

export const ofRecovery = ({ recovery }: Measures): GoalOutcome[] =>
  (recovery?.growth ?? []).map(({ missed, ratio }) =>
    outcome(`Recovery of ${missed}: largest log to smallest`, ratio, { atMost: flatGoal }),
  );

export function goalsOf(measures: Measures): GoalOutcome[] {
  return [ofEphemeral, ofFanOut, ofAcknowledged, ofStorm, ofRecovery].flatMap((of) => of(measures));
}
