/**
 * Holds 10,000 connections and checks everything that they get: `npm run soak`.
 *
 * docs/soak.md tells how, and holds the last results.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildOpenline } from "./build.ts";
import { resultsFolder, root } from "./paths.ts";
import { formatCount } from "./report/format.ts";
import { replaceBetween, writeFormatted } from "./report/results.ts";
import { plotOf } from "./soak/plot.ts";
import { markdownOf, mebibytes, textOf } from "./soak/report.ts";
import { runSoak, type SoakPlan, type SoakProgress, type SoakResults } from "./soak/run.ts";

const help = `npm run soak -- [options]

  --connections N  how many are held; 10000 by default
  --minutes N      how long, once all are connected; 5 by default
  --rate N         broadcasts a second; 2 by default
`;

const resultsStart = "<!-- results of the last complete soak: written by npm run soak -->";
const resultsEnd = "<!-- end of results -->";
/** Only such a run may stand as the last result. */
const complete = { connections: 10_000, minutes: 5 };
const barCells = 24;
const plainEveryMs = 15_000;

function readNumber(
  name: string,
  text: string | undefined,
  standard: number,
  most: number,
): number {
  const value = text === undefined ? standard : Number(text);
  if (value > 0 && value <= most) return value;
  throw new RangeError(`--${name} accepts a number from 0 up to ${most}, not "${text}"`);
}

function readPlan(words: readonly string[]): Omit<SoakPlan, "onProgress"> | null {
  const { values } = parseArgs({
    args: [...words],
    options: {
      connections: { type: "string" },
      minutes: { type: "string" },
      rate: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  return {
    connections: Math.ceil(
      readNumber("connections", values.connections, complete.connections, 100_000),
    ),
    minutes: readNumber("minutes", values.minutes, complete.minutes, 7 * 24 * 60),
    broadcastsPerSecond: readNumber("rate", values.rate, 2, 1000),
    isFromSource: false,
  };
}

/** A bar on a terminal, a line now and then elsewhere. */
function createDisplay(stream: NodeJS.WriteStream): (progress: SoakProgress) => void {
  const isLive = stream.isTTY === true;
  let shownMs = Number.NEGATIVE_INFINITY;
  return ({ phase, share, connections, deliveries, residentBytes }) => {
    const nowMs = performance.now();
    if (!isLive && nowMs - shownMs < plainEveryMs) return;
    shownMs = nowMs;
    const cells = Math.round(Math.min(1, share) * barCells);
    const line = [
      `${"█".repeat(cells)}${"░".repeat(barCells - cells)} ${phase}`,
      `${formatCount(connections)} connections`,
      `${formatCount(deliveries)} deliveries`,
      `resident ${mebibytes(residentBytes)}`,
    ].join(" · ");
    stream.write(isLive ? `\r\x1b[2K${line.slice(0, (stream.columns || 80) - 1)}` : `${line}\n`);
  };
}

function save(results: SoakResults): string[] {
  if (results.connections < complete.connections || results.minutes < complete.minutes) return [];
  mkdirSync(resultsFolder, { recursive: true });
  const docs = join(root, "docs", "soak.md");
  const document = readFileSync(docs, "utf8");
  return writeFormatted([
    [join(resultsFolder, "soak.json"), `${JSON.stringify(results)}\n`],
    [join(resultsFolder, "soak.svg"), plotOf(results)],
    [docs, replaceBetween(document, resultsStart, resultsEnd, markdownOf(results))],
  ]);
}

async function main(words: readonly string[]): Promise<number> {
  const plan = readPlan(words);
  if (plan === null) {
    process.stdout.write(help);
    return 0;
  }
  buildOpenline((line) => process.stderr.write(`${line}\n`));
  const results = await runSoak({ ...plan, onProgress: createDisplay(process.stderr) });
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[2K");
  process.stdout.write(`${textOf(results)}\n`);
  for (const path of save(results)) process.stdout.write(`wrote ${path}\n`);
  return results.failures.length === 0 && results.isFlat !== false ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
