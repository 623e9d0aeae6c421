import type { ContractEvent, ServedContract } from "./served-contract.ts";

type Acknowledge = ((...answer: unknown[]) => void) & {
  /** Takes what is wrong with an answer, where no error comes in front of it. */
  readonly reject?: (error: Error) => void;
};

/** Gets a client's answer to an event once it is checked. */
export function checkingAnswer(
  contract: ServedContract,
  event: string | symbol,
  acknowledge: Acknowledge,
  hasTimeout: boolean,
): (...answer: unknown[]) => void {
  return function (this: unknown, ...answer) {
    // With a timeout an error comes in front, or null.
    const [timedOut] = answer;
    if (hasTimeout && timedOut !== null) {
      acknowledge.call(this, timedOut);
      return;
    }
    contract.takeAnswer(event, hasTimeout ? answer.slice(1) : answer, (error, values) => {
      if (error === null) acknowledge.apply(this, hasTimeout ? [null, ...values] : [...values]);
      else if (hasTimeout) acknowledge.call(this, error);
      else if (acknowledge.reject !== undefined) acknowledge.reject(error);
      else contract.reportError(error, event);
    });
  };
}

/** An event of a client's, with an acknowledgement to call whether or not the client waits for it. */
export function withAnswer(
  contract: ServedContract,
  { ack }: ContractEvent,
  args: readonly unknown[],
): readonly unknown[] {
  if (ack === null) return args;
  const last = args.at(-1);
  const isAwaited = typeof last === "function";
  const acknowledge = isAwaited ? (last as Acknowledge) : () => {};
  const others = isAwaited ? args.slice(0, -1) : args;
  return [...others, contract.answering(String(args[0]), ack, acknowledge)];
}
