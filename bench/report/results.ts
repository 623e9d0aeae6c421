/** The results of a run: as JSON for programs, as a plot and as Markdown for people. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { MachineDescription } from "../machine.ts";
import { resultsFolder } from "../paths.ts";
import type { ScenarioVerdict } from "../verdict.ts";
import { markdownOf } from "./markdown.ts";
import { plotOf } from "./plot.ts";

export interface Results {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** The version of the Node that ran the servers. */
  readonly node: string;
  readonly machine: MachineDescription;
  /** Why the two processes did not have a core each. */
  readonly warning?: string;
  readonly rounds: number;
  readonly isQuick: boolean;
  readonly scenarios: readonly ScenarioVerdict[];
}

/**
 * Writes the results, and returns the paths.
 *
 * A quick run is for the eye alone: unless a file is named, it leaves the last full results be.
 */
export function saveResults(results: Results, jsonFile?: string): string[] {
  const json = `${JSON.stringify(results, undefined, 2)}\n`;
  if (jsonFile !== undefined) {
    const path = resolve(jsonFile);
    mkdirSync(dirname(path), { recursive: true });
    const base = path.replace(/\.json$/, "");
    return writeAll([
      [path, json],
      [`${base}.svg`, plotOf(results)],
      [`${base}.md`, markdownOf(results)],
    ]);
  }
  if (results.isQuick) return [];
  mkdirSync(resultsFolder, { recursive: true });
  return writeAll([
    [join(resultsFolder, "latest.json"), json],
    [join(resultsFolder, "latest.svg"), plotOf(results)],
    [join(resultsFolder, "latest.md"), markdownOf(results)],
  ]);
}

function writeAll(files: readonly (readonly [path: string, text: string])[]): string[] {
  return files.map(([path, text]) => {
    writeFileSync(path, text);
    return path;
  });
}
