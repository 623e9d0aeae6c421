import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildBundles, bundlePlans, bundleSources, bundlesFolder } from "./bundles.ts";

/**
 * Builds the bundles unless they are newer than everything that they are made of. What runs from
 * source, such as tests, calls this first: servers read bundles, they build none.
 */
export async function ensureBundles(): Promise<void> {
  const built = bundlePlans.map(({ name }) => join(bundlesFolder, name));
  if (!isUpToDate(built, bundleSources)) await buildBundles();
}

/** Whether all that was built is newer than all of `sources`: files, or folders with all in them. */
export function isUpToDate(built: readonly string[], sources: readonly string[]): boolean {
  return Math.min(...built.map(modifiedMs)) > Math.max(...sources.map(newestMs));
}

/** When a file was last written; long ago if there is none. */
function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
}

/** When a file, or any in a folder, was last written. */
function newestMs(path: string): number {
  if (!statSync(path).isDirectory()) return modifiedMs(path);
  // A folder's own time tells of files that are gone.
  const inside = readdirSync(path).map((name) => newestMs(join(path, name)));
  return Math.max(modifiedMs(path), ...inside);
}

/** What vitest calls once before all tests of a project. */
export const setup: () => Promise<void> = ensureBundles;
