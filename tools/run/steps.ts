import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { currentMajor, type NodeMajor, nodeMajors, nodePath } from "../machine/nodes.ts";
import { readWorkspaces, root } from "../workspaces.ts";
import type { Step } from "./step.ts";

const minuteMs = 60_000;

/** A step, with what it needs from the machine. */
export interface PlannedStep extends Step {
  /** Needs what `tools/machine/debian.ts` lists. */
  readonly needsDebianPackages?: boolean;
  /** Runs on, or starts, these other Node releases. */
  readonly needsNodes?: readonly NodeMajor[];
}

/**
 * Everything that `npm test` runs, in order.
 *
 * A kind of proof whose folder is not there yet is left out; one whose folder holds no test fails.
 */
export function planSteps(): PlannedStep[] {
  const steps = [
    {
      name: "lint",
      command: [bin("biome"), "ci", "--colors=off", "."],
      timeoutMs: 2 * minuteMs,
    },
    {
      name: "types",
      command: [process.execPath, "--import", "tsx", "tools/typecheck.ts"],
      timeoutMs: 3 * minuteMs,
    },
    tests("layers and tools", "tools", { timeoutMs: 3 * minuteMs }),
    tests("unit tests", "unit", { needsDebianPackages: true, timeoutMs: 10 * minuteMs }),
    // About four minutes; a busy machine takes three times as long.
    tests("conformance", "conformance", { timeoutMs: 20 * minuteMs }),
    {
      name: "build",
      command: [process.execPath, "--import", "tsx", "tools/build.ts"],
      timeoutMs: 5 * minuteMs,
    },
    ...packageChecks(),
    tests("packages as installed", "packaging", {
      after: "build",
      needsNodes: nodeMajors,
      timeoutMs: 6 * minuteMs,
    }),
    ...ioMatrix(),
    tests("interoperability", "interop", {
      needsDebianPackages: true,
      needsNodes: nodeMajors,
      timeoutMs: 6 * minuteMs,
    }),
    tests("fuzzing, short", "fuzz", { timeoutMs: 6 * minuteMs }),
    // About two and a half minutes, of which most is waiting.
    tests("chaos, short", "chaos", { needsDebianPackages: true, timeoutMs: 12 * minuteMs }),
    // About four minutes, of which most is waiting.
    tests("hostile clients, short", "hostile", { timeoutMs: 15 * minuteMs }),
    tests("simulation, short", "simulation", { timeoutMs: 6 * minuteMs }),
    // About four minutes, of which most is waiting for pages; a busy machine takes three times as long.
    tests("end to end", "e2e", {
      after: "build",
      needsDebianPackages: true,
      timeoutMs: 15 * minuteMs,
    }),
  ];
  const absent = ["conformance", "interop", "fuzz", "chaos", "hostile", "simulation", "e2e"].filter(
    (folder) => !isThere(folder),
  );
  return steps.filter((step) => !absent.some((project) => step.command.includes(project)));
}

/** True if a top folder has anything in it: git knows no empty ones. */
function isThere(folder: string): boolean {
  return existsSync(join(root, folder)) && readdirSync(join(root, folder)).length > 0;
}

/** What package managers and TypeScript will make of each published package. */
function packageChecks(): PlannedStep[] {
  return readWorkspaces()
    .filter((workspace) => workspace.manifest.private !== true)
    .flatMap(({ name, folder }) => [
      {
        name: `publint ${name}`,
        command: [bin("publint"), "run", "--strict", folder],
        after: "build",
        timeoutMs: 2 * minuteMs,
      },
      {
        name: `attw ${name}`,
        // ESM only, on purpose: docs/decisions/0001-esm-only.md.
        command: [bin("attw"), "--pack", folder, "--ignore-rules", "cjs-resolves-to-esm"],
        after: "build",
        timeoutMs: 2 * minuteMs,
      },
    ]);
}

/**
 * The unit tests of the package that may use Node's internals, and of the one upon it, on every
 * Node, with them and with the public API alone. What `unit tests` has done already is left out.
 */
function ioMatrix(): PlannedStep[] {
  return nodeMajors.flatMap((major) => {
    const command = [
      nodePath(major),
      "node_modules/vitest/vitest.mjs",
      ...["run", "--project", "unit", "packages/websocket", "packages/server"],
    ];
    const step = {
      command,
      isVitest: true,
      needsNodes: [major],
      timeoutMs: 6 * minuteMs,
    };
    const onInternals = { ...step, name: `servers on Node ${major}` };
    const onPublicApi = {
      ...step,
      name: `servers on Node ${major}, public I/O`,
      environment: { OPENLINE_PUBLIC_IO: "1" },
    };
    return major === currentMajor ? [onPublicApi] : [onInternals, onPublicApi];
  });
}

/** A vitest project of vitest.config.ts as a step. */
function tests(
  name: string,
  project: string,
  options: Omit<PlannedStep, "name" | "command" | "isVitest">,
): PlannedStep {
  const command = [process.execPath, "node_modules/vitest/vitest.mjs", "run", "--project", project];
  return { name, command, isVitest: true, ...options };
}

function bin(name: string): string {
  return join(root, "node_modules", ".bin", name);
}
