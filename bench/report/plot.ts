/**
 * One picture of a run: every scenario as a ratio to the yardstick (ws, or Socket.IO), on a
 * logarithmic axis.
 *
 * Bars begin at 1, which is the yardstick: to the left is less CPU, memory or latency. On such an axis the
 * length of a bar is a factor, the same wherever it stands. The SVG needs no font, script or
 * image from elsewhere, and follows the reader's light or dark scheme.
 */
import { type ContenderName, type Level, levels } from "../levels.ts";
import type { ContenderVerdict, GoalVerdict, ScenarioVerdict } from "../verdict.ts";
import { formatRatio } from "./format.ts";
import type { Results } from "./run-results.ts";

const width = 1000;
const plotLeft = 330;
const plotRight = 850;
const headHeight = 132;
const footHeight = 44;
const rowGap = 22;
const ownLaneHeight = 16;
const laneHeight = 11;

/** The order of the lanes; the yardstick is the axis. */
const lanes: Readonly<Record<Level, readonly ContenderName[]>> = {
  websocket: ["openline", "bun", "net", "websocket", "floor"],
  "socket.io": ["openline", "bun"],
};

/** A ratio outside is drawn at the edge. */
interface Axis {
  readonly low: number;
  readonly high: number;
}

const style = `
  svg { color-scheme: light dark;
    --ground: #ffffff; --ink: #16202e; --quiet: #5b6675; --line: #dfe4ea; --one: #8a94a3;
    --openline: #1d5fd6; --bun: #d98a1f; --net: #7d8896; --websocket: #a06bc4; --floor: #b9c1cb;
    --met: #18794e; --missed: #b4232c; }
  @media (prefers-color-scheme: dark) { svg {
    --ground: #12161c; --ink: #e8edf3; --quiet: #9aa6b5; --line: #29313c; --one: #6b7685;
    --openline: #6ea1ff; --bun: #e3a44b; --net: #8f9aa8; --websocket: #b98ad9; --floor: #566170;
    --met: #4cc38a; --missed: #ff7a80; } }
  text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--ink); }
  .title { font-size: 21px; font-weight: 650; }
  .name { font-size: 13px; font-weight: 600; }
  .quiet { fill: var(--quiet); }
  .small { font-size: 10.5px; }
  .own { font-size: 13px; font-weight: 700; fill: var(--openline); }
  .met { fill: var(--met); font-weight: 600; }
  .missed { fill: var(--missed); font-weight: 600; }
`;

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function axisOf(results: Results): Axis {
  const { yardstick } = levels[results.level];
  const ratios = results.scenarios.flatMap(({ contenders, goals }) => [
    ...contenders.map(({ ratio }) => ratio?.median ?? 1),
    ...goals.filter(({ against }) => against === yardstick).map(({ atMost }) => atMost),
  ]);
  const usable = ratios.filter((ratio) => Number.isFinite(ratio) && ratio > 0);
  const low = Math.min(0.1, ...usable) * 0.55;
  const high = Math.max(1.6, ...usable) * 1.5;
  return { low: Math.max(0.001, low), high: Math.min(20, high) };
}

/** The place of a ratio on the logarithmic axis, rounded so that the file stays readable. */
function place(axis: Axis, ratio: number): number {
  const inside = Math.min(axis.high, Math.max(axis.low, ratio));
  const share = Math.log(inside / axis.low) / Math.log(axis.high / axis.low);
  return Math.round((plotLeft + share * (plotRight - plotLeft)) * 10) / 10;
}

function text(x: number, y: number, words: string, kind = "", anchor = "start"): string {
  return `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${escapeText(words)}</text>`;
}

function gridOf(axis: Axis, bottom: number, yardstick: ContenderName): string {
  const marks = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
  return marks
    .filter((mark) => mark >= axis.low && mark <= axis.high)
    .map((mark) => {
      const x = place(axis, mark);
      const stroke = mark === 1 ? 'var(--one)" stroke-width="1.5' : "var(--line)";
      const line = `<line x1="${x}" x2="${x}" y1="${headHeight - 8}" y2="${bottom}" stroke="${stroke}"/>`;
      const label = mark === 1 ? `${yardstick} = 1` : `${mark}×`;
      return line + text(x, headHeight - 14, label, "small quiet", "middle");
    })
    .join("\n");
}

function laneOf(axis: Axis, contender: ContenderVerdict, ratio: number, top: number): string {
  const isOwn = contender.name === "openline";
  const height = isOwn ? ownLaneHeight - 4 : laneHeight - 5;
  const one = place(axis, 1);
  const end = place(axis, ratio);
  const bar =
    `<rect x="${Math.min(one, end)}" y="${top}" width="${Math.max(1.5, Math.abs(one - end)).toFixed(1)}" ` +
    `height="${height}" rx="1.5" fill="var(--${contender.name})"/>`;
  const isLeft = end <= one;
  const x = isLeft ? end - 6 : end + 6;
  const baseline = top + height / 2 + (isOwn ? 4.5 : 3.7);
  const words = formatRatio(ratio) + (contender.isGeneratorBound ? " †" : "");
  return bar + text(x, baseline, words, isOwn ? "own" : "small quiet", isLeft ? "end" : "start");
}

function goalMark(axis: Axis, goal: GoalVerdict, top: number): string {
  const x = place(axis, goal.atMost);
  const color = goal.isMet ? "var(--met)" : "var(--missed)";
  return `<path d="M${x} ${top - 1}l-4.5 -7h9z" fill="${color}"/>`;
}

function lanesIn(verdict: ScenarioVerdict): { contender: ContenderVerdict; ratio: number }[] {
  return lanes[verdict.level].flatMap((name) => {
    const contender = verdict.contenders.find((each) => each.name === name);
    const ratio = contender?.ratio?.median;
    if (contender === undefined || ratio === undefined || !Number.isFinite(ratio)) return [];
    return [{ contender, ratio }];
  });
}

function rowHeight(verdict: ScenarioVerdict): number {
  const count = Math.max(2, lanesIn(verdict).length);
  return ownLaneHeight + (count - 1) * laneHeight + rowGap;
}

function rowOf(axis: Axis, verdict: ScenarioVerdict, top: number): string {
  const [name = "", ...details] = verdict.title.split(", ");
  const parts = [
    text(24, top + 11, name, "name"),
    text(24, top + 27, `${details.join(", ")} (${verdict.unit})`, "small quiet"),
  ];
  let laneTop = top;
  for (const { contender, ratio } of lanesIn(verdict)) {
    parts.push(laneOf(axis, contender, ratio, laneTop));
    laneTop += contender.name === "openline" ? ownLaneHeight : laneHeight;
  }
  const { yardstick } = levels[verdict.level];
  verdict.goals.forEach((goal, index) => {
    if (goal.against === yardstick) parts.push(goalMark(axis, goal, top));
    const against = goal.against === yardstick ? "" : ` × ${goal.against}`;
    const outcome = goal.isMet ? "✔" : "✘";
    const words = `${outcome} goal ≤ ${goal.atMost}${against}`;
    parts.push(
      text(width - 24, top + 11 + index * 16, words, goal.isMet ? "met" : "missed", "end"),
    );
  });
  return parts.join("\n");
}

function legendOf(results: Results): string {
  const labels = new Map(
    results.scenarios.flatMap(({ contenders }) =>
      contenders.map(({ name, label }) => [name, label]),
    ),
  );
  let x = 24;
  const parts: string[] = [];
  for (const name of lanes[results.level]) {
    const label = labels.get(name);
    if (label === undefined) continue;
    parts.push(`<rect x="${x}" y="80" width="12" height="12" rx="2" fill="var(--${name})"/>`);
    parts.push(text(x + 18, 90.5, label));
    x += 18 + label.length * 7 + 24;
  }
  parts.push(`<path d="M${x + 4.5} 91l-4.5 -7h9z" fill="var(--quiet)"/>`);
  parts.push(text(x + 14, 90.5, "Openline's goal"));
  return parts.join("\n");
}

/** The picture as a whole SVG document. */
export function plotOf(results: Results): string {
  const axis = axisOf(results);
  const rows: string[] = [];
  let y = headHeight + 8;
  for (const verdict of results.scenarios) {
    if (lanesIn(verdict).length === 0) continue;
    rows.push(rowOf(axis, verdict, y));
    y += rowHeight(verdict);
  }
  const height = y + footHeight;
  const { machine } = results;
  const { yardstick } = levels[results.level];
  const one =
    results.scenarios.flatMap((each) => each.contenders).find(({ name }) => name === yardstick)
      ?.label ?? yardstick;
  const foot =
    `Medians of ${results.rounds} interleaved rounds · Node ${results.node.replace(/^v/, "")} · ` +
    `${machine.cpu} · Linux ${machine.kernel} · ${results.startedAt.slice(0, 10)} · ` +
    "† the load generator was the limit";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Cost of each server as a ratio to ${escapeText(one)}">`,
    `<style>${style}</style>`,
    `<rect width="${width}" height="${height}" fill="var(--ground)"/>`,
    text(24, 36, `What a message costs the server, as a ratio to ${one}`, "title"),
    text(24, 58, "Logarithmic: further left is less CPU, memory or latency.", "quiet"),
    legendOf(results),
    gridOf(axis, y - rowGap + 8, yardstick),
    ...rows,
    text(24, height - 16, foot, "small quiet"),
    "</svg>\n",
  ].join("\n");
}
