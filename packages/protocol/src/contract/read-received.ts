import type { AnyContract } from "./any-contract.ts";
import { type Checked, checkArguments } from "./check-arguments.ts";
import { ContractError } from "./contract-error.ts";
import { answerOf, argumentsOf, type EventArguments } from "./definition.ts";
import { isRefusal } from "./refusal.ts";
import { isStandardSchema } from "./standard-schema.ts";

/** The socket of a client, whose listeners are told of what is not as the contract has it. */
export interface ContractSocket {
  listeners(event: "contract_error"): readonly ((error: Error) => void)[];
}

/** Reads what a client gets, as a contract has it; see {@link readReceived}. */
export type ReadReceived = (
  socket: ContractSocket,
  event: readonly [string, ...unknown[]],
  args: readonly unknown[],
  // biome-ignore lint/suspicious/noExplicitAny: as listeners have it
  done: (args: any[]) => void,
  answer?: { readonly withError?: boolean },
) => void;

/**
 * Reads what a client has got, as the contract has it: an event, its name first and an acknowledgement
 * last if the server waits for it; or an answer to an event of its own, after an error or null if it is
 * `withError`.
 *
 * What is not as it has to be is not passed on, but for an answer with an error. What the contract does
 * not know is left as it is; so are refusals, which are answers to any event.
 */
export function readReceived(
  contract: AnyContract,
  ...[socket, [event], args, done, answer]: Parameters<ReadReceived>
): void {
  const isEvent = answer === undefined;
  const hasFirst = isEvent || answer.withError === true;
  const first = hasFirst ? args.slice(0, 1) : [];
  const given = hasFirst ? args.slice(1) : args;
  const schema = schemaOf(
    isEvent ? contract.serverToClient : contract.clientToServer,
    event,
    isEvent,
  );
  const isLeft = !isEvent && ((hasFirst && first[0] !== null) || isRefusal(given[0]));
  if (schema === null || isLeft) {
    done([...args]);
    return;
  }
  const fail = (error: unknown): void => {
    if (!isEvent && hasFirst) done([error]);
    for (const listener of [...socket.listeners("contract_error")]) listener(error as Error);
  };
  const count = isStandardSchema(schema) ? 1 : schema.length;
  const end = given.filter((each) => typeof each === "function");
  const judged = (checked: Checked): void => {
    if (checked.isValid) done([...first, ...checked.values, ...end]);
    else fail(new ContractError(JSON.stringify(event), event, checked.refusal));
  };
  let checked: Checked | Promise<Checked>;
  try {
    // Servers add the place of an event behind its arguments.
    const taken = given.filter((each) => typeof each !== "function").slice(0, count);
    checked = checkArguments(schema, taken);
  } catch (error) {
    fail(error);
    return;
  }
  if (checked instanceof Promise) void checked.then(judged, fail);
  else judged(checked);
}

function schemaOf(
  events: AnyContract["serverToClient"],
  event: string,
  isEvent: boolean,
): EventArguments | null {
  const known = events !== undefined && Object.hasOwn(events, event) ? events[event] : undefined;
  if (known === undefined) return null;
  return isEvent ? argumentsOf(known) : answerOf(known);
}
