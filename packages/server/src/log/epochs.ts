import type { Epoch } from "./log.ts";

/** Characters of an epoch's id that stand for it where room is dear: 48 bits. */
const TAG_LENGTH = 8;

/** What stands for an epoch in cursors. */
export function epochTag(id: string): string {
  return id.slice(0, TAG_LENGTH);
}

/**
 * The last sequence that a client of an epoch can truthfully have seen: the later ones are of other
 * epochs. Null if the epoch is not of this log: another log, a restored copy, or long ago.
 */
export function endOf(
  epochs: readonly Epoch[],
  head: number,
  matches: (id: string) => boolean,
): number | null {
  // The newest are asked for most.
  for (let index = epochs.length - 1; index >= 0; index -= 1) {
    const epoch = epochs[index] as Epoch; // in bounds
    if (matches(epoch.id)) return epochs[index + 1]?.after ?? head;
  }
  return null;
}
