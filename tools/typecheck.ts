/**
 * Type checks everything, from source and without building: `npm run typecheck`.
 *
 * The root's tsconfig.json sees all TypeScript that runs on Node, with the sources of packages, but for
 * what stands on React, whose types declare elements that have nothing: tsconfig.react.json.
 * Each package is then checked as it will be built, which is stricter: declarations stand alone,
 * and `protocol` has neither Node's types nor the DOM's. Apps bring their own settings.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readWorkspaces, root } from "./workspaces.ts";

/** Every tsconfig of a workspace; one that others only extend does no harm. */
function configsOf(folder: string): string[] {
  const configs = readdirSync(join(root, folder)).filter((name) => /^tsconfig.*\.json$/.test(name));
  return configs.map((name) => `${folder}/${name}`).sort();
}

const checks: string[][] = [
  ["-p", "tsconfig.json"],
  ["-p", "tsconfig.react.json"],
];
for (const { folder } of readWorkspaces()) {
  for (const config of configsOf(folder)) {
    const fromSource = ["--customConditions", "@openline/source", "--rootDir", root];
    checks.push(["-p", config, "--noEmit", ...fromSource]);
  }
}

let hasFailed = false;
for (const args of checks) {
  const tsc = spawnSync(join(root, "node_modules/.bin/tsc"), args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (tsc.status === 0) continue;
  console.error(`✖ ${args[1]}`);
  hasFailed = true;
}
process.exitCode = hasFailed ? 1 : 0;
