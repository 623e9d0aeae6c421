import { type GuardRefusal, refusal } from "./codes.ts";

/**
 * Says whether a client may send an event, of whose arguments it gets what handlers would get, without an
 * acknowledgement. What it throws counts as a failure of the server's, and the event is not handled.
 */
export type EventGuard<Socket> = (socket: Socket, ...args: unknown[]) => Leave | PromiseLike<Leave>;

/** True, or why not. */
export type Leave = boolean | GuardRefusal;

/** The guard of all events that have none of their own. */
export const EVERY_EVENT = "*";

/** What becomes of asking; exactly one of them is called. */
export interface GuardOutcome {
  allowed(): void;
  refused(refusal: GuardRefusal): void;
  failed(error: unknown): void;
}

/** @throws TypeError for what is no function */
export function checkEventGuard(guard: unknown, event: string): void {
  if (typeof guard === "function") return;
  throw new TypeError(`guard() takes a function for "${event}", not ${typeof guard}`);
}

/** Asks a guard for an event's name and arguments, with an acknowledgement at their end or not. */
export function askGuard<Socket>(
  guard: EventGuard<Socket>,
  socket: Socket,
  event: readonly unknown[],
  outcome: GuardOutcome,
): void {
  const args = typeof event.at(-1) === "function" ? event.slice(1, -1) : event.slice(1);
  let leave: Leave | PromiseLike<Leave>;
  try {
    leave = guard(socket, ...args);
  } catch (error) {
    outcome.failed(error);
    return;
  }
  const decided = (answer: Leave): void => {
    if (answer === true) outcome.allowed();
    // Whatever else a function may answer that was not checked by a compiler.
    else outcome.refused(isRefusal(answer) ? answer : refusal("OPENLINE_FORBIDDEN"));
  };
  if (typeof leave === "boolean" || isRefusal(leave)) decided(leave);
  else Promise.resolve(leave).then(decided, (error: unknown) => outcome.failed(error));
}

function isRefusal(answer: unknown): answer is GuardRefusal {
  return typeof answer === "object" && answer !== null && "code" in answer && !("then" in answer);
}
