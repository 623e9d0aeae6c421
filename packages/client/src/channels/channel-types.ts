import type {
  AnyContract,
  ClientEmits,
  ClientListens,
  RoomEvents,
} from "@openline/protocol/contract";
import type { DefaultEventsMap } from "../events/event-types.ts";
import type { ChannelMessage } from "./positions.ts";

/** What is published in a room: by event, what is given for it and what who is there gets. */
export interface ChannelEvents {
  // biome-ignore lint/suspicious/noExplicitAny: payloads of every shape
  [event: string]: { input: any; output: any };
}

export type EventName<Events> = keyof Events & string;

/** A message of one event. */
export type MessageOf<Events, Name extends EventName<Events> = EventName<Events>> = {
  // What a room gets is of its own making: the first argument is what its schema says.
  [Each in Name]: ChannelMessage<Each, Output<Events[Each]>>;
}[Name];

/** What who is there gets. */
export type Output<Event> = Event extends { output: infer Payload } ? Payload : never;

/** What is given for an event: nothing where that is what it takes. */
export type Input<Event> = Event extends { input: infer Payload }
  ? undefined extends Payload
    ? [data?: Payload]
    : [data: Payload]
  : never;

/** What a contract says of a room; anything, without one. */
export type EventsIn<Of extends AnyContract, Name extends string> = AnyContract extends Of
  ? ChannelEvents
  : RoomEvents<Of, Name>;

/** What a contract says of the events of a client's socket: those that come, and those that leave. */
export type ListensOf<Of extends AnyContract> = AnyContract extends Of
  ? DefaultEventsMap
  : ClientListens<Of["serverToClient"]>;
export type EmitsOf<Of extends AnyContract> = AnyContract extends Of
  ? DefaultEventsMap
  : ClientEmits<Of["clientToServer"]>;
