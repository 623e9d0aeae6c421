/** What the figures say: medians, ratios, and whether each goal is met. */
import { type ContenderName, type Level, levels } from "./levels.ts";
import type { Measured, Measurement } from "./plan.ts";
import type { Goal, Scenario } from "./scenario.ts";
import { median, type Summary, summarize } from "./statistics.ts";
import { generatorLimit, latenessLimit } from "./window.ts";

export interface ContenderVerdict {
  readonly name: ContenderName;
  readonly label: string;
  /** What the scenario is about: µs of CPU, µs of latency, or KB. */
  readonly figure: Summary;
  /** To the yardstick, from the rounds in which both were measured. Absent without it. */
  readonly ratio?: Summary;
  readonly perSecond?: number;
  readonly p50Microseconds?: number;
  readonly p99Microseconds?: number;
  readonly p999Microseconds?: number;
  readonly serverShare?: number;
  readonly generatorShare?: number;
  /** At a fixed rate: how late the generator sent, at the 99th percentile. */
  readonly latenessMicroseconds?: number;
  /** The generator itself may have limited the rate, or was late by much of what it measured. */
  readonly isGeneratorBound: boolean;
  readonly isOverloaded: boolean;
  readonly failure?: string;
}

export interface GoalVerdict extends Goal {
  readonly ratio: number;
  readonly isMet: boolean;
}

export interface ScenarioVerdict {
  readonly level: Level;
  readonly name: string;
  readonly title: string;
  readonly kind: Scenario["kind"];
  readonly unit: string;
  readonly rate?: number;
  readonly windows: number;
  readonly noisyWindows: number;
  readonly contenders: readonly ContenderVerdict[];
  readonly goals: readonly GoalVerdict[];
}

/** Figures of one round are compared with each other: a slow minute then hits both sides. */
export function pairedRatios(ours: readonly number[], theirs: readonly number[]): number[] {
  const rounds = Math.min(ours.length, theirs.length);
  return Array.from({ length: rounds }, (_, round) => ours[round]! / theirs[round]!);
}

function unitOf(scenario: Scenario): string {
  if (scenario.kind === "memory") return "KB/connection";
  if (scenario.kind === "latency") return "p99 µs";
  return `CPU µs/${scenario.unit}`;
}

function judgeContender(
  measured: Measured,
  yardstick: Measured | undefined,
  isPaced: boolean,
): ContenderVerdict {
  const { contender, figures, windows, failure } = measured;
  const of = (pick: (window: (typeof windows)[number]) => number): number =>
    median(windows.map(pick));
  const generatorShare = of((window) => window.generatorShare);
  const latenessMicroseconds = of((window) => window.latenessP99Microseconds);
  return {
    name: contender.name,
    label: contender.label,
    figure: summarize(figures),
    ...(yardstick === undefined
      ? {}
      : { ratio: summarize(pairedRatios(figures, yardstick.figures)) }),
    ...(windows.length === 0
      ? {}
      : {
          perSecond: of((window) => window.perSecond),
          p50Microseconds: of((window) => window.p50Microseconds),
          p99Microseconds: of((window) => window.p99Microseconds),
          p999Microseconds: of((window) => window.p999Microseconds),
          serverShare: of((window) => window.serverShare),
          generatorShare,
        }),
    ...(isPaced ? { latenessMicroseconds } : {}),
    isGeneratorBound: isPaced
      ? latenessMicroseconds > latenessLimit * of((window) => window.p99Microseconds)
      : generatorShare > generatorLimit,
    isOverloaded: windows.some((window) => window.overloaded),
    ...(failure === undefined ? {} : { failure }),
  };
}

export function judge(measurement: Measurement): ScenarioVerdict {
  const { scenario, measured } = measurement;
  const find = (name: ContenderName): Measured | undefined =>
    measured.find((each) => each.contender.name === name && each.figures.length > 0);
  const ours = find("openline");
  return {
    level: scenario.level,
    name: scenario.name,
    title: scenario.title,
    kind: scenario.kind,
    unit: unitOf(scenario),
    ...(measurement.rate === undefined ? {} : { rate: measurement.rate }),
    windows: measurement.windows,
    noisyWindows: measurement.noisyWindows,
    contenders: measured.map((each) =>
      judgeContender(each, find(levels[scenario.level].yardstick), scenario.kind === "latency"),
    ),
    goals: scenario.goals.flatMap((goal) => {
      const other = find(goal.against);
      if (ours === undefined || other === undefined) return [];
      const ratio = median(pairedRatios(ours.figures, other.figures));
      return [{ ...goal, ratio, isMet: ratio <= goal.atMost }];
    }),
  };
}
