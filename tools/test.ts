/**
 * Runs everything that proves Openline: `npm test`.
 *
 * Prepares the machine, runs one step after another, and ends with the line
 * `N passed, N failed`. Words given as arguments choose steps: `npm test -- lint types`.
 */
import { canInstall, installCommand, installMissing, missingPackages } from "./machine/debian.ts";
import { currentMajor, fetchNode, nodeMajors, nodeVersions } from "./machine/nodes.ts";
import { createDisplay, formatDuration } from "./run/display.ts";
import { formatSum, runAll } from "./run/run-all.ts";
import { killRunningStep } from "./run/step.ts";
import { type PlannedStep, planSteps } from "./run/steps.ts";

const display = createDisplay();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    killRunningStep();
    process.exit(1);
  });
}

/** The steps with a name in which a word starts as one of those given; all if none is given. */
function chooseSteps(words: readonly string[]): PlannedStep[] {
  const steps = planSteps();
  if (words.length === 0) return steps;
  const chosen = steps.filter((step) => words.some((word) => ` ${step.name}`.includes(` ${word}`)));
  // What a chosen step builds upon is run before it.
  const wanted = new Set([
    ...chosen,
    ...steps.filter((s) => chosen.some((c) => c.after === s.name)),
  ]);
  if (wanted.size > 0) return steps.filter((step) => wanted.has(step));
  const names = steps.map((step) => `  ${step.name}`).join("\n");
  console.error(`no step is called ${words.join(" or ")}; there are:\n${names}`);
  process.exit(1);
}

/** Brings to this machine what the steps need beyond `npm ci`, or says how. */
async function prepare(steps: readonly PlannedStep[]): Promise<void> {
  if (steps.some((step) => step.needsDebianPackages)) {
    const missing = missingPackages();
    const names = missing.map((each) => each.name);
    if (names.length > 0 && !canInstall()) {
      const reasons = missing.map((each) => `  ${each.name}: ${each.reason}`).join("\n");
      throw new Error(
        `these Debian packages are missing:\n${reasons}\n` +
          `Run this once, then try again:\n\n  sudo sh -c '${installCommand(names)}'\n`,
      );
    }
    if (names.length > 0) {
      await prepared(`install ${names.join(", ")}`, () => {
        installMissing(names);
        const still = missingPackages().map((each) => each.name);
        if (still.length > 0) throw new Error(`installed, but not usable: ${still.join(", ")}`);
      });
    }
  }
  for (const major of nodeMajors) {
    if (major === currentMajor) continue;
    if (!steps.some((step) => step.needsNodes?.includes(major))) continue;
    await prepared(`Node ${nodeVersions[major]}`, () => fetchNode(major));
  }
}

async function prepared(name: string, work: () => unknown): Promise<void> {
  const startedAt = performance.now();
  display.begin(name);
  try {
    await work();
  } catch (error) {
    display.end(false, name);
    throw error;
  }
  display.end(true, `${name}  ${formatDuration(performance.now() - startedAt)}`);
}

const steps = chooseSteps(process.argv.slice(2));
try {
  await prepare(steps);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.log(formatSum(0, 1));
  process.exit(1);
}
const hasPassed = await runAll(steps, { display, print: console.log });
process.exitCode = hasPassed ? 0 : 1;
