// The types of events as Socket.IO has them, so that its applications compile unchanged. `any` is
// what makes them work: listeners have parameters of their own, and `unknown` would refuse all.

/** Event names with the types of their listeners. */
export interface EventsMap {
  // biome-ignore lint/suspicious/noExplicitAny: listeners of every shape
  [event: string]: any;
}

/** What accepts all names and any data. */
export interface DefaultEventsMap {
  // biome-ignore lint/suspicious/noExplicitAny: listeners of every shape
  [event: string]: (...args: any[]) => void;
}

// biome-ignore lint/suspicious/noExplicitAny: listeners of every shape
export type AnyListener = (...args: any[]) => any;
// biome-ignore lint/suspicious/noExplicitAny: arguments of every shape
export type AnyArguments = any[];

type IsAny<T> = 0 extends 1 & T ? true : false;

export type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);

export type EventParams<Map extends EventsMap, Name extends EventNames<Map>> = Parameters<
  Map[Name]
>;

/** The last of a tuple's types; of an array, its items' type. */
export type Last<List extends readonly unknown[]> = List extends readonly [infer Only]
  ? Only
  : List extends readonly [infer _, ...infer Rest]
    ? Last<Rest>
    : List extends readonly (infer Item)[]
      ? Item
      : never;

export type AllButLast<List extends AnyArguments> = List extends [...infer Head, infer _]
  ? Head
  : AnyArguments;

/** Whether the listener's last parameter is an acknowledgement; for `any`, it may be. */
type Acknowledges<Listener> =
  IsAny<Listener> extends true
    ? "maybe"
    : Listener extends (...args: infer Params) => unknown
      ? IsAny<Last<Params>> extends true
        ? "maybe"
        : Params extends never[]
          ? "no"
          : Last<Params> extends AnyListener
            ? "yes"
            : "no"
      : "no";

/** The names whose listeners get an acknowledgement to call. */
export type EventNamesWithAck<Map extends EventsMap> = {
  [Name in EventNames<Map>]: Acknowledges<Map[Name]> extends "no" ? never : Name;
}[EventNames<Map>];

/** The names whose acknowledgements begin with an error: those that have a timeout. */
export type EventNamesWithError<Map extends EventsMap> = {
  [Name in EventNamesWithAck<Map>]: IsAny<Map[Name]> extends true
    ? Name
    : IsAny<Last<Parameters<Map[Name]>>> extends true
      ? Name
      : Last<Parameters<Map[Name]>> extends (...args: infer Answer) => unknown
        ? Answer[0] extends Error
          ? Name
          : never
        : never;
}[EventNamesWithAck<Map>];

/** The names whose listeners get none. */
export type EventNamesWithoutAck<Map extends EventsMap> = {
  [Name in EventNames<Map>]: Acknowledges<Map[Name]> extends "yes" ? never : Name;
}[EventNames<Map>];

/** The events that may be sent to many without a timeout. */
export type RemoveAcknowledgements<Map extends EventsMap> = {
  [Name in EventNamesWithoutAck<Map>]: Map[Name];
};

/** What an acknowledgement's promise resolves to: the first argument that is no error. */
export type FirstNonErrorArg<Listener> = Listener extends (...args: infer Params) => unknown
  ? Params[0] extends Error
    ? Params[1]
    : Params[0]
  : AnyArguments[number];

type WithTimeout<Params extends AnyArguments> = {
  [At in keyof Params]: Params[At] extends (...args: infer Answer) => infer Result
    ? Answer[0] extends Error
      ? Params[At]
      : (err: Error, ...args: Answer) => Result
    : Params[At];
};

type Arrays<List extends unknown[]> = { [At in keyof List]: List[At][] };

/** The first type of a tuple, as a tuple that keeps its label. */
type First<List extends AnyArguments> = List extends [AnyArguments[number], ...infer Rest]
  ? List extends [...infer Head, ...Rest]
    ? Head
    : never
  : never;

type WithManyAnswers<Params extends AnyArguments> = {
  [At in keyof Params]: Params[At] extends (...args: infer Answer) => infer Result
    ? Answer extends [Error]
      ? (err: Error) => Result
      : Answer extends [Error, ...infer Rest]
        ? (err: Error, ...args: First<Arrays<Rest>>) => Result
        : Answer extends []
          ? () => Result
          : (...args: First<Arrays<Answer>>) => Result
    : Params[At];
};

/** Acknowledgements get an error first: the timeout. */
export type DecorateAcknowledgements<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (...args: WithTimeout<Params>) => Result
    : Map[Name];
};

/** Acknowledgements get a list of answers: one of each client. */
export type DecorateAcknowledgementsWithMultipleResponses<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (...args: WithManyAnswers<Params>) => Result
    : Map[Name];
};

/** Both. */
export type DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (...args: WithManyAnswers<WithTimeout<Params>>) => Result
    : Map[Name];
};

/** The listener of an event of the user's, or of one of our own. */
export type ListenerOf<
  Reserved extends EventsMap,
  User extends EventsMap,
  Name extends EventNames<Reserved> | EventNames<User>,
> = OrAnything<
  Name extends EventNames<Reserved>
    ? Reserved[Name]
    : Name extends EventNames<User>
      ? User[Name]
      : never
>;

/** TypeScript finds `never` for some maps of a generic type; then every listener is taken. */
type OrAnything<Listener> = [Listener] extends [never]
  ? (...args: AnyArguments) => void | Promise<void>
  : Listener;
