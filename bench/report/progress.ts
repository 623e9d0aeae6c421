/** How far the bench is: a bar on a terminal, a line for each scenario elsewhere. */
import { formatDuration } from "./format.ts";

const barCells = 24;

export interface Progress {
  /** Something that takes a moment and is not a step. */
  say(line: string): void;
  /** `group` is what many steps have in common. */
  step(group: string, what: string): void;
  /** Prints text that stays, such as a table. */
  print(text: string): void;
  end(): void;
}

/** The time left is guessed from the steps so far. */
export function createProgress(
  total: number,
  stream: NodeJS.WriteStream = process.stderr,
): Progress {
  const startedAt = performance.now();
  const isLive = stream.isTTY === true;
  let done = 0;
  let lastGroup = "";
  const clear = (): void => {
    if (isLive) stream.write("\r\x1b[2K");
  };
  const draw = (what: string): void => {
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const cells = Math.round(share * barCells);
    const bar = "█".repeat(cells) + "░".repeat(barCells - cells);
    const leftMs = done === 0 ? 0 : ((performance.now() - startedAt) / done) * (total - done);
    const left = done === 0 ? "" : ` · ${formatDuration(leftMs)} left`;
    const line = `${bar} ${Math.floor(share * 100)} %${left} · ${what}`;
    stream.write(`\r\x1b[2K${line.slice(0, Math.max(20, (stream.columns || 80) - 1))}`);
  };
  if (isLive) draw("starting");
  return {
    say(line) {
      clear();
      stream.write(`${line}\n`);
    },
    step(group, what) {
      done++;
      if (isLive) {
        draw(`${group}: ${what}`);
        return;
      }
      if (group === lastGroup) return;
      lastGroup = group;
      const elapsed = formatDuration(performance.now() - startedAt);
      stream.write(`${Math.floor(((done - 1) / total) * 100)} % after ${elapsed} · ${group}\n`);
    },
    print(text) {
      clear();
      process.stdout.write(`${text}\n`);
    },
    end: clear,
  };
}
