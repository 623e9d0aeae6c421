/** The figures of a soak for people: a table, and the words that say whether all is well. */
import { formatCount, formatFigure } from "../report/format.ts";
import type { SoakResults } from "./run.ts";
import type { Slope } from "./slope.ts";

const mebibyte = 1024 * 1024;

export function mebibytes(bytes: number): string {
  return `${formatFigure(bytes / mebibyte)} MiB`;
}

/** Each figure with its name, in the order in which they are read. */
export function figuresOf(results: SoakResults): [name: string, figure: string][] {
  const { connections, residentKbPerMinute, liveKbPerMinute, samples, settled } = results;
  const first = settled[0];
  const end = settled.at(-1);
  const perConnection = ((end?.rss ?? 0) - results.idleRss) / connections;
  const most = Math.max(...samples.map(({ connections: count }) => count));
  return [
    ["Connections held", `${formatCount(connections)} (most at once: ${formatCount(most)})`],
    ["Connections that left and came back as new ones", formatCount(results.churned)],
    [
      "Messages",
      `${formatCount(results.broadcasts)} broadcasts, ${results.broadcastsPerSecond} a second`,
    ],
    ["Deliveries, each checked", formatCount(results.deliveries)],
    ["Lost, doubled, out of order, changed", results.failures.length === 0 ? "0" : "see below"],
    ["Resident memory with no connection", mebibytes(results.idleRss)],
    ["Resident memory, all connected", mebibytes(first?.rss ?? 0)],
    ["Resident memory at the end", mebibytes(end?.rss ?? 0)],
    ["… for each connection", `${formatFigure(perConnection / 1024)} KiB`],
    [
      "Growth of resident memory, second half",
      `${formatSlope(residentKbPerMinute)}, ` +
        `${formatSigned((residentKbPerMinute.median * 1024) / connections)} B for each connection`,
    ],
    [
      "Live heap and buffers, all connected and at the end",
      [first?.live ?? 0, end?.live ?? 0].map(mebibytes).join(", "),
    ],
    ["Growth of live memory, second half", formatSlope(liveKbPerMinute)],
    ["CPU of the server", `${formatFigure(results.cpuShare * 100)} % of a core`],
    [
      "Delay of the event loop",
      `p99 ${formatFigure(results.delayP99Ms)} ms, longest ${formatFigure(results.delayMaxMs)} ms`,
    ],
  ];
}

/** One sentence. */
export function verdictOf(results: SoakResults): string {
  const delivery =
    results.failures.length === 0
      ? "Every client got every message once, in order and unchanged"
      : `${formatCount(results.failures.length)} checks have failed`;
  const memory =
    results.isFlat === null
      ? "too short to say whether memory is flat"
      : results.isFlat
        ? "memory is flat"
        : "memory GROWS";
  return `${delivery}; ${memory}.`;
}

export function textOf(results: SoakResults): string {
  const figures = figuresOf(results);
  const width = Math.max(...figures.map(([name]) => name.length));
  const lines = figures.map(([name, figure]) => `${name.padEnd(width)}  ${figure}`);
  return [...lines, ...results.failures.map((failure) => `✘ ${failure}`), verdictOf(results)].join(
    "\n",
  );
}

export function markdownOf(results: SoakResults): string {
  const { machine, node, startedAt, minutes } = results;
  const rows = figuresOf(results).map(([name, figure]) => `| ${name} | ${figure} |`);
  return [
    `${startedAt.slice(0, 10)}, ${minutes} minutes, Node ${node.replace(/^v/, "")}, ${machine.cpu}, ` +
      `${machine.cores} cores, Linux ${machine.kernel}. ${verdictOf(results)}`,
    ["| | |", "| --- | --- |", ...rows].join("\n"),
    ...results.failures.map((failure) => `- ✘ ${failure}`),
    "",
  ].join("\n\n");
}

function formatSlope({ median, low, high }: Slope): string {
  return `${formatSigned(median)} KiB a minute (95 %: ${formatSigned(low)} to ${formatSigned(high)})`;
}

function formatSigned(value: number): string {
  return `${value < 0 ? "−" : "+"}${formatFigure(Math.abs(value))}`;
}
