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

export type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);

export type EventParams<Map extends EventsMap, Name extends EventNames<Map>> = Parameters<
  Map[Name]
>;

/** The last of a tuple's types; of an array, whatever its items are. */
export type Last<List extends AnyArguments> = List extends [...infer _, infer Item]
  ? Item
  : List[number];

export type AllButLast<List extends AnyArguments> = List extends [...infer Head, infer _]
  ? Head
  : AnyArguments;

/** What an acknowledgement's promise resolves to: the first argument that is no error. */
export type FirstNonErrorArg<Listener> = Listener extends (...args: infer Params) => unknown
  ? Params[0] extends Error
    ? Params[1]
    : Params[0]
  : AnyArguments[number];

type WithError<Params extends AnyArguments> = {
  [At in keyof Params]: Params[At] extends (...args: infer Answer) => infer Result
    ? (err: Error, ...args: Answer) => Result
    : Params[At];
};

/** Acknowledgements get an error first: the timeout, or the connection's end. */
export type DecorateAcknowledgements<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (...args: WithError<Params>) => Result
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

/** Fields of any kind: `unknown` would let nobody read them, and take no interface. */
// biome-ignore lint/suspicious/noExplicitAny: fields of every shape
export type AnyFields = { [name: string]: any };
