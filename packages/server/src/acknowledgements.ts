import type { AnyArguments } from "./events/event-types.ts";

/** Gets an answer. */
export type AnyAcknowledgement = (...args: AnyArguments) => void;

/** Waits for the answer to a packet, for ever or until it is too late; then with an error in front. */
export function awaitAnswer(
  acks: Map<number, AnyAcknowledgement>,
  id: number,
  acknowledge: AnyAcknowledgement,
  timeoutMs: number | undefined,
): void {
  if (timeoutMs === undefined) {
    acks.set(id, acknowledge);
    return;
  }
  const timer = setTimeout(() => {
    acks.delete(id);
    acknowledge(new Error("operation has timed out"));
  }, timeoutMs);
  acks.set(id, (...args) => {
    clearTimeout(timer);
    acknowledge(null, ...args);
  });
}
