import {
  type AnyContract,
  answerOf,
  argumentsOf,
  type Checked,
  ContractError,
  checkArguments,
  type EventArguments,
  type EventDefinitions,
  isRefusal,
  type Refusal,
  type RoomEventDefinitions,
  RoomPatterns,
  type StandardSchema,
} from "@openline/protocol/contract";
import { type GuardRefusal, refusal } from "../guard/codes.ts";
import type { SettledContractOptions } from "./contract-options.ts";
import { quoted, RefusedMessage, unknownEvent, unknownRoom } from "./contract-refusals.ts";

/** An event, as the contract has it. */
export interface ContractEvent {
  readonly args: EventArguments;
  /** What its answer is; null if it has none. */
  readonly ack: StandardSchema | null;
}

type Events = ReadonlyMap<unknown, ContractEvent>;
type Report = (error: unknown, event: string) => void;
/** An event's name, and its arguments. */
type Message = readonly [string, ...unknown[]];

/** A contract, and how a server holds its clients and its own code to it. */
export class ServedContract {
  private readonly incoming: Events | null;
  private readonly outgoing: Events | null;
  private readonly rooms: RoomPatterns<ReadonlyMap<string, StandardSchema>> | null;
  private readonly options: SettledContractOptions;
  private readonly report: Report;

  /** @param report takes what is found too late to be thrown */
  constructor(contract: AnyContract, options: SettledContractOptions, report: Report) {
    this.incoming = eventsOf(contract.clientToServer);
    this.outgoing = eventsOf(contract.serverToClient);
    this.rooms = contract.rooms === undefined ? null : roomsOf(contract.rooms);
    this.options = options;
    this.report = report;
  }

  /** Whether it says what clients send. */
  get hasIncoming(): boolean {
    return this.incoming !== null;
  }

  /** An event that clients send; null if nothing is said of it. */
  event(name: unknown): ContractEvent | null {
    return this.incoming?.get(name) ?? null;
  }

  /** Why an event that clients send is refused whatever it carries; null if it is not. */
  refusalOf(event: unknown): GuardRefusal | null {
    if (this.incoming === null || this.incoming.has(event)) return null;
    return this.options.refusesUnknown ? unknownEvent(event, "the contract") : null;
  }

  /**
   * A message for a room as the contract makes it, whoever publishes it.
   *
   * Returns a promise only if the schema does.
   *
   * @throws RefusedMessage if it is not what the room takes
   */
  admit(room: string, data: Message): Message | Promise<Message> {
    if (this.rooms === null) return data;
    const events = this.rooms.of(room);
    const schema = events?.get(data[0]);
    if (schema !== undefined) return this.checkMessage(schema, data);
    if (!this.options.refusesUnknown) return data;
    if (events === null) throw new RefusedMessage(unknownRoom(room));
    throw new RefusedMessage(unknownEvent(data[0], `rooms like ${quoted(room)}`));
  }

  /**
   * Checks an event that the server sends, its acknowledgement left out, if it is to be checked.
   *
   * What a schema finds later than at once is reported.
   *
   * @throws ContractError if it is not as the contract has it
   */
  checkSent(event: string | symbol, args: readonly unknown[]): void {
    if (!this.options.checksOutgoing || this.outgoing === null) return;
    const subject = `emit(${quoted(event)})`;
    const known = this.outgoing.get(event);
    if (known === undefined) {
      if (!this.options.refusesUnknown) return;
      throw new ContractError(subject, String(event), unknownEvent(event, "the contract"));
    }
    const given = typeof args.at(-1) === "function" ? args.slice(0, -1) : args;
    this.settle(checkArguments(known.args, given), subject, String(event));
  }

  /** The acknowledgement that a handler gets: it checks the answer, if answers are checked. */
  answering(
    event: string,
    schema: StandardSchema,
    acknowledge: (...answer: unknown[]) => void,
  ): (...answer: unknown[]) => void {
    if (!this.options.checksOutgoing) return acknowledge;
    return (...answer) => {
      if (!isRefusal(answer[0])) {
        this.settle(checkArguments(schema, answer), `The answer of ${quoted(event)}`, event);
      }
      acknowledge(...answer);
    };
  }

  /**
   * Takes a client's answer to an event: as the schema has made it, or as an error. Without a schema of
   * its answer, it is taken as it is.
   */
  takeAnswer(
    event: string | symbol,
    answer: readonly unknown[],
    done: (error: Error | null, answer: readonly unknown[]) => void,
  ): void {
    const schema = this.outgoing?.get(event)?.ack ?? null;
    if (schema === null) {
      done(null, answer);
      return;
    }
    const failed = (error: unknown): void => done(asError(error), []);
    const judged = (checked: Checked): void => {
      if (checked.isValid) done(null, checked.values);
      else
        failed(new ContractError(`The answer to ${quoted(event)}`, String(event), checked.refusal));
    };
    let checked: Checked | Promise<Checked>;
    try {
      checked = checkArguments(schema, answer);
    } catch (error) {
      failed(error);
      return;
    }
    if (!(checked instanceof Promise)) judged(checked);
    else checked.then(judged, failed).catch((error: unknown) => this.report(error, String(event)));
  }

  reportError(error: unknown, event: string | symbol): void {
    this.report(error, String(event));
  }

  private checkMessage(schema: StandardSchema, data: Message): Message | Promise<Message> {
    const [event, ...args] = data;
    const judged = (checked: Checked): Message => {
      if (!checked.isValid) throw new RefusedMessage(invalid(checked.refusal));
      const [value] = checked.values;
      return value === undefined ? [event] : [event, value];
    };
    const checked = checkArguments(schema, args);
    return checked instanceof Promise ? checked.then(judged) : judged(checked);
  }

  /** @throws ContractError if something is wrong; what takes longer is reported */
  private settle(checked: Checked | Promise<Checked>, subject: string, event: string): void {
    if (checked instanceof Promise) {
      checked
        .then((late) => this.settle(late, subject, event))
        .catch((error: unknown) => this.report(error, event));
    } else if (!checked.isValid) throw new ContractError(subject, event, checked.refusal);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error("A schema has failed", { cause: error });
}

function invalid({ message, details }: Refusal): GuardRefusal {
  return refusal("OPENLINE_INVALID", { message, details });
}

function eventsOf(definitions: EventDefinitions | undefined): Events | null {
  if (definitions === undefined) return null;
  return new Map(
    Object.entries(definitions).map(([name, event]) => [
      name,
      { args: argumentsOf(event), ack: answerOf(event) },
    ]),
  );
}

function roomsOf(
  definitions: Readonly<Record<string, RoomEventDefinitions>>,
): RoomPatterns<ReadonlyMap<string, StandardSchema>> {
  const rooms = new RoomPatterns<ReadonlyMap<string, StandardSchema>>();
  for (const [pattern, events] of Object.entries(definitions)) {
    rooms.set(pattern, new Map(Object.entries(events)));
  }
  return rooms;
}
