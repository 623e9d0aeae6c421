import type { RunResult } from "./run.ts";

export interface SimulationProgress {
  add(result: RunResult): void;
  end(): void;
}

const barCells = 20;
const liveEveryMs = 200;
const plainEveryMs = 30_000;

/** How far it is: one line that changes on a terminal, a line now and then elsewhere. */
export function createProgress(
  worlds: number,
  stream: NodeJS.WriteStream = process.stderr,
): SimulationProgress {
  const startedMs = performance.now();
  const isLive = stream.isTTY === true;
  let shownMs = startedMs;
  const sum = { worlds: 0, steps: 0, processes: 0, sessions: 0, checks: 0, acknowledged: 0 };
  const line = (): string => {
    const cells = Math.round((sum.worlds / worlds) * barCells);
    const seconds = (performance.now() - startedMs) / 1000;
    const count = (value: number): string => value.toLocaleString("en-US");
    return [
      `${"█".repeat(cells)}${"░".repeat(barCells - cells)} ${count(sum.worlds)} worlds`,
      `${count(sum.steps)} steps`,
      `${count(sum.processes)} processes`,
      `${count(sum.acknowledged)} publishes`,
      `${count(sum.checks)} checks`,
      `${Math.round(sum.worlds / Math.max(0.001, seconds))}/s`,
      `${Math.round(seconds)} s`,
    ].join(" · ");
  };
  return {
    add({ steps, processes, sessions, checks, acknowledged }) {
      sum.worlds += 1;
      sum.steps += steps;
      sum.processes += processes;
      sum.sessions += sessions;
      sum.checks += checks;
      sum.acknowledged += acknowledged;
      const nowMs = performance.now();
      if (nowMs - shownMs < (isLive ? liveEveryMs : plainEveryMs)) return;
      shownMs = nowMs;
      const text = line();
      stream.write(isLive ? `\r\x1b[2K${text.slice(0, (stream.columns || 80) - 1)}` : `${text}\n`);
    },
    end() {
      if (isLive) stream.write("\r\x1b[2K");
      process.stdout.write(`${line()}\n`);
    },
  };
}
