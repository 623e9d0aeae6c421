/** One table for each scenario, for terminals and for Markdown. */
import { levels } from "../levels.ts";
import type { ContenderVerdict, GoalVerdict, ScenarioVerdict } from "../verdict.ts";
import { formatCount, formatFigure, formatLatency, formatRatio } from "./format.ts";

/** With more disturbed windows than this, a run should be repeated. */
const noisyShare = 0.2;

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function spreadOf(contender: ContenderVerdict): string {
  const { low, high } = contender.figure;
  return Number.isFinite(low) ? `${formatFigure(low)}–${formatFigure(high)}` : "–";
}

function marksOf(contender: ContenderVerdict): string {
  return (contender.isGeneratorBound ? " †" : "") + (contender.isOverloaded ? " ‡" : "");
}

export function tableOf(verdict: ScenarioVerdict): Table {
  const isMemory = verdict.kind === "memory";
  const head = ["server", verdict.unit, "middle half", `× ${levels[verdict.level].yardstick}`];
  if (!isMemory) head.push("per second", "p50", "p99", "p99.9");
  const rows = verdict.contenders.map((contender) => [
    contender.label + marksOf(contender),
    formatFigure(contender.figure.median),
    spreadOf(contender),
    contender.ratio === undefined ? "–" : formatRatio(contender.ratio.median),
    ...(isMemory
      ? []
      : [
          formatCount(contender.perSecond ?? Number.NaN),
          formatLatency(contender.p50Microseconds ?? Number.NaN),
          formatLatency(contender.p99Microseconds ?? Number.NaN),
          formatLatency(contender.p999Microseconds ?? Number.NaN),
        ]),
  ]);
  return { head, rows };
}

export function goalLine(goal: GoalVerdict): string {
  const mark = goal.isMet ? "✔ met" : "✘ missed";
  return `goal ≤ ${goal.atMost} × ${goal.against}: ${formatRatio(goal.ratio)} ${mark}`;
}

/** What has to be said below a table. */
export function notesOf(verdict: ScenarioVerdict): string[] {
  const notes = verdict.goals.map(goalLine);
  if (verdict.rate !== undefined) {
    notes.push(`offered to each: ${formatCount(verdict.rate)} messages a second`);
  }
  for (const { label, failure } of verdict.contenders) {
    if (failure !== undefined) notes.push(`${label} failed: ${failure}`);
  }
  if (verdict.contenders.some((contender) => contender.isGeneratorBound)) {
    notes.push(
      verdict.kind === "latency"
        ? "† the generator was late itself by a good part of this latency"
        : "† the generator used more than 90 % of its core: rate and latency are its own limit",
    );
  }
  if (verdict.contenders.some((contender) => contender.isOverloaded)) {
    notes.push("‡ did not keep up with the offered rate");
  }
  if (verdict.noisyWindows > 0) {
    notes.push(
      `noisy: other processes disturbed ${verdict.noisyWindows} of ${verdict.windows} windows`,
    );
  }
  return notes;
}

/** Columns of one width; the first is text, the others are numbers. */
export function formatTable(table: Table): string {
  const widths = table.head.map((name, column) =>
    Math.max(name.length, ...table.rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join("  ");
  const rule = widths.map((width) => "─".repeat(width)).join("──");
  return [line(table.head), rule, ...table.rows.map(line)].join("\n");
}

export function formatScenario(verdict: ScenarioVerdict): string {
  const notes = notesOf(verdict).map((note) => `  ${note}`);
  return [`\n${verdict.title}`, formatTable(tableOf(verdict)), ...notes].join("\n");
}

export function formatMarkdown(table: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = table.head.map((_, column) => (column === 0 ? "---" : "---:"));
  return [line(table.head), line(rule), ...table.rows.map(line)].join("\n");
}

/** What the whole run says: which goals are met, and whether the machine was quiet enough to tell. */
export function formatSummary(verdicts: readonly ScenarioVerdict[]): string {
  const goals = verdicts.flatMap((verdict) => verdict.goals);
  const windows = verdicts.reduce((sum, verdict) => sum + verdict.windows, 0);
  const noisy = verdicts.reduce((sum, verdict) => sum + verdict.noisyWindows, 0);
  const lines: string[] = [];
  if (goals.length > 0) {
    lines.push(`${goals.filter((goal) => goal.isMet).length} of ${goals.length} goals met`);
  }
  if (noisy === 0) lines.push("the machine was quiet");
  else {
    lines.push(
      `the machine was ${noisy > windows * noisyShare ? "noisy" : "mostly quiet"}: ` +
        `other processes disturbed ${noisy} of ${windows} windows, however often they were repeated`,
    );
  }
  return lines.map((line) => `\n${line}`).join("");
}
