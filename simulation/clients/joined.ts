import type { Books } from "../oracle/books.ts";
import { demand, numberOf } from "../oracle/facts.ts";

/** What `openline:join` is answered with. */
export interface JoinAnswer {
  readonly position: { readonly epoch: string; readonly offset: number } | null;
  readonly messages: readonly { readonly offset: number; readonly args: readonly unknown[] }[];
  readonly gap: boolean;
  readonly hasMore: boolean;
}

/** Checks the messages that an answer brings: all that came after `since`, and nothing else. */
export function checkJoined(
  books: Books,
  room: string,
  since: { readonly epoch: string; readonly offset: number } | undefined,
  { position, messages, gap, hasMore }: JoinAnswer,
): void {
  if (position === null || since === undefined) return;
  const name = `the answer to a join of ${room} since ${since.offset}`;
  let expected = gap ? null : since.offset + 1;
  for (const { offset, args } of messages) {
    demand(
      expected === null || offset === expected,
      () => `I6: ${name} has ${offset}, where ${expected} should be`,
    );
    expected = offset + 1;
    const entry = books.at(position.epoch, room, offset);
    const { n } = args[0] as { readonly n: number };
    demand(
      entry !== undefined && numberOf(entry) === n,
      () => `I5: ${name} has ${n} at ${offset}, which the log does not`,
    );
  }
  demand(
    hasMore || expected === null || expected === position.offset + 1,
    () => `I6: ${name} ends before ${expected}, and its position is ${position.offset}`,
  );
  demand(
    !gap || books.trimmedUpTo(room) > 0 || books.losses.length > 0,
    () => `I8: ${name} has a gap, and nothing was trimmed or lost`,
  );
}
