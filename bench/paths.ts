/** Where things lie. */
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const benchFolder: string = dirname(fileURLToPath(import.meta.url));
export const root: string = dirname(benchFolder);
export const resultsFolder: string = join(benchFolder, "results");

/** Made on first use; holds what can be made again. */
export function cacheFolder(): string {
  const folder = join(root, ".cache", "bench");
  mkdirSync(folder, { recursive: true });
  return folder;
}
