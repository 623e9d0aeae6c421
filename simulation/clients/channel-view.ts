import type { Books } from "../oracle/books.ts";
import { demand, readCursor } from "../oracle/facts.ts";
import type { SessionModel } from "../oracle/session-model.ts";

/** The event by which channels get all of their room. */
export const CHANNEL_EVENT = "openline:message";

/** Of a message: its room, and its offset if it is logged. */
type Head = readonly [room: string, offset: number | null];

/**
 * Takes the channel's form off an event, once it has checked that it says what is true of it; null if
 * it only says that an offset is for others.
 */
export function unwrap(
  session: SessionModel,
  books: Books,
  args: readonly unknown[],
): readonly unknown[] | null {
  const [, head, ...inner] = args;
  const [room, offset] = head as Head;
  if (offset === null) return inner;
  const cursor = readCursor(inner.at(-1));
  demand(cursor !== null, () => `${offset} of the channel ${room} came without a cursor`);
  const entry = books.behind(cursor)[cursor.sequence - 1];
  demand(
    entry?.room === room && entry.offset === offset,
    () => `I5: the channel ${room} got ${offset}, which is ${entry?.offset} of ${entry?.room}`,
  );
  const expected = session.channels.get(room);
  const isEmpty = inner.length === 1;
  // What was not for it brings no cursor before it is a channel, and so comes again.
  if (isEmpty && expected !== undefined && offset < expected) return null;
  demand(
    expected === undefined || offset === expected,
    () => `I6: the channel ${room} got ${offset}, where ${expected} should be`,
  );
  if (expected !== undefined) session.channels.set(room, offset + 1);
  return isEmpty ? null : inner;
}

/** An event came as if no channel were there. */
export function checkPlain(session: SessionModel, books: Books, args: readonly unknown[]): void {
  const cursor = readCursor(args.at(-1));
  if (cursor === null || session.channels.size === 0) return;
  const { n } = args[1] as { readonly n?: number };
  const entry = books.behind(cursor)[cursor.sequence - 1];
  if (n === undefined || entry === undefined) return;
  const isIt = Buffer.from(entry.payload).includes(`"n":${n}}`);
  demand(
    !isIt || !session.channels.has(entry.room),
    () => `${n} of ${entry.room} came without the form of its channel`,
  );
}
