import type { RunStatus } from "./run/run.ts";

const barCells = 20;
const plainEveryMs = 15_000;

/** Shows how far a round is: one line that changes on a terminal, a line now and then elsewhere. */
export function createProgress(
  name: string,
  stream: NodeJS.WriteStream = process.stderr,
): { show(status: RunStatus): void; end(): void } {
  const isLive = stream.isTTY === true;
  let shownAt = performance.now();
  return {
    show(status) {
      const now = performance.now();
      if (!isLive && now - shownAt < plainEveryMs) return;
      shownAt = now;
      const line = lineOf(name, status);
      stream.write(isLive ? `\r\x1b[2K${line.slice(0, (stream.columns || 80) - 1)}` : `${line}\n`);
    },
    end() {
      if (isLive) stream.write("\r\x1b[2K");
    },
  };
}

/** One line: how far, and what has happened. */
export function lineOf(name: string, status: RunStatus): string {
  const { elapsedMs, durationMs, deliveries, kills, isHealing } = status;
  const share = durationMs === 0 ? 1 : Math.min(1, elapsedMs / durationMs);
  const cells = Math.round(share * barCells);
  return [
    `${"█".repeat(cells)}${"░".repeat(barCells - cells)} ${name}`,
    isHealing ? "healing" : `${Math.round(elapsedMs / 1000)} s`,
    `${deliveries.toLocaleString("en-US")} deliveries`,
    `${kills} kills`,
  ].join(" · ");
}
