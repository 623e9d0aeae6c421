/** What a run is to do, and what comes out of it. */
import type { Contender } from "./contenders.ts";
import type { Cores } from "./machine.ts";
import type { Scenario } from "./scenario.ts";
import type { Window } from "./window.ts";

export interface Plan {
  readonly contenders: readonly Contender[];
  readonly generator: string;
  readonly cores: Cores;
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  /** How often a window that others disturbed is measured again; the quietest one counts. */
  readonly repeats: number;
  /** Fewer connections where memory is measured. */
  readonly isQuick: boolean;
  /** Called after each step of the work. */
  onStep(group: string, what: string): void;
}

/** What was measured of one contender, one entry a round; rounds of all contenders belong together. */
export interface Measured {
  readonly contender: Contender;
  /** What the scenario is about: µs of CPU, µs of latency, or KB. */
  readonly figures: readonly number[];
  /** Empty for memory. */
  readonly windows: readonly Window[];
  /** Why there are no figures, or fewer. */
  readonly failure?: string;
}

export interface Measurement {
  readonly scenario: Scenario;
  readonly measured: readonly Measured[];
  /** Messages a second offered to all, where the rate is fixed. */
  readonly rate?: number;
  readonly windows: number;
  readonly noisyWindows: number;
}

/** A measurement while it is under way. */
export interface Draft {
  readonly contender: Contender;
  readonly figures: number[];
  readonly windows: Window[];
  failure?: string;
}

/** Those of the scenario's level that can do it. */
export function contendersOf(scenario: Scenario, all: readonly Contender[]): Contender[] {
  return all.filter(
    ({ level, name }) => level === scenario.level && !scenario.without?.includes(name),
  );
}

export function draftsOf(contenders: readonly Contender[]): Draft[] {
  return contenders.map((contender) => ({ contender, figures: [], windows: [] }));
}

export function finished(
  scenario: Scenario,
  drafts: readonly Draft[],
  noisyWindows: number,
  rate?: number,
): Measurement {
  return {
    scenario,
    measured: drafts.map(({ contender, figures, windows, failure }) => ({
      contender,
      figures,
      windows,
      ...(failure === undefined ? {} : { failure }),
    })),
    ...(rate === undefined ? {} : { rate }),
    windows: drafts.reduce((sum, draft) => sum + draft.figures.length, 0),
    noisyWindows,
  };
}
