/** How many messages a storm has. */
export const stormSize = 100;

/** Between two of them: slow enough to kill the server amid them by hand. */
const betweenMs = 25;

/** After how many acknowledged ones the server is killed, and how long it stays dead. */
const killAfter = 30;
const deadMs = 1_500;

export interface StormWorld {
  /** Resolves to the message's offset; null if it was refused. */
  write(text: string): Promise<number | null>;
  /** Kills the server, and starts it again that much later; undefined: nobody does. */
  readonly killFor: ((deadMs: number) => Promise<void>) | undefined;
  progress(settled: number): void;
}

export interface StormResult {
  readonly accepted: number;
  readonly refused: number;
  /** Whether they are on the log in the order in which they were written, each at a place of its own. */
  readonly isInOrder: boolean;
  readonly tookMs: number;
}

/** Writes a hundred messages, one behind the other, and says what became of them. */
export async function runStorm({ write, killFor, progress }: StormWorld): Promise<StormResult> {
  const startedAtMs = performance.now();
  const written: Promise<number | null>[] = [];
  let settled = 0;
  let killing: Promise<void> | undefined;
  for (let number = 1; number <= stormSize; number += 1) {
    const one = write(`Message ${number} of ${stormSize}`);
    written.push(one);
    void one.then(() => {
      settled += 1;
      progress(settled);
      if (settled === killAfter) killing = killFor?.(deadMs);
    });
    await pause(betweenMs);
  }
  const offsets = await Promise.all(written);
  await killing;
  const accepted = offsets.filter((offset) => offset !== null);
  return {
    accepted: accepted.length,
    refused: offsets.length - accepted.length,
    isInOrder: accepted.every((offset, at) => at === 0 || offset > accepted[at - 1]!),
    tookMs: performance.now() - startedAtMs,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
