import { isStandardSchema, type StandardSchema } from "./standard-schema.ts";

/** What an event takes: a schema of its only argument, or one of each. */
export type EventArguments = StandardSchema | readonly StandardSchema[];

/** An event whose receiver answers: what it takes, and what the one value of the answer is. */
export interface AnsweredEvent {
  readonly args: EventArguments;
  readonly ack: StandardSchema;
}

/** An event of a contract. */
export type EventDefinition = EventArguments | AnsweredEvent;

/** Events by their names. */
export interface EventDefinitions {
  readonly [event: string]: EventDefinition;
}

/** What is published in a room: events by their names, with a schema of what each carries. */
export interface RoomEventDefinitions {
  readonly [event: string]: StandardSchema;
}

/** Rooms by their patterns, in which `*` stands for any characters. */
export interface RoomDefinitions {
  readonly [pattern: string]: RoomEventDefinitions;
}

/** What an event takes. */
export function argumentsOf(event: EventDefinition): EventArguments {
  return isAnswered(event) ? event.args : event;
}

/** What its answer is; null if the contract has none. */
export function answerOf(event: EventDefinition): AnsweredEvent["ack"] | null {
  return isAnswered(event) ? event.ack : null;
}

function isAnswered(event: EventDefinition): event is AnsweredEvent {
  return !isStandardSchema(event) && !Array.isArray(event);
}
