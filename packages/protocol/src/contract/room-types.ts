import type { RoomDefinitions, RoomEventDefinitions } from "./definition.ts";
import type { InputOf, OutputOf } from "./standard-schema.ts";

/** What is published in a room of which nothing is said. */
export interface AnyRoomEvents {
  // biome-ignore lint/suspicious/noExplicitAny: payloads of every shape
  [event: string]: { input: any; output: any };
}

/** The names that a pattern stands for: `chat:${string}` for "chat:*". */
export type NamesOf<Pattern> = Pattern extends `${infer Head}*${infer Tail}`
  ? `${Head}${string}${NamesOf<Tail>}`
  : Pattern;

/** The names that rooms may have. */
export type NameOfRooms<Rooms extends RoomDefinitions | undefined> = undefined extends Rooms
  ? string
  : NamesOf<keyof Rooms & string>;

/** The patterns that a name matches. */
type Matching<Patterns, Name> = Patterns extends unknown
  ? Name extends NamesOf<Patterns>
    ? Patterns
    : never
  : never;

/** Of patterns, those that no other one is a part of. */
type MostSpecific<Patterns, All = Patterns> = Patterns extends unknown
  ? [PartsOf<All, Patterns>] extends [never]
    ? Patterns
    : never
  : never;

/** Those of the patterns that another one includes. */
type PartsOf<Patterns, Whole> = Patterns extends Whole
  ? never
  : NamesOf<Patterns> extends NamesOf<Whole>
    ? Patterns
    : never;

/** What is published under a name: by event, what is given for it, and what who is there gets. */
export type EventsOfRoom<
  Rooms extends RoomDefinitions | undefined,
  Name extends string,
> = undefined extends Rooms
  ? AnyRoomEvents
  : Rooms extends RoomDefinitions
    ? Payloads<Rooms[MostSpecific<Matching<keyof Rooms & string, Name>>]>
    : never;

type Payloads<Events extends RoomEventDefinitions> = {
  -readonly [Event in keyof Events]: {
    input: InputOf<Events[Event]>;
    output: OutputOf<Events[Event]>;
  };
};
