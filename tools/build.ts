/**
 * Builds every workspace that has a `build` script, dependencies first: `npm run build`.
 *
 * Names given as arguments (`npm run build -- @openline/websocket`) build only those.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { readWorkspaces, root } from "./workspaces.ts";

const wanted = new Set(process.argv.slice(2));
const buildable = readWorkspaces().filter((workspace) => workspace.manifest.scripts?.build);

for (const name of wanted) {
  if (buildable.some((workspace) => workspace.name === name)) continue;
  console.error(
    `no workspace named ${name} has a build script; there are: ` +
      buildable.map((workspace) => workspace.name).join(", "),
  );
  process.exit(1);
}

for (const workspace of buildable) {
  if (wanted.size > 0 && !wanted.has(workspace.name)) continue;
  const startedAt = performance.now();
  const folder = join(root, workspace.folder);
  // A file that was renamed must not live on in the built package.
  rmSync(join(folder, "dist"), { recursive: true, force: true });
  // The script runs without npm between: npm would add half a second and its own noise to each.
  const { status } = spawnSync(workspace.manifest.scripts?.build ?? "", {
    cwd: folder,
    shell: true,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      PATH: [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter),
    },
  });
  if (status !== 0) {
    console.error(`✖ ${workspace.name} does not build`);
    process.exit(1);
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`✔ built ${workspace.name} in ${seconds} s`);
}
