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
