/** Measures one scenario: every contender in turn, in short windows, round after round. */

import { type ContenderName, levels } from "./levels.ts";
import { type LoadOptions, runWindow } from "./load.ts";
import { measureMemory } from "./memory.ts";
import {
  contendersOf,
  type Draft,
  draftsOf,
  finished,
  type Measurement,
  type Plan,
} from "./plan.ts";
import type { LatencyScenario, LoadScenario, Scenario } from "./scenario.ts";
import { loadScenario } from "./scenarios.ts";
import { ServerProcess } from "./server-process.ts";
import { median } from "./statistics.ts";
import { foreignLimit, type Window } from "./window.ts";

/** What earlier scenarios of this run have shown, for those that build upon it. */
export type Paces = Map<string, number>;

interface Visited extends Draft {
  server?: ServerProcess;
}

/** The first visit of a server is longer and not counted: its code gets compiled meanwhile. */
const firstVisitFactor = 2;
const paceRounds = 3;

/** How many steps `measure` will report. */
export function stepsOf(scenario: Scenario, plan: Plan): number {
  const count = contendersOf(scenario, plan.contenders).length;
  return count * (plan.rounds + (scenario.kind === "memory" ? 0 : 1));
}

export async function measure(scenario: Scenario, plan: Plan, paces: Paces): Promise<Measurement> {
  if (scenario.kind === "memory") return measureMemory(scenario, plan);
  if (scenario.kind === "load") return measureLoad(scenario, plan, paces);
  return measureLatency(scenario, plan, paces);
}

/** Repeats a window that others disturbed; the quietest one counts. */
async function runQuietWindow(plan: Plan, run: () => Promise<Window>): Promise<Window> {
  let best = await run();
  for (let again = 0; again < plan.repeats && best.foreignShare > foreignLimit; again++) {
    const next = await run();
    if (next.foreignShare < best.foreignShare) best = next;
  }
  return best;
}

/**
 * Starts all servers, visits one after another in each round, and stops them.
 *
 * Only the visited one has work; the order moves on by one each round, so that no contender always
 * follows the same other.
 */
async function interleave(
  scenario: LoadScenario,
  plan: Plan,
  title: string,
  figureOf: (window: Window) => number,
  rate?: number,
): Promise<{ drafts: Draft[]; noisy: number }> {
  const drafts: Visited[] = draftsOf(contendersOf(scenario, plan.contenders));
  const factor = scenario.windowFactor ?? 1;
  const load: LoadOptions = {
    program: plan.generator,
    cores: plan.cores,
    warmUpMs: plan.warmUpMs * factor,
    windowMs: plan.windowMs * factor,
    ...(rate === undefined ? {} : { rate }),
  };
  const firstLoad = { ...load, windowMs: load.windowMs * firstVisitFactor };
  let noisy = 0;
  const visit = async (draft: Visited, round: number): Promise<void> => {
    const { contender } = draft;
    if (draft.failure === undefined) {
      try {
        draft.server ??= await ServerProcess.start(contender, {
          core: plan.cores.server,
          deflate: scenario.deflate === true,
        });
        const { server } = draft;
        if (round < 0) {
          await runWindow(scenario, server, firstLoad);
        } else {
          const window = await runQuietWindow(plan, () => runWindow(scenario, server, load));
          if (window.foreignShare > foreignLimit) noisy++;
          draft.windows.push(window);
          draft.figures.push(figureOf(window));
        }
      } catch (error) {
        const words = draft.server?.errors ?? "";
        draft.failure = `${(error as Error).message}${words === "" ? "" : ` (${words.slice(-300)})`}`;
      }
    }
    const state = round < 0 ? "warm-up" : `round ${round + 1} of ${plan.rounds}`;
    plan.onStep(title, `${contender.label}, ${state}`);
  };
  try {
    for (let round = -1; round < plan.rounds; round++) {
      for (let turn = 0; turn < drafts.length; turn++) {
        await visit(drafts[(turn + round + 1) % drafts.length]!, round);
      }
    }
  } finally {
    await Promise.all(drafts.map((draft) => draft.server?.stop()));
  }
  return { drafts, noisy };
}

async function measureLoad(scenario: LoadScenario, plan: Plan, paces: Paces): Promise<Measurement> {
  const { drafts, noisy } = await interleave(
    scenario,
    plan,
    scenario.title,
    (window) => window.cpuMicroseconds,
  );
  const pace = paceIn(drafts, levels[scenario.level].yardstick);
  if (pace !== undefined) paces.set(scenario.name, pace);
  return finished(scenario, drafts, noisy);
}

function paceIn(drafts: readonly Draft[], name: ContenderName): number | undefined {
  const windows = drafts.find((draft) => draft.contender.name === name)?.windows ?? [];
  if (windows.length === 0) return undefined;
  return median(windows.map((window) => window.perSecond));
}

/** Messages a second that the yardstick does here: from this run, or found out now. */
async function findPace(name: string, plan: Plan, paces: Paces): Promise<number> {
  const known = paces.get(name);
  if (known !== undefined) return known;
  const scenario = loadScenario(name);
  const { yardstick } = levels[scenario.level];
  const contenders = plan.contenders.filter((contender) => contender.name === yardstick);
  if (contenders.length === 0) {
    throw new Error(`the rate is set by ${yardstick}, which is not among the servers`);
  }
  const pacePlan = { ...plan, contenders, rounds: paceRounds, onStep: () => {} };
  await measureLoad(scenario, pacePlan, paces);
  const pace = paces.get(name);
  if (pace === undefined) throw new Error(`${yardstick} has shown no pace in ${name}`);
  return pace;
}

async function measureLatency(
  scenario: LatencyScenario,
  plan: Plan,
  paces: Paces,
): Promise<Measurement> {
  const load = loadScenario(scenario.paceOf);
  const offered = scenario.share * (await findPace(scenario.paceOf, plan, paces));
  // A publication counts once for each subscriber; the generator's rate counts publications.
  const rate = load.mode === "fanout" ? offered / load.connections : offered;
  const { drafts, noisy } = await interleave(
    load,
    plan,
    scenario.title,
    (window) => window.p99Microseconds,
    rate,
  );
  return finished(scenario, drafts, noisy, rate);
}
