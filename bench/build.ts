/** Openline is measured as people install it: as built JavaScript. */
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.ts";

const packages = [
  { folder: "protocol", name: "@openline/protocol" },
  { folder: "websocket", name: "@openline/websocket" },
  { folder: "server", name: "openline" },
  { folder: "lmdb", name: "@openline/lmdb" },
];

function newestMs(folder: string): number {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || entry.name.includes(".test.") || entry.name.includes(".fixture."))
      continue;
    newest = Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
  }
  return newest;
}

function isStale(name: string): boolean {
  const folder = join(root, "packages", name);
  try {
    return newestMs(join(folder, "dist")) < newestMs(join(folder, "src"));
  } catch {
    return true;
  }
}

/**
 * Builds the packages if their source is newer than what was built.
 *
 * @throws Error with the compiler's words
 */
export function buildOpenline(say: (line: string) => void): void {
  if (!packages.some(({ folder }) => isStale(folder))) return;
  say("building Openline");
  const names = packages.map(({ name }) => name);
  const build = spawnSync(
    process.execPath,
    ["--import", "tsx", join(root, "tools", "build.ts"), ...names],
    { cwd: root, encoding: "utf8", timeout: 300_000 },
  );
  if (build.status === 0) return;
  const words = (build.stdout + build.stderr).trim().split("\n").slice(0, 8).join("\n");
  throw new Error(`Openline does not build:\n${words}`);
}
