/**
 * Attacks a server in all ways, one after another, beside clients that behave: `npm run hostile`.
 * docs/hostile.md tells how.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseOptions } from "./options.ts";
import { plotOf } from "./plot.ts";
import { describe, GOAL_RATIO, type HostileResults, makeResults, tableOf } from "./results.ts";
import { standAbove } from "./run/priority.ts";
import { runAttack } from "./run/run.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

const clients = { websockets: 60, pollers: 15, perSecond: 10 } as const;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function write(results: HostileResults): void {
  const folder = join(import.meta.dirname, "results");
  mkdirSync(folder, { recursive: true });
  const json = join(folder, "latest.json");
  writeFileSync(json, JSON.stringify(results));
  // As the formatter wants it, which looks at the repository's files.
  const biome = join(import.meta.dirname, "../node_modules/.bin/biome");
  execFileSync(biome, ["format", "--write", json], { stdio: "ignore" });
  writeFileSync(join(folder, "latest.svg"), plotOf(results));
  const page = join(import.meta.dirname, "../docs/hostile.md");
  const [before = "", after = ""] = readFileSync(page, "utf8").split(
    /(?<=<!-- table -->\n\n)[\s\S]*?(?=\n\n<!-- end of the table -->)/,
  );
  writeFileSync(page, before + tableOf(results) + after);
}

function isWell({ wrongs, harm }: Verdict): boolean {
  return wrongs.length === 0 && Object.values(harm).every(({ ratio }) => ratio <= GOAL_RATIO);
}

async function main(words: readonly string[]): Promise<number> {
  const options = parseOptions(words);
  if (typeof options === "string") {
    say(options);
    return 0;
  }
  const startedAt = new Date();
  const verdicts: Verdict[] = [];
  const standBack = standAbove();
  try {
    for (const name of options.attacks) {
      const run = { ...options, ...clients };
      const verdict = verdictOf(await runAttack(name, run), run);
      verdicts.push(verdict);
      say(describe(verdict));
    }
  } finally {
    standBack();
  }
  if (options.writes) write(makeResults(options, clients, startedAt, verdicts));
  return verdicts.every(isWell) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
