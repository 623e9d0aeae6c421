/**
 * Feeds broken input to every parser: `npm run fuzz`. docs/fuzzing.md tells how.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Coverage } from "./engine/coverage.ts";

// V8 counts only what it loads from here on, so everything else is imported below.
const coverage = new Coverage();
const { fuzz, tryInput } = await import("./engine/fuzzer.ts");
const { createProgress } = await import("./engine/progress.ts");
const { parseOptions } = await import("./options.ts");
const { describeFinding, hexOf } = await import("./report.ts");
const { targets } = await import("./targets/index.ts");

// Their beginnings have run by now, whichever target is the first.
coverage.sample(/\/packages\//);

const cache = join(import.meta.dirname, "..", ".cache", "fuzz");
const minuteMs = 60_000;

function corpusFile(name: string): string {
  return join(cache, "corpus", `${name}.json`);
}

/** The inputs that earlier runs kept. */
function readCorpus(name: string): Uint8Array[] {
  try {
    const lines = JSON.parse(readFileSync(corpusFile(name), "utf8")) as string[];
    return lines.map((line) => Uint8Array.from(Buffer.from(line, "hex")));
  } catch {
    return [];
  }
}

function writeCorpus(name: string, corpus: readonly Uint8Array[]): void {
  mkdirSync(join(cache, "corpus"), { recursive: true });
  writeFileSync(corpusFile(name), `${JSON.stringify(corpus.map(hexOf), undefined, 1)}\n`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(words: readonly string[]): Promise<number> {
  const options = parseOptions(words, targets);
  if (typeof options === "string") {
    say(options);
    return 0;
  }
  let findings = 0;
  for (const target of options.targets) {
    if (options.input !== undefined) {
      const error = await tryInput(target, options.input);
      say(error === null ? `${target.name}: all holds` : `${target.name}: ${String(error)}`);
      if (error instanceof Error && error.stack !== undefined) say(error.stack);
      findings += error === null ? 0 : 1;
      await target.close?.();
      continue;
    }
    const durationMs = options.minutes * minuteMs;
    const progress = createProgress(target.name, durationMs);
    const result = await fuzz(target, {
      seed: options.seed,
      coverage,
      corpus: readCorpus(target.name),
      isOver: () => progress.elapsedMs >= durationMs,
      onBatch: (status) => progress.show(status),
    });
    await target.close?.();
    progress.end(result);
    writeCorpus(target.name, result.corpus);
    if (result.finding === null) continue;
    findings += 1;
    const folder = join(cache, "findings");
    say(describeFinding(result.finding, folder));
  }
  return findings === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
coverage.close();
