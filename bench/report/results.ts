/** Saves the results of a run: as JSON for programs, as a plot and as Markdown for people. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { resultsFolder, root } from "../paths.ts";
import { markdownOf } from "./markdown.ts";
import { plotOf } from "./plot.ts";
import type { Results } from "./run-results.ts";

const docsFile = join(root, "docs", "performance.md");
const resultsStart = "<!-- results of the last complete run: written by npm run bench -->";
const resultsEnd = "<!-- end of results -->";

/** Puts the tables where the document has its marks; leaves a document without marks as it is. */
export function withResults(document: string, markdown: string): string {
  return replaceBetween(document, resultsStart, resultsEnd, markdown);
}

/** Replaces what is between two marks; leaves a document without these as it is. */
export function replaceBetween(
  document: string,
  startMark: string,
  endMark: string,
  markdown: string,
): string {
  const start = document.indexOf(startMark);
  const end = document.indexOf(endMark);
  if (start < 0 || end < start) return document;
  return `${document.slice(0, start)}${startMark}\n\n${markdown}\n${document.slice(end)}`;
}

/**
 * Writes the results, and returns the paths.
 *
 * With a file named, there alone (and beside it the plot and the tables). Else a complete run
 * replaces the last one and its tables in docs/performance.md; any other leaves them be.
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
  if (!results.isComplete) return [];
  mkdirSync(resultsFolder, { recursive: true });
  return writeFormatted([
    [join(resultsFolder, "latest.json"), json],
    [join(resultsFolder, "latest.svg"), plotOf(results)],
    [docsFile, withResults(readFileSync(docsFile, "utf8"), markdownOf(results))],
  ]);
}

/** Files of the repository keep its format, or its lint would refuse them. */
export function writeFormatted(
  files: readonly (readonly [path: string, text: string])[],
): string[] {
  const paths = writeAll(files);
  const biome = join(root, "node_modules", ".bin", "biome");
  spawnSync(biome, ["format", "--write", "--no-errors-on-unmatched", ...paths], { cwd: root });
  return paths;
}

function writeAll(files: readonly (readonly [path: string, text: string])[]): string[] {
  return files.map(([path, text]) => {
    writeFileSync(path, text);
    return path;
  });
}
