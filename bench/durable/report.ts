/** The tables of a run, for a terminal and for docs/performance.md. */
import {
  formatCount,
  formatDuration,
  formatFigure,
  formatLatency,
  formatRatio,
} from "../report/format.ts";
import { formatMarkdown, formatTable, type Table } from "../report/table.ts";
import {
  type DurableResults,
  type GoalOutcome,
  goalsOf,
  type Measures,
  ofAcknowledged,
  ofEphemeral,
  ofFanOut,
  ofRecovery,
  ofStorm,
} from "./results.ts";
import type { Row } from "./turns.ts";

interface Section {
  readonly title: string;
  readonly tables: readonly Table[];
  readonly goals: readonly GoalOutcome[];
}

const mebibyte = 1024 * 1024;
/** Others had so much to do that ratios alone can be trusted. */
const busyLoad = 0.5;

const mib = (bytes: number): string => `${formatFigure(bytes / mebibyte)} MiB`;

export function goalText({ name, value, atMost, atLeast, isMet }: GoalOutcome): string {
  const goal = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
  const figure = value >= 10 ? formatFigure(value) : formatRatio(value);
  return `${name}, goal ${goal}: ${figure} ${isMet ? "✔ met" : "✘ missed"}`;
}

function rowsTable(what: string, unit: string, rows: readonly Row[]): Table {
  const labelOf = (name: string): string => rows.find((row) => row.name === name)?.label ?? name;
  return {
    head: [what, unit, "middle half", "ratio", "CPU µs", "per second", "p50", "p99"],
    rows: rows.map(({ label, figure, ratio, cpuMicroseconds, perSecond, p50, p99 }) => [
      label,
      formatFigure(figure.median),
      `${formatFigure(figure.low)}–${formatFigure(figure.high)}`,
      ratio === undefined ? "" : `${formatRatio(ratio.median)} × ${labelOf(ratio.against)}`,
      formatFigure(cpuMicroseconds),
      formatCount(perSecond),
      formatLatency(p50),
      formatLatency(p99),
    ]),
  };
}

function sectionsOf(measures: Measures): Section[] {
  const { ephemeral, fanOut, acknowledged, storm, recovery } = measures;
  const sections: Section[] = [];
  if (ephemeral !== undefined) {
    sections.push({
      title: "Ephemeral traffic beside a log",
      tables: [
        rowsTable("fan-out to 100, 16 in flight", "CPU µs/delivery", ephemeral.fanOut),
        rowsTable("echo of an object, 16 in flight", "CPU µs/message", ephemeral.echo),
        rowsTable("echo of a text, 16 in flight", "CPU µs/message", ephemeral.textEcho),
      ],
      goals: ofEphemeral(measures),
    });
  }
  if (fanOut !== undefined) {
    sections.push({
      title: "Durable fan-out to 1,000 subscribers",
      tables: [
        rowsTable("1 in flight", "CPU µs/delivery", fanOut.inFlight1),
        rowsTable("16 in flight", "CPU µs/delivery", fanOut.inFlight16),
      ],
      goals: ofFanOut(measures),
    });
  }
  if (acknowledged !== undefined) {
    sections.push({
      title: "Acknowledged publishes, 64 publishers, 16 in flight each",
      tables: [rowsTable("openline:publish", "a second", acknowledged.publishes)],
      goals: ofAcknowledged(measures),
    });
  }
  if (storm !== undefined) sections.push(stormSection(measures, storm));
  if (recovery !== undefined) {
    sections.push({
      title: "Recovery, by what was missed and by the size of the log",
      tables: [
        {
          head: ["missed", "of a log of", "CPU a session", "middle half", "until all has come"],
          rows: recovery.points.map(({ logMessages, missed, cpu, time }) => [
            formatCount(missed),
            formatCount(logMessages),
            formatLatency(cpu.median),
            `${formatLatency(cpu.low)}–${formatLatency(cpu.high)}`,
            formatLatency(time.median),
          ]),
        },
      ],
      goals: ofRecovery(measures),
    });
  }
  return sections;
}

function stormSection(measures: Measures, storm: NonNullable<Measures["storm"]>): Section {
  const { sessions, missed, costs, latency, memory } = storm;
  const { quiet, beside } = latency;
  return {
    title: `Storm: ${formatCount(sessions)} sessions back at once, each ${missed} messages behind`,
    tables: [
      {
        head: [
          "CPU µs",
          "live, a delivery",
          "storm, a message",
          "× live",
          "without coming back",
          "× live",
          "coming back, a session",
          "storm",
        ],
        rows: costs.map((cost) => [
          cost.label,
          formatFigure(cost.live),
          formatFigure(cost.replayed),
          formatRatio(cost.ratio),
          formatFigure(cost.replayedAlone),
          formatRatio(cost.ratioAlone),
          formatFigure(cost.comingBack),
          `${formatFigure(cost.stormMs / 1000)} s`,
        ]),
      },
      {
        head: ["live traffic to 100 others", "p50", "p99", "publisher late, p99"],
        rows: [
          ["quiet", quiet.p50, quiet.p99, quiet.lateP99] as const,
          ["beside the storm", beside.p50, beside.p99, beside.lateP99] as const,
        ].map(([name, ...latencies]) => [name, ...latencies.map(formatLatency)]),
      },
      {
        head: ["resident memory", ""],
        rows: [
          ["all connected, before the first storm", mib(memory.connectedBytes)],
          ["most during a storm", mib(memory.mostBytes)],
        ],
      },
    ],
    goals: ofStorm(measures),
  };
}

export function textOf(measures: Measures): string {
  return sectionsOf(measures)
    .flatMap(({ title, tables, goals }) => [
      `\n${title}`,
      ...tables.map((table) => `\n${formatTable(table)}`),
      ...goals.map((goal) => `  ${goalText(goal)}`),
    ])
    .join("\n");
}

export function summaryOf(results: DurableResults): string {
  const goals = goalsOf(results);
  return `${goals.filter(({ isMet }) => isMet).length} of ${goals.length} goals met`;
}

export function markdownOf(results: DurableResults): string {
  const { machine, loadBefore } = results;
  const parts = [
    "![Durable delivery: its goals, and recovery by the size of the log](../bench/results/durable.svg)",
    `${results.startedAt.slice(0, 10)}, Node ${results.node.replace(/^v/, "")}, ${machine.cpu}, ` +
      `${machine.cores} cores, Linux ${machine.kernel}; ${results.rounds} rounds in ` +
      `${formatDuration(results.durationMs)}; ${summaryOf(results)}.`,
  ];
  if (loadBefore > busyLoad) {
    parts.push(
      `Note: other programs were running (a load of ${formatFigure(loadBefore)} before the run): ` +
        "rates and latencies are theirs, too; ratios of CPU time say more.",
    );
  }
  for (const { title, tables, goals } of sectionsOf(results)) {
    parts.push(`### ${title}`, ...tables.map(formatMarkdown));
    if (goals.length > 0) parts.push(goals.map((goal) => `- ${goalText(goal)}`).join("\n"));
  }
  return `${parts.join("\n\n")}\n`;
}
