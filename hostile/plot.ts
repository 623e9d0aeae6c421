/**
 * One picture of a run: for each attack how much slower the echoes of those who behave became, pair of windows
 * by pair. The SVG needs no font, script or image from elsewhere, and follows the reader's light or
 * dark scheme.
 */
import { GOAL_RATIO, type HostileResults } from "./results.ts";
import type { Harm } from "./verdict.ts";

const width = 1000;
const plotLeft = 210;
const plotRight = 860;
const headHeight = 112;
const rowHeight = 38;
const low = 0.25;
const high = 16;
const marks = [0.25, 0.5, 1, 2, 4, 8, 16] as const;

const style = `
  svg { color-scheme: light dark;
    --ground: #ffffff; --ink: #16202e; --quiet: #5b6675; --line: #dfe4ea;
    --websocket: #1d5fd6; --polling: #d98a1f; --met: #18794e; --missed: #b4232c; }
  @media (prefers-color-scheme: dark) { svg {
    --ground: #12161c; --ink: #e8edf3; --quiet: #9aa6b5; --line: #29313c;
    --websocket: #6ea1ff; --polling: #e3a44b; --met: #4cc38a; --missed: #ff7a80; } }
  text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--ink); }
  .title { font-size: 21px; font-weight: 650; }
  .name { font-size: 13px; font-weight: 600; }
  .quiet { fill: var(--quiet); }
  .small { font-size: 10.5px; }
  .met { fill: var(--met); font-weight: 600; }
  .missed { fill: var(--missed); font-weight: 600; }
`;

function place(ratio: number): number {
  const inside = Math.min(high, Math.max(low, ratio));
  const share = Math.log(inside / low) / Math.log(high / low);
  return Math.round((plotLeft + share * (plotRight - plotLeft)) * 10) / 10;
}

function text(x: number, y: number, words: string, kind = "", anchor = "start"): string {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${escaped}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number, stroke: string): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="var(${stroke})"/>`;
}

/** A dot for each pair of windows, and a bar at their median. */
function harmPart({ ratios, ratio }: Harm, y: number, color: string): string[] {
  const at = place(ratio);
  return [
    ...ratios.map(
      (each) =>
        `<circle cx="${place(each)}" cy="${y}" r="2.6" fill="var(${color})" fill-opacity="0.3"/>`,
    ),
    `<rect x="${at - 2}" y="${y - 6}" width="4" height="12" rx="1.5" fill="var(${color})"/>`,
  ];
}

/** The picture as a whole SVG document. */
export function plotOf(results: HostileResults): string {
  const { verdicts, clients, rounds, windowSeconds, machine } = results;
  const bottom = headHeight + verdicts.length * rowHeight;
  const height = bottom + 44;
  const grid = marks.flatMap((mark) => [
    line(place(mark), headHeight - 8, place(mark), bottom, mark === 1 ? "--quiet" : "--line"),
    text(place(mark), headHeight - 14, `${mark}×`, "small quiet", "middle"),
  ]);
  const goal = line(place(GOAL_RATIO), headHeight - 8, place(GOAL_RATIO), bottom, "--missed");
  const rows = verdicts.flatMap(({ name, harm }, index) => {
    const y = headHeight + index * rowHeight + 16;
    const figure = (each: Harm, at: number): string =>
      text(
        width - 24,
        at + 4,
        `${each.ratio.toFixed(2)}×`,
        each.ratio <= GOAL_RATIO ? "met" : "missed",
        "end",
      );
    return [
      text(24, y + 8, name, "name"),
      ...harmPart(harm.websocket, y - 4, "--websocket"),
      ...harmPart(harm.polling, y + 11, "--polling"),
      figure(harm.websocket, y - 5),
      figure(harm.polling, y + 10),
    ];
  });
  const foot =
    `${rounds} pairs of windows of ${windowSeconds} s an attack · ${clients.websockets} + ${clients.pollers} ` +
    `stock clients · Node ${results.node.replace(/^v/, "")} · ${machine.cores} × ${machine.cpu} · ${results.startedAt.slice(0, 10)}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="How much slower the echoes of clients that behave become beside each attack">`,
    `<style>${style}</style>`,
    `<rect width="${width}" height="${height}" fill="var(--ground)"/>`,
    text(24, 36, "Beside an attack", "title"),
    text(
      24,
      58,
      "The p99 of the echoes of clients that behave, as a multiple of the quiet one just before; the goal is 2×.",
      "quiet",
    ),
    `<rect x="24" y="70" width="4" height="12" rx="1.5" fill="var(--websocket)"/>`,
    text(34, 80, "WebSocket", "small"),
    `<rect x="110" y="70" width="4" height="12" rx="1.5" fill="var(--polling)"/>`,
    text(120, 80, "polling", "small"),
    ...grid,
    goal,
    ...rows,
    text(24, height - 14, foot, "small quiet"),
    "</svg>\n",
  ].join("\n");
}
