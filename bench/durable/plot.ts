/**
 * One picture of a run: each goal as a factor of its bound above, what a session costs that comes back
 * by the size of the log below. The SVG needs no font, script or image from elsewhere, and follows the
 * reader's light or dark scheme.
 */
import { formatCount, formatFigure, formatLatency } from "../report/format.ts";
import type { RecoveryPoint } from "./recovery.ts";
import { type DurableResults, type GoalOutcome, goalsOf } from "./results.ts";

const width = 1000;
const plotLeft = 390;
const plotRight = 800;
const headHeight = 116;
const rowHeight = 22;
const recoveryHeight = 260;
const recoveryLeft = 110;
const colors = ["--one", "--two", "--three"] as const;

const style = `
  svg { color-scheme: light dark;
    --ground: #ffffff; --ink: #16202e; --quiet: #5b6675; --line: #dfe4ea;
    --one: #1d5fd6; --two: #a06bc4; --three: #d98a1f; --met: #18794e; --missed: #b4232c; }
  @media (prefers-color-scheme: dark) { svg {
    --ground: #12161c; --ink: #e8edf3; --quiet: #9aa6b5; --line: #29313c;
    --one: #6ea1ff; --two: #b98ad9; --three: #e3a44b; --met: #4cc38a; --missed: #ff7a80; } }
  text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--ink); }
  .title { font-size: 21px; font-weight: 650; }
  .name { font-size: 13px; font-weight: 600; }
  .quiet { fill: var(--quiet); }
  .small { font-size: 10.5px; }
  .met { fill: var(--met); font-weight: 600; }
  .missed { fill: var(--missed); font-weight: 600; }
`;

/** A logarithmic axis. */
interface Axis {
  readonly low: number;
  readonly high: number;
  readonly from: number;
  readonly to: number;
}

function place({ low, high, from, to }: Axis, value: number): number {
  const inside = Math.min(high, Math.max(low, value));
  const share = Math.log(inside / low) / Math.log(high / low);
  return Math.round((from + share * (to - from)) * 10) / 10;
}

function text(x: number, y: number, words: string, kind = "", anchor = "start"): string {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
  return `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${escaped}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number, stroke = "--line"): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="var(${stroke})"/>`;
}

/** Below 1 it is met, whichever way the goal goes. */
function shareOfBound({ value, atMost, atLeast }: GoalOutcome): number {
  return atMost === undefined ? (atLeast ?? 0) / value : value / atMost;
}

function goalsPart(goals: readonly GoalOutcome[]): string[] {
  const shares = goals.map(shareOfBound).filter((share) => share > 0 && Number.isFinite(share));
  const axis: Axis = {
    low: Math.min(0.5, ...shares) * 0.8,
    high: Math.max(2, ...shares) * 1.25,
    from: plotLeft,
    to: plotRight,
  };
  const bottom = headHeight + goals.length * rowHeight;
  const one = place(axis, 1);
  const marks = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 2, 5, 10, 20, 50]
    .filter((mark) => mark >= axis.low && mark <= axis.high)
    .flatMap((mark) => [
      line(place(axis, mark), headHeight - 10, place(axis, mark), bottom),
      text(place(axis, mark), headHeight - 16, `${mark}×`, "small quiet", "middle"),
    ]);
  const rows = goals.flatMap((goal, index) => {
    const y = headHeight + index * rowHeight + 12;
    const end = place(axis, shareOfBound(goal));
    const kind = goal.isMet ? "met" : "missed";
    const bound = goal.atMost === undefined ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`;
    return [
      text(24, y, goal.name),
      `<rect x="${Math.min(one, end)}" y="${y - 9}" width="${Math.max(1.5, Math.abs(one - end)).toFixed(1)}" height="10" rx="1.5" fill="var(--${kind})"/>`,
      text(width - 24, y, `${formatFigure(goal.value)} of ${bound}`, kind, "end"),
    ];
  });
  return [
    ...marks,
    line(one, headHeight - 10, one, bottom, "--quiet"),
    text(one, headHeight - 16, "the goal", "small quiet", "middle"),
    ...rows,
  ];
}

function recoveryPart(points: readonly RecoveryPoint[], top: number): string[] {
  const costs = points.map(({ cpu }) => cpu.median);
  const sizes = points.map(({ logMessages }) => logMessages);
  const bottom = top + recoveryHeight;
  const x: Axis = {
    low: Math.min(...sizes),
    high: Math.max(...sizes),
    from: recoveryLeft + 30,
    to: plotRight,
  };
  const y: Axis = {
    low: Math.min(...costs) / 1.6,
    high: Math.max(...costs) * 1.6,
    from: bottom,
    to: top,
  };
  const marks = Array.from({ length: 9 }, (_, power) =>
    [1, 2, 5].map((n) => n * 10 ** power),
  ).flat();
  const grid = marks
    .filter((mark) => mark >= y.low && mark <= y.high)
    .flatMap((mark) => [
      line(recoveryLeft, place(y, mark), plotRight + 20, place(y, mark)),
      text(recoveryLeft - 8, place(y, mark) + 4, formatLatency(mark), "small quiet", "end"),
    ]);
  const columns = [...new Set(sizes)].flatMap((size) => [
    line(place(x, size), top, place(x, size), bottom),
    text(place(x, size), bottom + 18, formatCount(size), "small quiet", "middle"),
  ]);
  const missed = [...new Set(points.map((point) => point.missed))];
  const lines = missed.flatMap((count, index) => {
    const own = points.filter((point) => point.missed === count);
    const color = colors[index % colors.length] ?? "--one";
    const dots = own.map(({ logMessages, cpu }) => [
      place(x, logMessages),
      place(y, cpu.median),
    ]) as [number, number][];
    const [lastX = 0, lastY = 0] = dots.at(-1) ?? [];
    return [
      `<path d="M${dots.map((dot) => dot.join(" ")).join("L")}" fill="none" stroke="var(${color})" stroke-width="1.8"/>`,
      ...dots.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3.4" fill="var(${color})"/>`),
      `<text x="${lastX + 26}" y="${lastY + 4}" class="name" style="fill: var(${color})">${formatCount(count)} missed</text>`,
    ];
  });
  return [
    text(24, top - 18, "CPU for a session that comes back, by the messages of the log", "name"),
    ...grid,
    ...columns,
    ...lines,
  ];
}

/** The picture as a whole SVG document. */
export function plotOf(results: DurableResults): string {
  const goals = goalsOf(results);
  const points = results.recovery?.points ?? [];
  const goalsBottom = headHeight + goals.length * rowHeight;
  const recoveryTop = goalsBottom + 60;
  const height = (points.length === 0 ? goalsBottom : recoveryTop + recoveryHeight + 30) + 40;
  const { machine } = results;
  const foot =
    `Medians of ${results.rounds} interleaved rounds · Node ${results.node.replace(/^v/, "")} · ` +
    `${machine.cpu} · Linux ${machine.kernel} · ${results.startedAt.slice(0, 10)}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Durable delivery: its goals, and what recovery costs by the size of the log">`,
    `<style>${style}</style>`,
    `<rect width="${width}" height="${height}" fill="var(--ground)"/>`,
    text(24, 36, "What durable delivery costs", "title"),
    text(
      24,
      58,
      "Each goal as a factor of its bound, logarithmic: left of the line is met.",
      "quiet",
    ),
    ...goalsPart(goals),
    ...(points.length === 0 ? [] : recoveryPart(points, recoveryTop)),
    text(24, height - 14, foot, "small quiet"),
    "</svg>\n",
  ].join("\n");
}
