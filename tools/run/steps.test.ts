import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTree } from "../layers/tree.ts";
import { readWorkspaces, root } from "../workspaces.ts";
import { planSteps } from "./steps.ts";

const steps = planSteps();

test("every vitest project is run by a step", () => {
  const config = readFileSync(join(root, "vitest.config.ts"), "utf8");
  const projects = [...config.matchAll(/\bproject\("([^"]+)"/g)].map((match) => match[1]);
  expect(projects).toContain("unit");
  const run = steps.map((step) => step.command[step.command.indexOf("--project") + 1]);
  for (const project of projects) {
    const isProof = ["conformance", "interop", "fuzz", "e2e"].includes(project ?? "");
    const isThere = !isProof || readTree([project ?? ""]).size > 0;
    if (isThere) expect(run).toContain(project);
  }
});

test("every published package is looked at as package managers and TypeScript will", () => {
  const names = steps.map((step) => step.name);
  for (const { name } of readWorkspaces().filter(({ manifest }) => !manifest.private)) {
    expect(names).toEqual(expect.arrayContaining([`publint ${name}`, `attw ${name}`]));
  }
});

test("steps have names of their own and come after what they build upon", () => {
  const names = steps.map((step) => step.name);
  expect(new Set(names).size).toBe(names.length);
  for (const [index, step] of steps.entries()) {
    if (step.after) expect(names.slice(0, index)).toContain(step.after);
  }
});
