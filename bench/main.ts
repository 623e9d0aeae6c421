/**
 * Measures Openline beside others on this machine: `npm run bench`.
 *
 * docs/performance.md tells how, and how to read what it prints.
 */
import { spawnSync } from "node:child_process";
import { buildOpenline } from "./build.ts";
import { compile } from "./compile.ts";
import { type Contender, prepareContender } from "./contenders.ts";
import { type Level, levels } from "./levels.ts";
import { chooseCores, describeMachine } from "./machine.ts";
import { measure, type Paces, stepsOf } from "./measure.ts";
import { type BenchOptions, parseOptions } from "./options.ts";
import { contendersOf, type Plan } from "./plan.ts";
import { createProgress, type Progress } from "./report/progress.ts";
import { saveResults } from "./report/results.ts";
import type { Results } from "./report/run-results.ts";
import { formatScenario, formatSummary } from "./report/table.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { judge, type ScenarioVerdict } from "./verdict.ts";

const full = { warmUpMs: 300, windowMs: 1000, repeats: 2 };
const enoughRounds = 5;
const quick = { warmUpMs: 150, windowMs: 300, repeats: 0 };

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Prepares the chosen contenders; says why and goes on without those that cannot be had. */
function prepareContenders(options: BenchOptions): Contender[] {
  if (options.servers.includes("openline")) buildOpenline(say);
  return options.levels.flatMap((level) =>
    levels[level].contenders
      .filter((name) => options.servers.includes(name))
      .flatMap((name) => {
        const contender = prepareContender(level, name, options.nodePath, say);
        if (typeof contender !== "string") return [contender];
        say(`without ${name}: ${contender}`);
        return [];
      }),
  );
}

function nodeVersionOf(nodePath: string): string {
  const { status, stdout } = spawnSync(nodePath, ["--version"], { encoding: "utf8" });
  if (status !== 0) throw new RangeError(`--node accepts the path of a Node, not "${nodePath}"`);
  return stdout.trim();
}

/** Only such a run may stand as the last result. */
function isComplete(level: Level, options: BenchOptions): boolean {
  return (
    !options.isQuick &&
    options.rounds >= enoughRounds &&
    scenarios.every((each) => each.level !== level || options.scenarios.includes(each)) &&
    levels[level].contenders.every((name) => options.servers.includes(name))
  );
}

async function runAll(
  chosen: readonly Scenario[],
  plan: Plan,
  progress: Progress,
): Promise<ScenarioVerdict[]> {
  const paces: Paces = new Map();
  const verdicts: ScenarioVerdict[] = [];
  for (const scenario of chosen) {
    const verdict = judge(await measure(scenario, plan, paces));
    verdicts.push(verdict);
    progress.print(formatScenario(verdict));
  }
  return verdicts;
}

async function main(words: readonly string[]): Promise<void> {
  const options = parseOptions(words);
  if (typeof options === "string") {
    process.stdout.write(`${options}\n`);
    return;
  }
  const node = nodeVersionOf(options.nodePath);
  const generator = compile("generator", say);
  const contenders = prepareContenders(options);
  const cores = chooseCores();
  if (cores.warning !== undefined) say(`note: ${cores.warning}`);
  const plan: Plan = {
    contenders,
    generator,
    cores,
    rounds: options.rounds,
    ...(options.isQuick ? quick : full),
    isQuick: options.isQuick,
    onStep: (group, what) => progress.step(group, what),
  };
  // A server of one level alone leaves the scenarios of the other with nobody to measure.
  const chosen = options.scenarios.filter((each) => contendersOf(each, contenders).length > 0);
  const total = chosen.reduce((sum, scenario) => sum + stepsOf(scenario, plan), 0);
  const progress = createProgress(total);
  const results: Results[] = [];
  for (const level of options.levels) {
    const startedAt = new Date();
    const ofLevel = chosen.filter((scenario) => scenario.level === level);
    if (ofLevel.length === 0) continue;
    results.push({
      level,
      startedAt: startedAt.toISOString(),
      scenarios: await runAll(ofLevel, plan, progress),
      durationMs: Date.now() - startedAt.getTime(),
      node,
      machine: describeMachine(),
      ...(cores.warning === undefined ? {} : { warning: cores.warning }),
      rounds: options.rounds,
      isComplete: isComplete(level, options),
    });
  }
  progress.end();
  progress.print(formatSummary(results.flatMap((each) => each.scenarios)));
  const paths = results.flatMap((each) => saveResults(each, options.jsonFile));
  for (const path of paths) say(`wrote ${path}`);
  if (paths.length === 0) say("not a complete run: --json FILE would keep its results");
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
