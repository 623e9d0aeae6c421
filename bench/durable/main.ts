/**
 * Measures what durable delivery costs on this machine: `npm run bench:durable`.
 *
 * docs/performance.md tells how, and holds the last results.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname, join, resolve } from "node:path";
import { buildOpenline } from "../build.ts";
import { chooseCores, describeMachine } from "../machine.ts";
import { cacheFolder, resultsFolder, root } from "../paths.ts";
import { createProgress } from "../report/progress.ts";
import { replaceBetween, writeFormatted } from "../report/results.ts";
import { acknowledgedSteps, measureAcknowledged } from "./acknowledged.ts";
import { ephemeralSteps, measureEphemeral } from "./ephemeral.ts";
import { fanOutSteps, measureFanOut } from "./fan-out.ts";
import { type MeasureName, measureNames, parseOptions } from "./options.ts";
import type { DurablePlan } from "./plan.ts";
import { plotOf } from "./plot.ts";
import { measureRecovery, recoverySteps } from "./recovery.ts";
import { markdownOf, summaryOf, textOf } from "./report.ts";
import type { DurableResults, Measures } from "./results.ts";
import { measureStorm, stormSteps } from "./storm.ts";

const startMark =
  "<!-- results of durable delivery in the last complete run: written by npm run bench:durable -->";
const endMark = "<!-- end of results of durable delivery -->";
const enoughRounds = 5;
const fullWindowMs = 1_000;
const quickWindowMs = 300;

interface Measure {
  steps(plan: DurablePlan): number;
  run(plan: DurablePlan): Promise<Measures>;
}

const measures: Readonly<Record<MeasureName, Measure>> = {
  ephemeral: {
    steps: ephemeralSteps,
    run: async (plan) => ({ ephemeral: await measureEphemeral(plan) }),
  },
  "fan-out": {
    steps: fanOutSteps,
    run: async (plan) => ({ fanOut: await measureFanOut(plan) }),
  },
  acknowledged: {
    steps: acknowledgedSteps,
    run: async (plan) => ({ acknowledged: await measureAcknowledged(plan) }),
  },
  storm: {
    steps: stormSteps,
    run: async (plan) => ({ storm: await measureStorm(plan) }),
  },
  recovery: {
    steps: recoverySteps,
    run: async (plan) => ({ recovery: await measureRecovery(plan) }),
  },
};

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A complete run replaces the last one, and its part of docs/performance.md. */
function save(results: DurableResults, jsonFile: string | undefined): string[] {
  const json = `${JSON.stringify(results, undefined, 2)}\n`;
  if (jsonFile !== undefined) {
    const path = resolve(jsonFile);
    const base = path.replace(/\.json$/, "");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, json);
    writeFileSync(`${base}.svg`, plotOf(results));
    writeFileSync(`${base}.md`, markdownOf(results));
    return [path, `${base}.svg`, `${base}.md`];
  }
  if (!results.isComplete) return [];
  mkdirSync(resultsFolder, { recursive: true });
  const docs = join(root, "docs", "performance.md");
  const document = readFileSync(docs, "utf8");
  return writeFormatted([
    [join(resultsFolder, "durable.json"), json],
    [join(resultsFolder, "durable.svg"), plotOf(results)],
    [docs, replaceBetween(document, startMark, endMark, markdownOf(results))],
  ]);
}

async function main(words: readonly string[]): Promise<void> {
  const options = parseOptions(words);
  if (typeof options === "string") {
    process.stdout.write(options);
    return;
  }
  const [loadBefore = 0] = loadavg();
  buildOpenline(say);
  const cores = chooseCores();
  if (cores.warning !== undefined) say(`note: ${cores.warning}`);
  const { rounds, isQuick, isLong } = options;
  const folder = join(cacheFolder(), "durable");
  const chosen = options.measures.map((name) => measures[name]);
  const plan: DurablePlan = {
    cores,
    rounds,
    windowMs: isQuick ? quickWindowMs : fullWindowMs,
    isQuick,
    isLong,
    folder,
    onStep: (group, what) => progress.step(group, what),
  };
  const progress = createProgress(chosen.reduce((sum, { steps }) => sum + steps(plan), 0));
  const startedAt = new Date();
  let found: Measures = {};
  try {
    for (const { run } of chosen) {
      const next = await run(plan);
      progress.print(textOf(next));
      found = { ...found, ...next };
    }
  } finally {
    progress.end();
    rmSync(folder, { recursive: true, force: true });
  }
  const results: DurableResults = {
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    node: process.version,
    machine: describeMachine(),
    loadBefore,
    rounds,
    isComplete: !isQuick && rounds >= enoughRounds && chosen.length === measureNames.length,
    ...found,
  };
  progress.print(`\n${summaryOf(results)}`);
  const paths = save(results, options.jsonFile);
  for (const path of paths) say(`wrote ${path}`);
  if (paths.length === 0) say("not a complete run: --json FILE would keep its results");
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  say(`bench:durable: ${(error as Error).message}`);
  process.exitCode = 1;
}
