/** Saves the results of a run: as JSON for programs, as a plot and as Markdown for people. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Level } from "../levels.ts";
import { resultsFolder, root } from "../paths.ts";
import { markdownOf } from "./markdown.ts";
import { plotOf } from "./plot.ts";
import type { Results } from "./run-results.ts";

const docsFile = join(root, "docs", "performance.md");

/** Where the last complete run of a level is kept. */
interface Place {
  /** In bench/results/, without its ending. */
  readonly name: string;
  readonly start: string;
  readonly end: string;
  /** What stands above the tables. The plot of WebSockets opens the document, outside the marks. */
  readonly head: string;
}

const places: Readonly<Record<Level, Place>> = {
  websocket: {
    name: "latest",
    start: "<!-- results of the last complete run: written by npm run bench -->",
    end: "<!-- end of results -->",
    head: "",
  },
  "socket.io": {
    name: "socket.io",
    start:
      "<!-- results of Socket.IO's level in the last complete run: written by npm run bench -->",
    end: "<!-- end of results of Socket.IO's level -->",
    head: "![Cost of each server as a ratio to Socket.IO](../bench/results/socket.io.svg)\n\n",
  },
};

/** Puts the tables where the document has its marks; leaves a document without marks as it is. */
export function withResults(document: string, level: Level, markdown: string): string {
  return replaceBetween(document, places[level].start, places[level].end, markdown);
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
 * With a file named, there alone (and beside it the plot and the tables); Socket.IO's level takes
 * that name with `.socket.io` before its ending, so that one run may hold both. Else a complete run
 * replaces the last one and its tables in docs/performance.md; any other leaves them be.
 */
export function saveResults(results: Results, jsonFile?: string): string[] {
  const json = `${JSON.stringify(results, undefined, 2)}\n`;
  if (jsonFile !== undefined) {
    const path = resolve(jsonFile);
    mkdirSync(dirname(path), { recursive: true });
    const suffix = results.level === "websocket" ? "" : `.${results.level}`;
    const base = path.replace(/\.json$/, "") + suffix;
    return writeAll([
      [suffix === "" ? path : `${base}.json`, json],
      [`${base}.svg`, plotOf(results)],
      [`${base}.md`, markdownOf(results)],
    ]);
  }
  if (!results.isComplete) return [];
  const { name, head } = places[results.level];
  mkdirSync(resultsFolder, { recursive: true });
  return writeFormatted([
    [join(resultsFolder, `${name}.json`), json],
    [join(resultsFolder, `${name}.svg`), plotOf(results)],
    [
      docsFile,
      withResults(readFileSync(docsFile, "utf8"), results.level, head + markdownOf(results)),
    ],
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
