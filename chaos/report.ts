import type { AnomalyCount } from "./checker/anomalies.ts";
import type { Verdict } from "./checker/check.ts";
import type { SubscriberKind } from "./checker/history.ts";
import type { ChaosOptions } from "./options.ts";
import type { FaultName } from "./plan/faults.ts";
import type { RunResult } from "./run/run.ts";

/** What several rounds have come to. */
export interface ChaosReport {
  readonly server: string;
  readonly seeds: readonly number[];
  readonly seconds: number;
  readonly subscribers: number;
  readonly publishes: Verdict["publishes"];
  readonly deliveries: number;
  /** To each kind of subscriber. */
  readonly kinds: Verdict["kinds"];
  /** Messages that a subscriber should have got and did not, one for each subscriber. */
  readonly lost: number;
  readonly sessions: { readonly recovered: number; readonly renewed: number };
  readonly gaps: number;
  /** Rooms that a page has gone on with where one before it was. */
  readonly resumed: number;
  readonly kills: number;
  readonly serverStarts: number;
  readonly faults: Readonly<Partial<Record<FaultName, number>>>;
  readonly peaks: Verdict["peaks"];
  readonly longestHealingMs: number;
  readonly crashes: readonly string[];
  readonly anomalies: readonly AnomalyCount[];
}

export interface Round {
  readonly seed: number;
  readonly seconds: number;
  readonly result: Omit<RunResult, "history" | "deeds">;
  readonly verdict: Verdict;
}

const maxExamples = 5;

export function makeReport(options: ChaosOptions, rounds: readonly Round[]): ChaosReport {
  const sum = (pick: (round: Round) => number): number =>
    rounds.reduce((total, round) => total + pick(round), 0);
  const most = (pick: (round: Round) => number): number => Math.max(0, ...rounds.map(pick));
  const faults: Partial<Record<FaultName, number>> = {};
  for (const { result } of rounds) {
    for (const [name, count] of Object.entries(result.faults) as [FaultName, number][]) {
      faults[name] = (faults[name] ?? 0) + count;
    }
  }
  return {
    server: options.server,
    seeds: rounds.map(({ seed }) => seed),
    seconds: sum(({ seconds }) => seconds),
    subscribers: options.subscribers,
    publishes: {
      acknowledged: sum(({ verdict }) => verdict.publishes.acknowledged),
      refused: sum(({ verdict }) => verdict.publishes.refused),
      unknown: sum(({ verdict }) => verdict.publishes.unknown),
      unheard: sum(({ verdict }) => verdict.publishes.unheard),
    },
    deliveries: sum(({ verdict }) => verdict.deliveries),
    kinds: mergeKinds(rounds),
    lost: sum(({ verdict }) => verdict.lost),
    sessions: {
      recovered: sum(({ verdict }) => verdict.recovered),
      renewed: sum(({ verdict }) => verdict.renewed),
    },
    gaps: sum(({ verdict }) => verdict.gaps),
    resumed: sum(({ verdict }) => verdict.resumed),
    kills: sum(({ result }) => result.kills),
    serverStarts: sum(({ result }) => result.serverStarts),
    faults,
    peaks: {
      rssBytes: most(({ verdict }) => verdict.peaks.rssBytes),
      fileDescriptors: most(({ verdict }) => verdict.peaks.fileDescriptors),
      loopDelayMs: most(({ verdict }) => verdict.peaks.loopDelayMs),
    },
    longestHealingMs: most(({ result }) => result.healingMs),
    crashes: rounds.flatMap(({ result }) => result.crashes),
    anomalies: mergeAnomalies(rounds),
  };
}

function mergeKinds(rounds: readonly Round[]): Verdict["kinds"] {
  const merged: Partial<Record<SubscriberKind, number>> = {};
  for (const { verdict } of rounds) {
    for (const [kind, count] of Object.entries(verdict.kinds) as [SubscriberKind, number][]) {
      merged[kind] = (merged[kind] ?? 0) + count;
    }
  }
  return merged;
}

/** True if nothing is wrong. */
export function isClean({ anomalies, crashes }: ChaosReport): boolean {
  return anomalies.length === 0 && crashes.length === 0;
}

function mergeAnomalies(rounds: readonly Round[]): AnomalyCount[] {
  const merged = new Map<string, AnomalyCount>();
  for (const { verdict, seed } of rounds) {
    for (const { invariant, name, count, examples } of verdict.anomalies) {
      const before = merged.get(`${invariant} ${name}`);
      merged.set(`${invariant} ${name}`, {
        invariant,
        name,
        count: count + (before?.count ?? 0),
        examples: [
          ...(before?.examples ?? []),
          ...examples.slice(0, maxExamples).map((example) => `seed ${seed}: ${example}`),
        ],
      });
    }
  }
  return [...merged.values()];
}

/** The report for people. */
export function describeReport(report: ChaosReport): string {
  const { publishes, sessions, peaks } = report;
  const faults = Object.entries(report.faults).map(([name, count]) => `${name} ${count}`);
  const kinds = Object.entries(report.kinds).map(([name, count]) => `${name} ${number(count)}`);
  const lines = [
    `server         ${report.server}, ${report.seconds} s, ${report.subscribers} subscribers`,
    `seeds          ${report.seeds.join(", ")}`,
    `publishes      ${number(publishes.acknowledged)} acknowledged, ${number(publishes.refused)} refused, ${number(publishes.unknown)} unknown, ${number(publishes.unheard)} of pages that were gone`,
    `deliveries     ${number(report.deliveries)} checked, ${number(report.lost)} lost (${lossOf(report)})`,
    `of which       ${kinds.join(", ")}`,
    `sessions       ${number(sessions.recovered)} recovered, ${number(sessions.renewed)} begun anew, ${number(report.gaps)} gaps declared`,
    `pages          ${number(report.resumed)} rooms gone on with where a page before was`,
    `server         ${number(report.serverStarts)} starts, ${number(report.kills)} kills, ${report.crashes.length} crashes`,
    `faults         ${faults.join(", ")}`,
    `peaks          ${Math.round(peaks.rssBytes / 2 ** 20)} MiB, ${peaks.fileDescriptors} descriptors, ${Math.round(peaks.loopDelayMs)} ms of delay`,
    `healed         within ${Math.round(report.longestHealingMs)} ms`,
    `anomalies      ${report.anomalies.length === 0 ? "none" : ""}`,
  ];
  for (const { invariant, name, count, examples } of report.anomalies) {
    lines.push(`  ${invariant} ${name}: ${number(count)}`);
    for (const example of examples.slice(0, maxExamples)) lines.push(`    ${example}`);
  }
  for (const crash of report.crashes.slice(0, maxExamples)) lines.push(`  crash: ${crash}`);
  return lines.join("\n");
}

function lossOf({ lost, deliveries }: ChaosReport): string {
  return `${((100 * lost) / Math.max(1, lost + deliveries)).toFixed(3)} %`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
