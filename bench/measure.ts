/** Measures one scenario: every contender in turn, in short windows, round after round. */
import { setTimeout as delay } from "node:timers/promises";
import type { Contender } from "./contenders.ts";
import { runGenerator, startGenerator } from "./generator.ts";
import type { Cores } from "./machine.ts";
import { cacheFolder } from "./paths.ts";
import { makePayloads, type PayloadShape, writeKeys, writePayloads } from "./payloads.ts";
import {
  type ContenderName,
  type LatencyScenario,
  type LoadScenario,
  loadScenario,
  type MemoryScenario,
  type Scenario,
} from "./scenarios.ts";
import { ServerProcess } from "./server-process.ts";
import { median } from "./statistics.ts";
import { checkSamples, foreignLimit, type Window, windowOf } from "./window.ts";

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

/** What earlier scenarios of this run have shown, for those that build upon it. */
export type Paces = Map<string, number>;

interface Draft {
  readonly contender: Contender;
  readonly figures: number[];
  readonly windows: Window[];
  server?: ServerProcess;
  failure?: string;
}

/** The first visit of a server is longer and not counted: its code gets compiled meanwhile. */
const firstVisitFactor = 2;
const paceRounds = 3;

export function contendersOf(scenario: Scenario, all: readonly Contender[]): Contender[] {
  return all.filter((contender) => !scenario.without?.includes(contender.name));
}

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

function flagsOf(scenario: LoadScenario): Record<string, string | number> {
  return {
    mode: scenario.mode,
    keys: writeKeys(cacheFolder()),
    connections: scenario.connections,
    "in-flight": scenario.inFlight,
    ...(scenario.payload === undefined ? {} : payloadFlags(scenario.payload)),
    deflate: scenario.deflate ? 1 : 0,
  };
}

function payloadFlags(shape: PayloadShape): Record<string, string | number> {
  return {
    payload: writePayloads(cacheFolder(), shape),
    "payload-bytes": shape.bytes,
    opcode: shape.kind === "binary" ? 2 : 1,
  };
}

/** Runs one window on a server, and checks what the generator could not. */
async function runWindow(
  scenario: LoadScenario,
  server: ServerProcess,
  plan: Plan,
  options: { factor?: number; rate?: number } = {},
): Promise<Window> {
  const factor = (options.factor ?? 1) * (scenario.windowFactor ?? 1);
  const report = await runGenerator({
    program: plan.generator,
    cores: plan.cores,
    serverPid: server.pid,
    flags: {
      ...flagsOf(scenario),
      port: server.port,
      rate: options.rate ?? 0,
      "warm-up-ms": Math.round(plan.warmUpMs * factor),
      "window-ms": Math.round(plan.windowMs * factor),
    },
  });
  if (report.messages === 0) throw new Error("no message came back within the window");
  if (report.samples && scenario.payload) {
    checkSamples(report.samples, makePayloads(scenario.payload));
  }
  return windowOf(report, plan.cores.server === plan.cores.generator ? 1 : 2);
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
  const drafts: Draft[] = contendersOf(scenario, plan.contenders).map((contender) => ({
    contender,
    figures: [],
    windows: [],
  }));
  const options = rate === undefined ? {} : { rate };
  let noisy = 0;
  const visit = async (draft: Draft, round: number): Promise<void> => {
    const { contender } = draft;
    if (draft.failure === undefined) {
      try {
        draft.server ??= await ServerProcess.start(contender, {
          core: plan.cores.server,
          deflate: scenario.deflate === true,
        });
        const { server } = draft;
        if (round < 0) {
          await runWindow(scenario, server, plan, { ...options, factor: firstVisitFactor });
        } else {
          const window = await runQuietWindow(plan, () =>
            runWindow(scenario, server, plan, options),
          );
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
  const pace = paceIn(drafts, "ws");
  if (pace !== undefined) paces.set(scenario.name, pace);
  return finished(scenario, drafts, noisy);
}

function paceIn(drafts: readonly Draft[], name: ContenderName): number | undefined {
  const windows = drafts.find((draft) => draft.contender.name === name)?.windows ?? [];
  if (windows.length === 0) return undefined;
  return median(windows.map((window) => window.perSecond));
}

function finished(
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

/** Messages a second that ws does here: from this run, or found out now. */
async function findPace(name: string, plan: Plan, paces: Paces): Promise<number> {
  const known = paces.get(name);
  if (known !== undefined) return known;
  const ws = plan.contenders.filter((contender) => contender.name === "ws");
  if (ws.length === 0) throw new Error("the rate is set by ws, which is not among the servers");
  const pacePlan = { ...plan, contenders: ws, rounds: paceRounds, onStep: () => {} };
  await measureLoad(loadScenario(name), pacePlan, paces);
  const pace = paces.get(name);
  if (pace === undefined) throw new Error(`ws has shown no pace in ${name}`);
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

const trialConnections = 100;
const settleStepMs = 200;
const settleSteps = 20;
const settledShare = 0.002;

async function holdConnections(
  count: number,
  server: ServerProcess,
  plan: Plan,
  whileHeld: () => Promise<number>,
): Promise<number> {
  const child = startGenerator({
    program: plan.generator,
    cores: plan.cores,
    serverPid: server.pid,
    flags: {
      mode: "idle",
      port: server.port,
      connections: count,
      keys: writeKeys(cacheFolder()),
    },
  });
  let errors = "";
  child.stderr!.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const opened = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.stdout!.once("data", () => resolve());
    child.once("close", () => reject(new Error(errors.trim() || "the generator has ended")));
  });
  try {
    await opened;
    const result = await whileHeld();
    child.stdin!.end();
    if ((await ended) !== 0) throw new Error(errors.trim());
    return result;
  } finally {
    child.kill();
  }
}

/** Collects garbage until the resident memory stays where it is. */
async function settledBytes(server: ServerProcess): Promise<number> {
  let last = Number.POSITIVE_INFINITY;
  for (let step = 0; step < settleSteps; step++) {
    await server.collectGarbage();
    await delay(settleStepMs);
    const bytes = server.residentBytes();
    if (Math.abs(bytes - last) < bytes * settledShare) return bytes;
    last = bytes;
  }
  return last;
}

/** KB for each idle connection, on a fresh server. */
async function memoryOf(contender: Contender, count: number, plan: Plan): Promise<number> {
  const server = await ServerProcess.start(contender, {
    core: plan.cores.server,
    exposesGc: true,
  });
  try {
    // The first connections load code and grow tables; they are not what the others cost.
    await holdConnections(trialConnections, server, plan, async () => 0);
    const before = await settledBytes(server);
    const after = await holdConnections(count, server, plan, () => settledBytes(server));
    return (after - before) / count / 1024;
  } finally {
    await server.stop();
  }
}

async function measureMemory(scenario: MemoryScenario, plan: Plan): Promise<Measurement> {
  const drafts: Draft[] = plan.contenders.map((contender) => ({
    contender,
    figures: [],
    windows: [],
  }));
  const count = plan.isQuick ? Math.ceil(scenario.connections / 5) : scenario.connections;
  for (let round = 0; round < plan.rounds; round++) {
    for (const draft of drafts) {
      try {
        if (draft.failure === undefined) {
          draft.figures.push(await memoryOf(draft.contender, count, plan));
        }
      } catch (error) {
        draft.failure = (error as Error).message;
      }
      const state = `round ${round + 1} of ${plan.rounds}`;
      plan.onStep(scenario.title, `${draft.contender.label}, ${state}`);
    }
  }
  return finished(scenario, drafts, 0);
}
