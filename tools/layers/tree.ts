import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../workspaces.ts";

const skipped = new Set(["node_modules", "dist", "coverage"]);

/** Reads what `checkLayers` looks at: every source file of a folder, and its package.json files. */
export function readTree(folders: readonly string[], from: string = root): Map<string, string> {
  const files = new Map<string, string>();

  function read(folder: string): void {
    for (const entry of readdirSync(join(from, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name)) read(path);
      } else if (/\.(tsx?|mts|cts|mjs|cjs|js)$|^package\.json$/.test(entry.name)) {
        files.set(path, readFileSync(join(from, path), "utf8"));
      }
    }
  }

  for (const folder of folders) if (existsSync(join(from, folder))) read(folder);
  return files;
}
