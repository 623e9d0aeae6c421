import type {
  AnsweredEvent,
  EventArguments,
  EventDefinition,
  EventDefinitions,
} from "./definition.ts";
import type { Refusal } from "./refusal.ts";
import type { InputOf, OutputOf, StandardSchema } from "./standard-schema.ts";

/** Events of which nothing is said. */
export interface AnyEvents {
  // biome-ignore lint/suspicious/noExplicitAny: `unknown` would refuse listeners with parameters of their own
  [event: string]: (...args: any[]) => void;
}

/** What is given for the arguments of an event. */
export type ArgumentsIn<Args extends EventArguments> = Args extends StandardSchema
  ? undefined extends InputOf<Args>
    ? [data?: InputOf<Args>]
    : [data: InputOf<Args>]
  : Args extends readonly StandardSchema[]
    ? MayBeLeftOut<InputsOf<Args>>
    : never;

/** What a listener gets of them. */
export type ArgumentsOut<Args extends EventArguments> = Args extends StandardSchema
  ? [data: OutputOf<Args>]
  : Args extends readonly StandardSchema[]
    ? OutputsOf<Args>
    : never;

/** Where an acknowledgement follows, every argument is given. */
type AllArgumentsIn<Args extends EventArguments> = Args extends StandardSchema
  ? [data: InputOf<Args>]
  : Args extends readonly StandardSchema[]
    ? InputsOf<Args>
    : never;

type InputsOf<Schemas extends readonly StandardSchema[]> = {
  -readonly [At in keyof Schemas]: InputOf<Schemas[At]>;
};

type OutputsOf<Schemas extends readonly StandardSchema[]> = {
  -readonly [At in keyof Schemas]: OutputOf<Schemas[At]>;
};

/** Arguments at the end that may be undefined need not be given. */
type MayBeLeftOut<List> = List extends [...infer Head, infer Last]
  ? undefined extends Last
    ? [...MayBeLeftOut<Head>, Last?]
    : List
  : Extract<List, unknown[]>;

type Sender<Event extends EventDefinition, Refused> = Event extends AnsweredEvent
  ? (
      ...args: [
        ...AllArgumentsIn<Event["args"]>,
        ack: (answer: OutputOf<Event["ack"]> | Refused) => void,
      ]
    ) => void
  : Event extends EventArguments
    ? (...args: ArgumentsIn<Event>) => void
    : never;

type Receiver<Event extends EventDefinition, Refused> = Event extends AnsweredEvent
  ? (
      ...args: [
        ...ArgumentsOut<Event["args"]>,
        ack: (answer: InputOf<Event["ack"]> | Refused) => void,
      ]
    ) => void
  : Event extends EventArguments
    ? (...args: ArgumentsOut<Event>) => void
    : never;

/** What a client emits: answers may be refusals of the server. */
export type ClientEmits<Events extends EventDefinitions | undefined> = undefined extends Events
  ? AnyEvents
  : Events extends EventDefinitions
    ? { -readonly [Name in keyof Events]: Sender<Events[Name], Refusal> }
    : never;

/** What a server listens to: it may answer with a refusal. */
export type ServerListens<Events extends EventDefinitions | undefined> = undefined extends Events
  ? AnyEvents
  : Events extends EventDefinitions
    ? { -readonly [Name in keyof Events]: Receiver<Events[Name], Refusal> }
    : never;

/** What a server emits. */
export type ServerEmits<Events extends EventDefinitions | undefined> = undefined extends Events
  ? AnyEvents
  : Events extends EventDefinitions
    ? { -readonly [Name in keyof Events]: Sender<Events[Name], never> }
    : never;

/** What a client listens to. */
export type ClientListens<Events extends EventDefinitions | undefined> = undefined extends Events
  ? AnyEvents
  : Events extends EventDefinitions
    ? { -readonly [Name in keyof Events]: Receiver<Events[Name], never> }
    : never;
