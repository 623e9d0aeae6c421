import type { RoomPressure } from "openline";
import type { Books } from "./books.ts";
import { demand } from "./facts.ts";
import type { SessionModel } from "./session-model.ts";

/** What a client is told with `openline:gap`. */
export interface DeclaredGap {
  readonly reason: string;
  readonly rooms?: readonly string[];
}

/** What the truth of a gap depends on. */
export interface GapFacts {
  readonly retentionMs: number;
  readonly nowMs: number;
  /** Whether sessions survive a power failure. */
  readonly areSessionsSafe: boolean;
  /** It resumes with what it has taken from somebody else. */
  readonly isThief: boolean;
}

/** Checks that a gap for which a session was refused is one: I8. */
export function checkRefusal(
  books: Books,
  session: SessionModel,
  { reason, rooms }: DeclaredGap,
  facts: GapFacts,
): void {
  const hasFailed = books.losses.some(({ order }) => order > session.startOrder);
  const name = `I8: session ${session.name} was refused: ${reason}`;
  if (facts.isThief) {
    const isKnown = ["principal", "expired", "retention", "epoch"].includes(reason);
    demand(isKnown, () => `${name}, to a thief`);
    return;
  }
  switch (reason) {
    case "expired": {
      const awayMs = facts.nowMs - session.aliveMs;
      const isLost = session.hasEnded || (hasFailed && !facts.areSessionsSafe);
      demand(
        isLost || awayMs >= facts.retentionMs,
        () => `${name}, away for ${awayMs} of ${facts.retentionMs} ms`,
      );
      return;
    }
    case "epoch":
      demand(hasFailed, () => `${name}, and nothing was lost since it began`);
      return;
    case "retention":
      demand(rooms !== undefined && rooms.length > 0, () => `${name}, in no room`);
      for (const room of rooms) {
        const isTrue = books.history
          .slice(session.lastSequence, books.trimmedUpTo(room))
          .some((entry) => entry.room === room && session.mayLack(room, entry.sequence));
        demand(isTrue, () => `${name}, and ${room} keeps all behind ${session.lastSequence}`);
      }
      return;
    default:
      demand(false, () => name);
  }
}

/** Checks that a gap in a session that goes on is one. */
export function checkLeftOut(
  { rooms = [] }: DeclaredGap,
  facts: { readonly wasBlocked: boolean; pressureOf(room: string): RoomPressure },
): void {
  demand(facts.wasBlocked, () => "I8: a gap of a client that was not slow");
  demand(rooms.length > 0, () => "I8: a gap in no room, of a client that was slow");
  for (const room of rooms) {
    const pressure = facts.pressureOf(room);
    demand(pressure !== "disconnect", () => `I8: a gap in ${room}, whose rule is ${pressure}`);
  }
}
