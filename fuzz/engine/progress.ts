import type { FuzzStatus } from "./fuzzer.ts";

export interface FuzzProgress {
  readonly elapsedMs: number;
  show(status: FuzzStatus): void;
  end(status: FuzzStatus): void;
}

const barCells = 20;
const liveEveryMs = 200;
const plainEveryMs = 30_000;

/** How far a target is: one line that changes on a terminal, a line now and then elsewhere. */
export function createProgress(
  name: string,
  durationMs: number,
  stream: NodeJS.WriteStream = process.stderr,
): FuzzProgress {
  const startedAt = performance.now();
  const isLive = stream.isTTY === true;
  const everyMs = isLive ? liveEveryMs : plainEveryMs;
  let shownAt = startedAt;
  const elapsed = (): number => performance.now() - startedAt;
  return {
    get elapsedMs() {
      return elapsed();
    },
    show(status) {
      const now = performance.now();
      if (now - shownAt < everyMs) return;
      shownAt = now;
      const line = lineOf(name, status, elapsed(), durationMs);
      stream.write(isLive ? `\r\x1b[2K${line.slice(0, (stream.columns || 80) - 1)}` : `${line}\n`);
    },
    end(status) {
      if (isLive) stream.write("\r\x1b[2K");
      process.stdout.write(`${lineOf(name, status, elapsed(), durationMs)}\n`);
    },
  };
}

/** One line: how far, how fast, and what is reached. */
export function lineOf(
  name: string,
  { executions, corpusSize, coverage }: FuzzStatus,
  elapsedMs: number,
  durationMs: number,
): string {
  const share = durationMs === 0 ? 1 : Math.min(1, elapsedMs / durationMs);
  const cells = Math.round(share * barCells);
  const perSecond = Math.round(executions / Math.max(0.001, elapsedMs / 1000));
  return [
    `${"█".repeat(cells)}${"░".repeat(barCells - cells)} ${name}`,
    `${executions.toLocaleString("en-US")} inputs`,
    `${perSecond.toLocaleString("en-US")}/s`,
    `corpus ${corpusSize}`,
    `coverage ${(coverage * 100).toFixed(1)} %`,
    `${Math.round(elapsedMs / 1000)} s`,
  ].join(" · ");
}
