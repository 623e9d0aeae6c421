import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { stripVTControlCharacters, styleText } from "node:util";
import type { Outcome } from "./step.ts";
import { sum, type Tally } from "./tally.ts";

/** Shows what is going on: a live line on a terminal, plain lines elsewhere. */
export interface Display {
  /** Says that something has begun; on a terminal, follows the last line of `logFile`. */
  begin(name: string, logFile?: string): void;
  /** Ends what was begun, with one line. */
  end(isGood: boolean, text: string): void;
}

const spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const frameMs = 120;
/** Without a terminal, a line this often says that a long step is alive: some CIs kill silence. */
const aliveMs = 60_000;

export function createDisplay(out: NodeJS.WriteStream = process.stdout): Display {
  return out.isTTY && !process.env.CI ? new LiveDisplay(out) : new PlainDisplay(out);
}

class PlainDisplay implements Display {
  readonly #out: NodeJS.WriteStream;
  #timer: NodeJS.Timeout | undefined;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  begin(name: string): void {
    const startedAt = performance.now();
    this.#out.write(`▶ ${name}\n`);
    this.#timer = setInterval(() => {
      this.#out.write(`  ${name}: ${formatDuration(performance.now() - startedAt)} so far\n`);
    }, aliveMs);
  }

  end(isGood: boolean, text: string): void {
    clearInterval(this.#timer);
    this.#out.write(`${isGood ? "✔" : "✖"} ${text}\n`);
  }
}

class LiveDisplay implements Display {
  readonly #out: NodeJS.WriteStream;
  #timer: NodeJS.Timeout | undefined;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  begin(name: string, logFile?: string): void {
    const startedAt = performance.now();
    let frame = 0;
    const draw = () => {
      const mark = spinner[frame++ % spinner.length];
      const elapsed = formatDuration(performance.now() - startedAt);
      const detail = logFile ? lastLine(logFile) : "";
      const room = Math.max(0, (this.#out.columns ?? 80) - name.length - elapsed.length - 8);
      this.#out.write(`\r\x1b[2K${mark} ${name} ${elapsed}  ${dim(detail.slice(0, room))}`);
    };
    draw();
    this.#timer = setInterval(draw, frameMs);
  }

  end(isGood: boolean, text: string): void {
    clearInterval(this.#timer);
    const mark = isGood ? styleText("green", "✔") : styleText("red", "✖");
    this.#out.write(`\r\x1b[2K${mark} ${text}\n`);
  }
}

/** The table that ends a run: each step, what came of it, how long it took. */
export function formatTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => [
    `${outcome.tally.failed === 0 ? "✔" : "✖"} ${outcome.step.name}`,
    formatTally(outcome.tally) + (outcome.note ? ` (${outcome.note})` : ""),
    formatDuration(outcome.durationMs),
  ]);
  const total = sum(outcomes.map((outcome) => outcome.tally));
  const totalMs = outcomes.reduce((ms, outcome) => ms + outcome.durationMs, 0);
  const ruler = ["─", "─", "─"];
  const table = [...rows, ruler, ["  together", formatTally(total), formatDuration(totalMs)]];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  return table
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column]!;
          if (row === ruler) return "─".repeat(width);
          return column === 2 ? cell.padStart(width) : cell.padEnd(width);
        })
        .join("  "),
    )
    .join("\n");
}

export function formatTally(tally: Tally): string {
  const parts = [`${tally.passed} passed`];
  if (tally.failed > 0) parts.push(`${tally.failed} failed`);
  if (tally.skipped > 0) parts.push(`${tally.skipped} skipped`);
  return parts.join(", ");
}

/** `850 ms`, `4.2 s`, `2 min 05 s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 59_950) return `${(durationMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

function dim(text: string): string {
  return text === "" ? "" : styleText("dim", text);
}

/** The last line with words that a growing file holds. */
function lastLine(file: string): string {
  if (!existsSync(file)) return "";
  const descriptor = openSync(file, "r");
  try {
    const { size } = fstatSync(descriptor);
    const tail = Buffer.alloc(Math.min(size, 2048));
    readSync(descriptor, tail, 0, tail.length, size - tail.length);
    const lines = stripVTControlCharacters(tail.toString("utf8")).split("\n");
    return lines.findLast((line) => line.trim() !== "")?.trim() ?? "";
  } finally {
    closeSync(descriptor);
  }
}
