/**
 * One picture of a soak: memory over time above, connections and the delay of the event loop
 * below. The SVG needs no font, script or image from elsewhere, and follows the reader's light or
 * dark scheme.
 */
import { formatCount } from "../report/format.ts";
import { verdictOf } from "./report.ts";
import type { SoakResults, SoakSample } from "./run.ts";

const width = 1000;
const height = 620;
const plotLeft = 86;
const plotRight = 900;
const mebibyte = 1024 * 1024;
const secondMs = 1000;

/** More points than this are not seen. */
const enoughPoints = 500;

interface Panel {
  readonly top: number;
  readonly bottom: number;
  /** What the top of the panel stands for. */
  readonly most: number;
}

interface Line {
  readonly color: string;
  readonly label: string;
  readonly read: (sample: SoakSample) => number;
}

const memoryLines: readonly Line[] = [
  { color: "--rss", label: "resident", read: ({ rss }) => rss / mebibyte },
  { color: "--heap", label: "heap used", read: ({ heapUsed }) => heapUsed / mebibyte },
  { color: "--external", label: "external", read: ({ external }) => external / mebibyte },
];

const style = `
  svg { color-scheme: light dark;
    --ground: #ffffff; --ink: #16202e; --quiet: #5b6675; --line: #dfe4ea;
    --rss: #1d5fd6; --heap: #a06bc4; --external: #d98a1f; --connections: #18794e; }
  @media (prefers-color-scheme: dark) { svg {
    --ground: #12161c; --ink: #e8edf3; --quiet: #9aa6b5; --line: #29313c;
    --rss: #6ea1ff; --heap: #b98ad9; --external: #e3a44b; --connections: #4cc38a; } }
  text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--ink); }
  .title { font-size: 21px; font-weight: 650; }
  .name { font-size: 13px; font-weight: 600; }
  .quiet { fill: var(--quiet); }
  .small { font-size: 10.5px; }
`;

/** The picture as a whole SVG document. */
export function plotOf(results: SoakResults): string {
  const samples = thinned(results.samples);
  const lastMs = samples.at(-1)?.atMs ?? secondMs;
  const mostMemory = Math.max(...samples.map(({ rss }) => rss / mebibyte));
  const mostConnections = Math.max(...samples.map(({ connections }) => connections));
  const memory: Panel = { top: 104, bottom: 380, most: roundUp(mostMemory * 1.1) };
  const connections: Panel = { top: 440, bottom: 560, most: roundUp(mostConnections * 1.1) };
  const x = (ms: number): number => tenth(plotLeft + (ms / lastMs) * (plotRight - plotLeft));
  const marks = [
    [results.connectedAtMs, "all connected"],
    [results.steadyAtMs, "figures count from here"],
  ] as const;
  const { machine } = results;
  const foot =
    `${results.broadcastsPerSecond} broadcasts a second · Node ${results.node.replace(/^v/, "")} · ` +
    `${machine.cpu} · Linux ${machine.kernel} · ${results.startedAt.slice(0, 10)}`;
  const title = `${formatCount(results.connections)} connections for ${results.minutes} minutes`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Memory and connections of one server over time">`,
    `<style>${style}</style>`,
    `<rect width="${width}" height="${height}" fill="var(--ground)"/>`,
    text(24, 36, title, "title"),
    text(24, 60, `${formatCount(results.deliveries)} deliveries. ${verdictOf(results)}`, "quiet"),
    text(plotLeft, memory.top - 12, "Memory of the server, MiB", "name"),
    gridOf(memory),
    ...marks.map(([ms, label], index) => markOf(x(ms), memory, connections, label, index)),
    ...memoryLines.map((line) => pathOf(samples, x, memory, line)),
    ...results.settled.map(({ atMs, rss }) => dotOf(x(atMs), place(memory, rss / mebibyte))),
    ...labelsOf(samples, memory),
    text(
      plotRight,
      memory.top - 12,
      "dots: resident, garbage just collected",
      "small quiet",
      "end",
    ),
    text(plotLeft, connections.top - 12, "Connections", "name"),
    gridOf(connections),
    pathOf(samples, x, connections, {
      color: "--connections",
      label: "connections",
      read: (sample) => sample.connections,
    }),
    ...minutesOf(lastMs, x, connections.bottom),
    text(24, height - 14, foot, "small quiet"),
    "</svg>\n",
  ].join("\n");
}

function text(x: number, y: number, words: string, kind = "", anchor = "start"): string {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${escaped}</text>`;
}

function place({ top, bottom, most }: Panel, value: number): number {
  return tenth(bottom - (value / most) * (bottom - top));
}

function gridOf(panel: Panel): string {
  const step = stepOf(panel.most);
  const parts: string[] = [];
  for (let value = 0; value <= panel.most; value += step) {
    const y = place(panel, value);
    parts.push(
      `<line x1="${plotLeft}" x2="${plotRight}" y1="${y}" y2="${y}" stroke="var(--line)"/>`,
      text(plotLeft - 8, y + 4, formatCount(value), "small quiet", "end"),
    );
  }
  return parts.join("\n");
}

/** A moment, through both panels. */
function markOf(x: number, upper: Panel, lower: Panel, label: string, index: number): string {
  return [
    `<line x1="${x}" x2="${x}" y1="${upper.top}" y2="${lower.bottom}" stroke="var(--quiet)" stroke-dasharray="2 4"/>`,
    text(x + 5, upper.top + 12 + index * 15, label, "small quiet"),
  ].join("\n");
}

function pathOf(
  samples: readonly SoakSample[],
  x: (ms: number) => number,
  panel: Panel,
  { color, read }: Line,
): string {
  const points = samples.map((sample) => `${x(sample.atMs)} ${place(panel, read(sample))}`);
  return `<path d="M${points.join("L")}" fill="none" stroke="var(${color})" stroke-width="1.8" stroke-linejoin="round"/>`;
}

function dotOf(x: number, y: number): string {
  return `<circle cx="${x}" cy="${y}" r="3.2" fill="var(--ground)" stroke="var(--rss)" stroke-width="1.6"/>`;
}

/** The lines' names at their right ends, moved apart where they would touch. */
function labelsOf(samples: readonly SoakSample[], panel: Panel): string[] {
  const last = samples.at(-1);
  if (last === undefined) return [];
  let lowest = panel.top;
  return [...memoryLines]
    .map((line) => ({ line, y: place(panel, line.read(last)) }))
    .sort((first, second) => first.y - second.y)
    .map(({ line, y }) => {
      lowest = Math.max(lowest + 16, y + 4);
      const label = `<text x="${plotRight + 8}" y="${lowest}" class="name" style="fill: var(${line.color})">`;
      return `${label}${line.label}</text>`;
    });
}

function minutesOf(lastMs: number, x: (ms: number) => number, bottom: number): string[] {
  const stepSeconds = lastMs > 3 * 60 * secondMs ? 60 : 10;
  const count = Math.floor(lastMs / secondMs / stepSeconds);
  return Array.from({ length: count + 1 }, (_, index) => {
    const seconds = index * stepSeconds;
    const label = stepSeconds === 60 ? `${seconds / 60} min` : `${seconds} s`;
    return text(x(seconds * secondMs), bottom + 18, label, "small quiet", "middle");
  });
}

function thinned(samples: readonly SoakSample[]): readonly SoakSample[] {
  const step = Math.max(1, Math.ceil(samples.length / enoughPoints));
  return samples.filter((_, index) => index % step === 0 || index === samples.length - 1);
}

/** 1, 2 or 5 times a power of ten, so that there are some four lines. */
function stepOf(most: number): number {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
}

function roundUp(value: number): number {
  return Math.max(1, value);
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
