/** Visits servers in turn, in short windows, so that all of them share what the machine does meanwhile. */
import type { AskedProcess } from "../asked-process.ts";
import { type Summary, summarize } from "../statistics.ts";
import type { Usage } from "./plan.ts";

/** What clients say of a window. Times in microseconds. */
export interface Load {
  readonly messages: number;
  readonly ms: number;
  readonly p50: number;
  readonly p99: number;
}

export interface Window extends Load {
  /** Of the server, for each message. */
  readonly cpuMicroseconds: number;
}

/** One that is measured beside others. */
export interface Contender {
  readonly name: string;
  readonly label: string;
  /** Whose figures its ratios are to; none if absent. */
  readonly against?: string;
  readonly goal?: Goal;
}

export interface Goal {
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** What was found of one. */
export interface Row {
  readonly name: string;
  readonly label: string;
  readonly figure: Summary;
  /** Of the server, for each message. */
  readonly cpuMicroseconds: number;
  readonly perSecond: number;
  /** Latencies, in microseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly ratio?: Summary & { readonly against: string };
  readonly goal?: Goal & { readonly isMet: boolean };
}

/** Has clients do something, and reads what the server has spent meanwhile. */
export async function runWindow(server: AskedProcess, run: () => Promise<Load>): Promise<Window> {
  const before = await server.ask<Usage>("usage");
  const load = await run();
  const after = await server.ask<Usage>("usage");
  const spent = after.cpuMicroseconds - before.cpuMicroseconds;
  return { ...load, cpuMicroseconds: spent / load.messages };
}

/**
 * Visits each once a round; the order moves on by one each round, so that nobody always follows the same
 * other. The first round is not counted: code gets compiled meanwhile.
 */
export async function takeTurns<C extends Contender>(
  contenders: readonly C[],
  rounds: number,
  visit: (contender: C, round: number) => Promise<Window>,
): Promise<Map<string, Window[]>> {
  const windows = new Map<string, Window[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const contender = contenders[(turn + round + 1) % contenders.length] as C; // in bounds
      const window = await visit(contender, round);
      if (round >= 0) windows.get(contender.name)?.push(window);
    }
  }
  return windows;
}

/** Figures, and their ratios: taken within each round, of which the median counts. */
export function rowsOf(
  contenders: readonly Contender[],
  windows: ReadonlyMap<string, readonly Window[]>,
  figureOf: (window: Window) => number,
): Row[] {
  return contenders.map(({ name, label, against, goal }) => {
    const own = windows.get(name) ?? [];
    const figures = own.map(figureOf);
    const row: Row = {
      name,
      label,
      figure: summarize(figures),
      cpuMicroseconds: summarize(own.map(({ cpuMicroseconds }) => cpuMicroseconds)).median,
      perSecond: summarize(own.map(({ messages, ms }) => messages / (ms / 1000))).median,
      p50: summarize(own.map(({ p50 }) => p50)).median,
      p99: summarize(own.map(({ p99 }) => p99)).median,
    };
    if (against === undefined) return row;
    const others = (windows.get(against) ?? []).map(figureOf);
    const ratio = { against, ...summarize(figures.map((each, index) => each / others[index]!)) };
    if (goal === undefined) return { ...row, ratio };
    return { ...row, ratio, goal: { ...goal, isMet: isMet(goal, ratio.median) } };
  });
}

export function isMet({ atMost, atLeast }: Goal, value: number): boolean {
  return value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? 0);
}
